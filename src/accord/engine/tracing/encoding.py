"""Rows of the transfers table become fixed-width records; every name becomes a number."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from accord.core.errors import BadInput
from accord.engine.records.schema import TRANSFERS
from accord.engine.tracing.dictionary import Dictionary, coded, number_accounts, number_pockets
from accord.engine.tracing.errors import Msg
from accord.engine.tracing.layout import KINDS, TRANSFER, Array, frozen
from accord.engine.tracing.names import Texts, texts_of

REQUIRED: Final = ("seq", "id", "time", "debtor", "creditor", "amount", "currency", "kind")
OPTIONAL: Final = {
    "debtor_bank": pa.string(),
    "creditor_bank": pa.string(),
    "counter_amount": pa.int64(),
    "counter_currency": pa.string(),
}


@dataclass(frozen=True, slots=True)
class Rows:
    """Transfers as records (places on the inflow lines not yet known) with their ids, in the order given."""

    records: Array
    ids: Texts

    def __len__(self) -> int:
        return len(self.records)


def encode(table: pa.Table, dictionary: Dictionary) -> tuple[Rows, Dictionary]:
    """Records of `table` (columns of the transfers schema, others ignored) and the dictionary grown by their names."""
    table = _checked(table)
    count = table.num_rows
    currencies, names = coded(table["currency"], dictionary.currencies)
    counters, names = coded(table["counter_currency"], names)
    received_in = np.where(counters >= 0, counters, currencies).astype(np.int32)
    numbers, banks = _stacked(table, "debtor", "creditor"), _stacked(table, "debtor_bank", "creditor_bank")
    accounts, dictionary = number_accounts(replace(dictionary, currencies=names), numbers, banks)
    pockets, dictionary = number_pockets(dictionary, accounts, np.concatenate([currencies, received_in]))
    records = np.zeros(count, TRANSFER)
    amounts = _integers(table, "amount")
    records["time"], records["seq"], records["amount"] = _integers(table, "time"), _integers(table, "seq"), amounts
    records["received"] = np.where(counters >= 0, _integers(table, "counter_amount"), amounts)
    records["debtor"], records["creditor"] = pockets[:count], pockets[count:]
    records["kind"] = coded(table["kind"], KINDS)[0]
    return Rows(records, texts_of(table["id"])), dictionary


def set_openings(dictionary: Dictionary, balances: pa.Table | None) -> tuple[Dictionary, Array]:
    """(dictionary with these opening balances, pockets whose balance changed). The last row of an account stands."""
    if balances is None or not balances.num_rows:
        return dictionary, np.empty(0, np.int32)
    if "bank" not in balances.column_names:
        balances = balances.append_column("bank", pa.nulls(balances.num_rows, pa.string()))
    for name in ("account", "currency", "amount"):
        if name not in balances.column_names or balances[name].null_count:
            raise BadInput(Msg.OPENING_BALANCES_NEED_FULL_COLUMN, name=name)
    if "seq" in balances.column_names:
        balances = balances.sort_by("seq")
    amounts = _integers(balances, "amount")
    if len(amounts) and amounts.min() < 0:
        raise BadInput(Msg.OPENING_BALANCE_NEGATIVE, where="opening balances")
    currencies, names = coded(balances["currency"], dictionary.currencies)
    accounts, dictionary = number_accounts(replace(dictionary, currencies=names), balances["account"], balances["bank"])
    pockets, dictionary = number_pockets(dictionary, accounts, currencies)
    opening = dictionary.pockets.opening.copy()
    opening[pockets] = amounts
    changed = np.flatnonzero(opening != dictionary.pockets.opening).astype(np.int32)
    return replace(dictionary, pockets=replace(dictionary.pockets, opening=frozen(opening))), changed


def _checked(table: pa.Table) -> pa.Table:
    """The table with the columns used here, or BadInput that says what is wrong with it."""
    for name in REQUIRED:
        if name not in table.column_names:
            raise BadInput(Msg.TRANSFERS_LACK_COLUMN, name=name, required=tuple(REQUIRED))
        if table[name].null_count:
            raise BadInput(Msg.VALUES_MISSING, count=table[name].null_count, name=name, where=name)
    for name, kind in OPTIONAL.items():
        if name not in table.column_names:
            table = table.append_column(name, pa.nulls(table.num_rows, kind))
    table = table.select([*REQUIRED, *OPTIONAL])
    if not table.num_rows:
        return table
    if pc.min(table["amount"]).as_py() < 1 or (pc.min(table["counter_amount"]).as_py() or 1) < 1:
        raise BadInput(Msg.TRANSFER_AMOUNT_ZERO_NEGATIVE, where="amount")
    if not pc.all(pc.equal(table["counter_amount"].is_null(), table["counter_currency"].is_null())).as_py():
        raise BadInput(Msg.CONVERTING_TRANSFER_NEEDS_COUNTER_AMOUNT_COUNTER, where="counter_amount")
    unknown = [kind for kind in pc.unique(table["kind"]).to_pylist() if kind not in KINDS]
    if unknown:
        raise BadInput(Msg.UNKNOWN_KIND, kind=unknown[0], known=tuple(KINDS), where="kind")
    return table


def _stacked(table: pa.Table, first: str, second: str) -> pa.ChunkedArray:
    chunks = [chunk.cast(pa.large_string()) for name in (first, second) for chunk in table[name].chunks]
    return pa.chunked_array(chunks, pa.large_string())


def _integers(table: pa.Table, name: str) -> Array:
    column = table[name].cast(pa.int64())
    values: Array = (column.fill_null(0) if column.null_count else column).to_numpy()
    return values


_SCHEMA: Final = pa.schema([TRANSFERS.field(name) for name in (*REQUIRED, *OPTIONAL)])
EMPTY_TABLE: Final = _SCHEMA.empty_table()
"""No transfers, with the columns that tracing reads."""


def columns_read(table: pa.Table) -> pa.Table:
    """The columns of `table` that tracing reads, checked, in one order and type."""
    return _checked(table).cast(_SCHEMA)
