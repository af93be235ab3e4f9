"""Many traces at once: the kernels hold no interpreter lock, so threads use every core; the answer is one table."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa

from accord.core.errors import AccordError
from accord.engine.tracing.answers import EXIT_KINDS, FLOW_COLUMNS
from accord.engine.tracing.export import TABLE
from accord.engine.tracing.layout import Array
from accord.engine.tracing.model import ClaimStart
from accord.engine.tracing.names import NO_TAGS, Texts, texts_of
from accord.engine.tracing.starts import Starts, lay_out
from accord.engine.tracing.state import State
from accord.engine.tracing.workspace import Workspace

_CHUNK: Final = 256

Run = Callable[[Starts], Workspace]
Claims = Sequence[Sequence[ClaimStart]]


@dataclass(frozen=True, slots=True)
class Found:
    """Kernel tables of some claims: flows and rests with the claim's number as a first column."""

    flows: Array
    rests: Array


class KnownNumbers:
    """The transfers that a set of claims names, looked up once."""

    def __init__(self, claims: Claims, state: State, facts: Callable[[int], tuple[int, int, int, int]]) -> None:
        ids = list({start.transfer for claim in claims for start in claim})
        texts = texts_of(pa.chunked_array([pa.array(ids, pa.large_string())]))
        rows = state.base.ids.find(texts).astype(np.int64)
        later = state.tail.ids.find(texts)
        rows = np.where((rows < 0) & (later >= 0), later + len(state.base), rows)
        self._numbers = dict(zip(ids, rows.tolist(), strict=True))
        self.facts = facts

    def number_of(self, transfer: str) -> int:
        number: int = self._numbers[transfer]
        return number


def follow_all(claims: Claims, numbers: KnownNumbers, until: int, run: Run) -> Found:
    """Trace every claim on all cores; an error names the claim by its place."""

    def chunk(first: int) -> Found:
        flows, rests = [np.empty((0, FLOW_COLUMNS + 1), np.int64)], [np.empty((0, 5), np.int64)]
        for claim in range(first, min(first + _CHUNK, len(claims))):
            try:
                laid = lay_out(numbers, claims[claim], until)
            except AccordError as error:
                error.where = f"claim {claim}"
                raise
            work = run(laid)
            flows.append(_numbered(work.flows, int(work.counts[0]), claim))
            rests.append(_numbered(work.rests, int(work.counts[1]), claim))
        return Found(np.concatenate(flows), np.concatenate(rests))

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        parts = list(pool.map(chunk, range(0, max(1, len(claims)), _CHUNK)))
    return Found(np.concatenate([part.flows for part in parts]), np.concatenate([part.rests for part in parts]))


def table_of(found: Found, state: State) -> pa.Table:
    """The rows of `export.TABLE`, claim by claim: flows and exits in order of time, then what stands."""
    claim, flows = found.flows[:, 0], found.flows[:, 1:]
    left = flows[:, 4] >= 0
    pockets = state.dictionary.pockets
    standing_claim, pocket, amount = _summed(found.rests)
    parts = [
        (0, claim, _paid(flows, state, "flow")),
        (2, claim[left], _paid(flows[left], state, "exit")),
        (1, standing_claim, _stood(pockets.account[pocket], pockets.currency[pocket], amount, state)),
    ]
    table = pa.concat_tables([part.append_column("claim", pa.array(number)) for _, number, part in parts])
    ranks = np.concatenate([np.full(len(number), rank) for rank, number, _ in parts])
    order = np.lexsort((ranks, np.concatenate([number for _, number, _ in parts])))
    return table.take(pa.array(order)).select(TABLE.names).cast(TABLE)


def _numbered(table: Array, count: int, claim: int) -> Array:
    """A copy of the first `count` rows with the claim's number in front."""
    made = np.empty((count, table.shape[1] + 1), np.int64)
    made[:, 0], made[:, 1:] = claim, table[:count]
    return made


def _summed(rests: Array) -> tuple[Array, Array, Array]:
    """(claim, pocket, amount) with one row per claim and pocket."""
    keys, places = np.unique(rests[:, :2], axis=0, return_inverse=True)
    amounts = np.zeros(len(keys), np.int64)
    np.add.at(amounts, places.reshape(-1), rests[:, 4] - rests[:, 3])
    return keys[:, 0], keys[:, 1], amounts


def _paid(flows: Array, state: State, kind: str) -> pa.Table:
    """Flows, or the exits among them, without their claims."""
    exits = pa.array([member.value for member in EXIT_KINDS], pa.string())
    pockets = state.dictionary.pockets
    debtor, debtor_bank = _accounts(pockets.account[flows[:, 5]], state)
    account, bank = _accounts(pockets.account[flows[:, 6]], state)
    count = len(flows)
    return pa.table(
        {
            "kind": pa.repeat(kind, count),
            "transfer": _strings(state.base.ids.texts, state.tail.ids.texts, flows[:, 0]),
            "debtor": debtor,
            "debtor_bank": debtor_bank,
            "account": account,
            "bank": bank,
            "time": pa.array(flows[:, 1]),
            "amount": pa.array(flows[:, 2]),
            "currency": _currencies(pockets.currency[flows[:, 5]], state),
            "hop": pa.array(flows[:, 3]) if kind == "flow" else pa.nulls(count, pa.int64()),
            "exit": exits.take(pa.array(flows[:, 4])) if kind == "exit" else pa.nulls(count, pa.string()),
        }
    )


def _stood(accounts: Array, currencies: Array, amounts: Array, state: State) -> pa.Table:
    """Standing amounts, without their claims."""
    account, bank = _accounts(accounts, state)
    count = len(amounts)
    return pa.table(
        {
            "kind": pa.repeat("standing", count),
            "transfer": pa.nulls(count, pa.large_string()),
            "debtor": pa.nulls(count, pa.large_string()),
            "debtor_bank": pa.nulls(count, pa.string()),
            "account": account,
            "bank": bank,
            "time": pa.nulls(count, pa.int64()),
            "amount": pa.array(amounts),
            "currency": _currencies(currencies, state),
            "hop": pa.nulls(count, pa.int64()),
            "exit": pa.nulls(count, pa.string()),
        }
    )


def _accounts(accounts: Array, state: State) -> tuple[pa.Array, pa.Array]:
    """(numbers, banks) of accounts."""
    dictionary = state.dictionary
    numbers = _strings(dictionary.base_accounts.texts, dictionary.later_accounts.texts, accounts)
    codes = dictionary.pockets.account_bank[accounts]
    return numbers, pa.array(dictionary.banks, pa.string()).take(pa.array(codes, mask=codes < 0))


def _currencies(codes: Array, state: State) -> pa.Array:
    return pa.array(state.dictionary.currencies, pa.string()).take(pa.array(codes))


def _strings(base: Texts, later: Texts, rows: Array) -> pa.Array:
    """The texts of `rows`, which count on from the base into the later ones."""
    in_base = rows < len(base)
    untagged, other = Texts(base.offsets, base.data, NO_TAGS), Texts(later.offsets, later.data, NO_TAGS)
    made = untagged.taken(rows[in_base]).joined(other.taken(rows[~in_base] - len(base)))
    if not in_base.all():
        places = np.empty(len(rows), np.int64)
        places[np.concatenate([np.flatnonzero(in_base), np.flatnonzero(~in_base)])] = np.arange(len(rows))
        made = made.taken(places)
    return pa.LargeStringArray.from_buffers(len(made), pa.py_buffer(made.offsets), pa.py_buffer(made.data))
