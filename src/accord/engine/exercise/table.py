"""From bare columns to the table of transfers, a million rows at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa

from accord.core.clock import to_micros
from accord.engine.exercise.cast import Cast, Ints
from accord.engine.exercise.chains import Plot
from accord.engine.exercise.flows import KINDS, Flows, counter_amounts
from accord.engine.exercise.model import WORLD_TRANSFERS
from accord.engine.exercise.plan import DAY_MICROS

_CHUNK_ROWS: Final = 1_000_000
_SERIAL_DIGITS: Final = 10
_SERIAL_STEP: Final = 618_033_989
_ID_LENGTH: Final = 4 + 8 + _SERIAL_DIGITS


@dataclass(frozen=True)
class ScamRows:
    """The plot's transfers by their rows in the table (`ranks`), their ids, and the gangs' ids."""

    plot: Plot
    ranks: Ints
    ids: list[str]
    gangs: list[str]


def transfer_ids(cast: Cast, rank: Ints, time: Ints, debtor: Ints) -> pa.Array:
    """End-to-end references such as ACME202603020618033989: payer's bank, date, a serial that is different for every row.

    The serial walks through all numbers of ten digits in steps prime to ten, so it tells nothing of the row's place.
    """
    letters = np.frombuffer("".join(bank.code[:4] for bank in cast.banks).encode(), np.uint8).reshape(-1, 4)
    first_day = to_micros(cast.plan.start) // DAY_MICROS
    days = [f"{np.datetime64(first_day + day, 'D')}".replace("-", "") for day in range(cast.plan.days)]
    dates = np.frombuffer("".join(days).encode(), np.uint8).reshape(-1, 8)
    text = np.empty((len(rank), _ID_LENGTH), np.uint8)
    text[:, :4] = letters[cast.bank_of[debtor]]
    text[:, 4:12] = dates[time // DAY_MICROS - first_day]
    serial = (rank + 1) * _SERIAL_STEP % 10**_SERIAL_DIGITS
    for place in range(_SERIAL_DIGITS):
        text[:, _ID_LENGTH - 1 - place] = ord("0") + serial % 10
        serial //= 10
    offsets = np.arange(len(rank) + 1, dtype=np.int32) * _ID_LENGTH
    return pa.StringArray.from_buffers(len(rank), pa.py_buffer(offsets), pa.py_buffer(text))


def transfer_table(cast: Cast, flows: Flows, scams: ScamRows, progress: Callable[[float], None]) -> pa.Table:
    """The table of schema WORLD_TRANSFERS; `flows` are in time order."""
    names = _Names(cast)
    in_order = np.argsort(scams.ranks)
    chunks = []
    for start in range(0, len(flows), _CHUNK_ROWS):
        stop = min(start + _CHUNK_ROWS, len(flows))
        low, high = np.searchsorted(scams.ranks[in_order], [start, stop])
        chunks.append(_chunk(cast, names, flows, scams, in_order[low:high], start, stop))
        progress(stop / len(flows))
    return pa.Table.from_batches(chunks, WORLD_TRANSFERS)


class _Names:
    """Dictionaries from positions to strings."""

    def __init__(self, cast: Cast) -> None:
        self.numbers = pa.array(cast.accounts.number, pa.string())
        self.banks = pa.array([bank.code for bank in cast.banks], pa.string())
        self.countries = pa.array([country.code for country in cast.countries], pa.string())
        self.currencies = pa.array([country.currency for country in cast.countries], pa.string())
        self.kinds = pa.array([kind.value for kind in KINDS], pa.string())


def _chunk(cast: Cast, names: _Names, flows: Flows, scams: ScamRows, rows: Ints, start: int, stop: int) -> pa.RecordBatch:
    """Rows start to stop; `rows` are those of the plot among them, in order."""
    part = flows.only(np.arange(start, stop))
    source, target = cast.country_of[part.debtor], cast.country_of[part.creditor]
    same = np.array([[a.currency == b.currency for b in cast.countries] for a in cast.countries])[source, target]
    counter = counter_amounts(cast, part.debtor, part.creditor, part.amount)
    size = stop - start
    settles, gangs, depends = _scam_columns(scams, rows, start, size)
    columns = [
        pa.array(np.arange(start, stop)),
        transfer_ids(cast, np.arange(start, stop), part.time, part.debtor),
        pa.array(part.time),
        names.numbers.take(pa.array(part.debtor)),
        names.banks.take(pa.array(cast.bank_of[part.debtor])),
        names.countries.take(pa.array(source)),
        names.numbers.take(pa.array(part.creditor)),
        names.banks.take(pa.array(cast.bank_of[part.creditor])),
        names.countries.take(pa.array(target)),
        pa.array(part.amount),
        names.currencies.take(pa.array(source)),
        pa.array(counter, mask=same),
        names.currencies.take(pa.array(target, mask=same)),
        names.kinds.take(pa.array(part.kind)),
        pa.repeat(f"exercise-{cast.plan.seed}", size),
        settles,
        depends,
        gangs,
    ]
    return pa.RecordBatch.from_arrays(columns, schema=WORLD_TRANSFERS)


def _scam_columns(scams: ScamRows, rows: Ints, start: int, size: int) -> tuple[pa.Array, pa.Array, pa.Array]:
    """(settles_at, scam, depends_on) of one chunk."""
    settles, settled = np.zeros(size, np.int64), np.zeros(size, bool)
    gang = np.full(size, -1, np.int64)
    counts = np.zeros(size, np.int32)
    parents: list[str] = []
    for row in rows.tolist():
        place, transfer = int(scams.ranks[row]) - start, scams.plot.transfers[row]
        gang[place] = transfer.gang
        counts[place] = len(transfer.parents)
        parents += [scams.ids[parent] for parent in transfer.parents]
        if transfer.settles_at is not None:
            settles[place], settled[place] = transfer.settles_at, True
    offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
    depends = pa.ListArray.from_arrays(pa.array(offsets), pa.array(parents, pa.string()))
    gangs = pa.array(scams.gangs, pa.string()).take(pa.array(gang, mask=gang < 0))
    return pa.array(settles, mask=~settled), gangs, depends
