"""Everything that will ever be paid in a sandbox, as immutable columns: what has happened before, and what is to be played.

A transfer is booked at `settles_at` where it has one, else at `time`. Rows booked before `play_from` are history: they
happened, and only their sum matters to the accounts. The others become events. Rows and accounts are numbered from 0.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from accord.engine.records.schema import BALANCES, TRANSFERS, TransferKind

RESERVE: Final = 0
"""Event: a pending payment is set aside on the debtor's account."""
BOOK: Final = 1
"""Event: a transfer leaves the debtor and reaches the creditor."""


class AccountKey(NamedTuple):
    """A pocket of money: balances are per account and currency."""

    bank: str | None
    number: str
    currency: str


class Event(NamedTuple):
    """Sorts in the order of play."""

    at: int
    phase: int
    row: int


@dataclass(frozen=True, slots=True)
class Movement:
    """One row to be played: account numbers, what leaves the debtor, what reaches the creditor, rows it passes on; `cash`
    is paid out at a counter or machine.
    """

    debtor: int
    creditor: int
    amount: int
    received: int
    pending: bool
    depends_on: tuple[int, ...]
    cash: bool


class TransferBook:
    """`transfers` is in order of booking with its `time` set to the booking; `overdraft` lets an account without a hold pay
    more than it has (real ledgers rarely come with all opening balances), where a made-up world does not.
    """

    def __init__(
        self, transfers: pa.Table, balances: Iterable[tuple[AccountKey, int]], play_from: int, *, overdraft: bool
    ) -> None:
        table = _in_booking_order(transfers)
        self.overdraft = overdraft
        self.initiated = table["initiated"].to_numpy()
        self.transfers = table.select(TRANSFERS.names)
        self.booked_at = self.transfers["time"].to_numpy()
        self.amount = self.transfers["amount"].to_numpy()
        self.received = _creditor_face(self.transfers, "amount").to_numpy()
        self.history = int(np.searchsorted(self.booked_at, play_from, side="left"))
        self.accounts: dict[AccountKey, int] = {}
        self.opening: list[int] = []
        self.loaded_balances = dict(balances)
        for key, amount in self.loaded_balances.items():
            self.opening[self._account(key)] += amount
        self._add_history()
        self.movements, self.events = self._plays(table)

    def __len__(self) -> int:
        return len(self.transfers)

    def id_of(self, row: int) -> str:
        return str(self.transfers["id"][row])

    def row_dict(self, row: int) -> dict[str, Any]:
        """One row, by column name."""
        return {name: values[row].as_py() for name, values in self._columns.items()}

    @cached_property
    def _columns(self) -> dict[str, pa.Array]:
        """Plain arrays: ten times faster to read one row from than a slice of the table."""
        return {name: self.transfers[name].combine_chunks() for name in self.transfers.column_names}

    @cached_property
    def rows_by_id(self) -> dict[str, int]:
        return {name: row for row, name in enumerate(self.transfers["id"].to_pylist())}

    @cached_property
    def rows_by_debtor(self) -> RowsByText:
        return RowsByText(self.transfers["debtor"])

    @cached_property
    def rows_by_creditor(self) -> RowsByText:
        return RowsByText(self.transfers["creditor"])

    @cached_property
    def pockets(self) -> dict[tuple[str | None, str], list[tuple[str, int]]]:
        """(bank, account number) → its pockets: (currency, account)."""
        found: dict[tuple[str | None, str], list[tuple[str, int]]] = {}
        for key, number in self.accounts.items():
            found.setdefault((key.bank, key.number), []).append((key.currency, number))
        return found

    def history_rows(self) -> pa.Table:
        return self.transfers.slice(0, self.history)

    def rows(self, numbers: list[int]) -> pa.Table:
        return self.transfers.take(pa.array(numbers, pa.int64()))

    def balances_of(self, banks: frozenset[str] | None) -> pa.Table:
        """Opening balances of the accounts at `banks` (None: all), in the schema of the records."""
        kept = [(key, amount) for key, amount in self.loaded_balances.items() if banks is None or key.bank in banks]
        columns = {
            "seq": range(len(kept)),
            "account": [key.number for key, _ in kept],
            "bank": [key.bank for key, _ in kept],
            "currency": [key.currency for key, _ in kept],
            "amount": [amount for _, amount in kept],
            "batch": ["opening"] * len(kept),
        }
        return pa.table(
            {name: pa.array(values, BALANCES.field(name).type) for name, values in columns.items()}, schema=BALANCES
        )

    def _account(self, key: AccountKey) -> int:
        number = self.accounts.setdefault(key, len(self.opening))
        if number == len(self.opening):
            self.opening.append(0)
        return number

    def _add_history(self) -> None:
        """Fold the rows of the past into the accounts by sums, column by column."""
        rows = self.transfers.slice(0, self.history)
        credited = {"amount": _creditor_face(rows, "amount"), "currency": _creditor_face(rows, "currency")}
        for side, sign, face in (
            ("debtor", -1, {"amount": rows["amount"], "currency": rows["currency"]}),
            ("creditor", 1, credited),
        ):
            part = pa.table({"bank": rows[f"{side}_bank"], "number": rows[side], **face})
            sums = part.group_by(["bank", "number", "currency"]).aggregate([("amount", "sum")])
            columns = [sums[name].to_pylist() for name in ("bank", "number", "currency", "amount_sum")]
            for bank, number, currency, amount in zip(*columns, strict=True):
                self.opening[self._account(AccountKey(bank, number, currency))] += sign * amount

    def _plays(self, table: pa.Table) -> tuple[dict[int, Movement], list[Event]]:
        rows = table.slice(self.history)
        names = (
            "debtor_bank",
            "debtor",
            "currency",
            "amount",
            "creditor_bank",
            "creditor",
            "counter_amount",
            "counter_currency",
        )
        columns = [rows[name].to_pylist() for name in (*names, "initiated", "time", "depends_on", "kind")]
        movements: dict[int, Movement] = {}
        events: list[Event] = []
        for row, values in enumerate(zip(*columns, strict=True), self.history):
            payer_bank, payer, currency, amount, payee_bank, payee, received, received_currency, *times, parents, kind = values
            initiated, booked = times
            movements[row] = Movement(
                debtor=self._account(AccountKey(payer_bank, payer, currency)),
                creditor=self._account(AccountKey(payee_bank, payee, received_currency or currency)),
                amount=amount,
                received=amount if received is None else received,
                pending=initiated < booked,
                depends_on=tuple(self._rows_of_parents(parents)),
                cash=kind == TransferKind.CASH,
            )
            if initiated < booked:
                events.append(Event(initiated, RESERVE, row))
            events.append(Event(booked, BOOK, row))
        events.sort()
        return movements, events

    def _rows_of_parents(self, parents: list[str] | None) -> Iterable[int]:
        return (self.rows_by_id[parent] for parent in parents or () if parent in self.rows_by_id)


class RowsByText:
    """Which rows hold a text in one column, by one sort and no dictionary of lists."""

    def __init__(self, column: pa.ChunkedArray) -> None:
        encoded = column.combine_chunks().dictionary_encode()
        codes = encoded.indices.to_numpy()
        self._code = {text: code for code, text in enumerate(encoded.dictionary.to_pylist())}
        self._rows = np.argsort(codes, kind="stable")
        self._starts = np.searchsorted(codes[self._rows], np.arange(len(self._code) + 1))

    def __getitem__(self, text: str) -> np.ndarray:
        """Row numbers, ascending; empty where no row holds the text."""
        code = self._code.get(text)
        if code is None:
            return self._rows[:0]
        return self._rows[self._starts[code] : self._starts[code + 1]]


def seen_by(rows: pa.Table, banks: frozenset[str] | None, first: int) -> pa.Table:
    """The rows that these banks send or receive (None: all), with seq counting from `first`."""
    if banks is not None:
        names = pa.array(sorted(banks), pa.string())
        rows = rows.filter(pc.or_(_among(rows["debtor_bank"], names), _among(rows["creditor_bank"], names)))
    return rows.set_column(0, TRANSFERS.field("seq"), pa.array(range(first, first + len(rows)), pa.int64()))


def _in_booking_order(transfers: pa.Table) -> pa.Table:
    """The table sorted by booking, with the columns `initiated` (the original time) and `depends_on` for certain."""
    table = transfers.append_column("initiated", transfers["time"])
    if "settles_at" in table.column_names:
        booked = pc.coalesce(table["settles_at"], table["time"])
        table = table.set_column(table.column_names.index("time"), TRANSFERS.field("time"), booked)
    if "depends_on" not in table.column_names:
        table = table.append_column("depends_on", pa.nulls(len(table), pa.list_(pa.string())))
    order = pc.sort_indices(table, sort_keys=[("time", "ascending"), ("seq", "ascending")])
    return table.take(order).combine_chunks()


def _creditor_face(rows: pa.Table, column: str) -> pa.ChunkedArray:
    return pc.coalesce(rows[f"counter_{column}"], rows[column])


def _among(column: pa.ChunkedArray, names: pa.Array) -> pa.ChunkedArray:
    return pc.is_in(column, value_set=names)
