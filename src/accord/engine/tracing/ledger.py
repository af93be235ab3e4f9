"""A ledger to trace in: an immutable reader over a base and its tail."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa

from accord.core.clock import from_micros, to_micros
from accord.core.errors import BadInput, NotFound
from accord.engine.tracing.answers import answer
from accord.engine.tracing.bulk import KnownNumbers, follow_all, table_of
from accord.engine.tracing.deferred import DeferredTrace
from accord.engine.tracing.errors import Msg
from accord.engine.tracing.kernel_parcels import follow_parcels
from accord.engine.tracing.kernel_pooled import HAIRCUT, LIBR, POISON, follow_pools
from accord.engine.tracing.layout import KINDS, TIME_MAX, Array, frozen
from accord.engine.tracing.model import AccountRef, ClaimStart, Rule, Trace, TraceOptions
from accord.engine.tracing.names import FEW
from accord.engine.tracing.overlay import view_of
from accord.engine.tracing.reading import Place, newer_state, open_state
from accord.engine.tracing.speed import passing_time
from accord.engine.tracing.starts import Starts, lay_out
from accord.engine.tracing.state import State, grown, state_of
from accord.engine.tracing.workspace import Workspace

ALL: Final = TraceOptions()

_POOLED: Final = {Rule.HAIRCUT: HAIRCUT, Rule.LIBR: LIBR, Rule.POISON: POISON}
_workspace: Final = Workspace()


class Ledger:
    """Transfers laid out for tracing. Immutable: any number of threads may trace at once, and later rows make a new one."""

    def __init__(self, state: State, place: Place | None = None) -> None:
        self.state = state
        self._place = place
        self._base, self._tail, self._dictionary = state.base, state.tail, state.dictionary
        self._view = view_of(state.base, state.tail, state.dictionary)
        self.pocket = lru_cache(maxsize=65536)(self._pocket)

    @classmethod
    def from_tables(cls, transfers: pa.Table, balances: pa.Table | None = None) -> Ledger:
        """A ledger in memory. `transfers` and `balances` have the columns of `records.schema`; others are ignored."""
        return cls(state_of(transfers, balances))

    @classmethod
    def open(cls, folder: Path) -> Ledger:
        """The newest ledger of an index folder, memory-mapped. NotFound where there is none, Corrupt where it is damaged."""
        return cls(*open_state(folder))

    def refreshed(self) -> Ledger:
        """Itself where its folder has nothing newer, else a reader of the newest."""
        if self._place is None:
            return self
        state, place = newer_state(self.state, self._place)
        return self if place is self._place else Ledger(state, place)

    def appended(self, transfers: pa.Table, balances: pa.Table | None = None) -> Ledger:
        """A ledger in memory with these rows too, in any order of time; this one stays as it is. Cheap for few rows.

        `balances` changes the opening balances that it names. The rows' seq must be higher than any held.
        """
        return Ledger(grown(self.state, transfers, balances))

    def __len__(self) -> int:
        return len(self.state)

    @property
    def last_seq(self) -> int:
        """The highest sequence number held, -1 for an empty ledger."""
        return self.state.last_seq

    @property
    def currencies(self) -> tuple[str, ...]:
        """Every currency of this ledger, by number."""
        return self._dictionary.currencies

    def number_of(self, transfer: str) -> int:
        """The number of a transfer in this index, -1 where it is not here."""
        row = self._base.ids.row_of(transfer)
        if row < 0 and len(self._tail):
            row = self._tail.ids.row_of(transfer)
            return row + len(self._base) if row >= 0 else -1
        return row

    def facts(self, number: int) -> tuple[int, int, int, int]:
        """(time, seq, amount, currency of the debtor face) of a transfer by number."""
        time, seq, amount, _, _, _, debtor, _, _ = self._record(number)
        return time, seq, amount, self._dictionary.pockets.currency.item(debtor)

    def transfer_ids(self, transfers: Array) -> list[str]:
        """The ids of transfers by number, in that order."""
        in_base = len(self._base)
        if not len(self._tail):
            return self._base.ids.texts.strings(transfers)
        of_base = transfers < in_base
        base = iter(self._base.ids.texts.strings(transfers[of_base]))
        later = iter(self._tail.ids.texts.strings(transfers[~of_base] - in_base))
        return [next(base) if known else next(later) for known in of_base.tolist()]

    def pockets(self, pockets: Array) -> dict[int, tuple[AccountRef, str]]:
        """The account and currency of each of these pockets."""
        if len(pockets) < FEW:
            return {pocket: self.pocket(pocket) for pocket in pockets.tolist()}
        different = np.unique(pockets)
        return dict(zip(different.tolist(), self._dictionary.places(different), strict=True))

    def _pocket(self, pocket: int) -> tuple[AccountRef, str]:
        """The account and currency of a pocket; kept for the pockets asked for last as `pocket`."""
        pockets = self._dictionary.pockets
        return self._dictionary.account_ref(int(pockets.account[pocket])), self.currencies[pockets.currency[pocket]]

    def has_transfer(self, transfer: str) -> bool:
        """Whether a transfer of this id is held."""
        return self.number_of(transfer) >= 0

    def transfer(self, transfer: str) -> dict[str, Any]:
        """The columns of one transfer; NotFound where it is not here. Amounts in minor units, time aware UTC."""
        number = self.number_of(transfer)
        if number < 0:
            raise NotFound(Msg.NO_TRANSFER_IN_LEDGER, transfer=transfer)
        time, seq, amount, received, _, _, debtor, creditor, kind = self._record(number)
        (payer, currency), (payee, counter_currency) = self.pocket(debtor), self.pocket(creditor)
        converts = received != amount or currency != counter_currency
        return {
            "seq": seq,
            "id": transfer,
            "time": from_micros(time),
            "debtor": payer.number,
            "debtor_bank": payer.bank,
            "creditor": payee.number,
            "creditor_bank": payee.bank,
            "amount": amount,
            "currency": currency,
            "counter_amount": received if converts else None,
            "counter_currency": counter_currency if converts else None,
            "kind": KINDS[kind],
        }

    def trace(self, starts: Sequence[ClaimStart], rule: Rule, options: TraceOptions = ALL) -> Trace:
        """Follow the claims under `rule` as far as `options` allow. BadInput or NotFound where a claim cannot be followed."""
        until = _until(options)
        laid = lay_out(self, starts, until)
        work = self._run(laid, rule, options, until)
        flows, rests, spans = work.counts.tolist()
        tables = work.flows[:flows].copy(), work.rests[:rests].copy()
        units = work.spans[:spans].copy() if rule.keeps_parcels else _NO_SPANS
        currency = self.currencies[laid.currency]
        return DeferredTrace.of(lambda: answer(self, rule, options, currency, laid.claims, units, *tables))

    def trace_many(self, claims: Sequence[Sequence[ClaimStart]], rule: Rule, options: TraceOptions = ALL) -> pa.Table:
        """Trace each claim on its own, on all cores: rows of `export.TABLE`, claim by claim.

        BadInput or NotFound names the claim at fault by its place; then there is no table.
        """
        until = _until(options)

        def run(laid: Starts) -> Workspace:
            return self._run(laid, rule, options, until)

        numbers = KnownNumbers(claims, self.state, self.facts)
        return table_of(follow_all(claims, numbers, until, run), self.state)

    def outgoing_speed(self, account: AccountRef) -> float | None:
        """How fast an account passes money on: median seconds from a credit to the next debit, over its last credits.

        None where it never received or never paid. Ranks holds: the smaller, the more urgent.
        """
        return passing_time(self.state, self._view, account)

    def _record(self, number: int) -> tuple[int, ...]:
        base = len(self._base)
        row: tuple[int, ...] = self._base.transfers.item(number) if number < base else self._tail.transfers.item(number - base)
        return row

    def _run(self, laid: Starts, rule: Rule, options: TraceOptions, until: int) -> Workspace:
        """Run the rule's kernel into this thread's tables."""
        work, view, stops = _workspace, self._view, self._stops(options, laid.currency)
        if rule.keeps_parcels:
            last_in = rule is Rule.LIFO

            def kernel() -> int:
                tables = (work.heap, work.flows, work.spans, work.rests)
                return int(follow_parcels(view, stops, until, last_in, laid.claims, laid.claimed, tables, work.counts))
        else:
            slot_of = work.slots_for(len(self._dictionary.pockets))

            def kernel() -> int:
                tables = (work.heap, work.flows, work.slots, work.rests)
                return int(follow_pools(view, stops, until, _POOLED[rule], laid.claims, slot_of, tables, work.counts))

        work.run(kernel)
        return work

    def _stops(self, options: TraceOptions, currency: int) -> tuple[Any, Any, int, int]:
        """Hubs as sorted accounts, institutions outside by number + 1 (empty for none), minimum parcel and its currency."""
        if options.min_parcel < 0:
            raise BadInput(Msg.MINIMUM_PARCEL_OUT_OF_RANGE, stated=options.min_parcel)
        hubs, barred = _NO_HUBS, _NONE_BARRED
        if options.hubs:
            numbers = {self._dictionary.account(hub) for hub in options.hubs}
            hubs = frozen(np.array(sorted(numbers - {-1}), np.int32))
        if options.covered is not None:
            banks = [True, *(bank not in options.covered for bank in self._dictionary.banks)]
            barred = frozen(np.array(banks, np.bool_))
        return hubs, barred, options.min_parcel, currency


_NO_SPANS: Final = frozen(np.empty((0, 2), np.int64))
_NO_HUBS: Final = frozen(np.empty(0, np.int32))
_NONE_BARRED: Final = frozen(np.empty(0, np.bool_))


def _until(options: TraceOptions) -> int:
    """The end of a trace in epoch microseconds."""
    if options.until is None:
        return TIME_MAX
    if options.until.tzinfo is None:
        raise BadInput(Msg.END_TRACE_NO_ZONE)
    return to_micros(options.until)
