"""The moving part of a sandbox: balances, what is set aside, which payments did not happen. Memory only, replayable.

Given the same book, the same stops and the same number of events played, every process arrives at the same balances; so
only the stops and the count need keeping.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from enum import StrEnum

from accord.adapters.sandbox_bank.book import RESERVE, Movement, TransferBook
from accord.adapters.sandbox_bank.limits import DAY, LimitBook, Spent


class StopReason(StrEnum):
    """Why a payment did not happen."""

    NO_FUNDS = "no_funds"  # what the account had was held, or had never arrived
    PARENT_STOPPED = "parent_stopped"  # it was to pass on the money of a payment that did not happen
    RECALLED = "recalled"
    LIMITED = "limited"  # it would have exceeded a limit on the account, or would have had to wait


Held = Callable[[int, int], int]
"""(account, epoch µs) → minor units on hold there at that moment."""


class Play:
    """One run through the events of a book. `booked` lists the rows that happened since history, in order of booking."""

    def __init__(self, book: TransferBook) -> None:
        self._book = book
        self.played = 0
        self.balance = list(book.opening)
        self.reserved: defaultdict[int, int] = defaultdict(int)
        self.stopped: dict[int, StopReason] = {}
        self._pending: set[int] = set()
        self._spent: defaultdict[tuple[int, int], Spent] = defaultdict(Spent)  # (account, day) → what left it
        self.booked: list[int] = []

    @property
    def moment(self) -> int:
        """When the last event played happened (epoch µs)."""
        return self._book.events[self.played - 1].at if self.played else 0

    def next_at(self) -> int | None:
        """When the next event is due; None at the end."""
        events = self._book.events
        return events[self.played].at if self.played < len(events) else None

    def available(self, account: int, at: int, held: Held) -> int:
        """What the account can pay at that moment."""
        return self.balance[account] - self.reserved[account] - held(account, at)

    def advance(self, until: int, held: Held, limits: LimitBook) -> list[tuple[int, StopReason]]:
        """Play every event up to `until` (inclusive); returns the payments that did not happen."""
        events, stops = self._book.events, []
        while self.played < len(events) and events[self.played].at <= until:
            event = events[self.played]
            if event.row not in self.stopped and event.row not in self._pending:
                reason = self._obstacle(event.row, event.at, held, limits)
                if reason:
                    self.stopped[event.row] = reason
                    stops.append((event.row, reason))
            self._apply(event.row, event.phase)
            self.played += 1
        return stops

    def replay(self, played: int, stops: dict[int, StopReason]) -> None:
        """Follow another process: apply its stops and its decisions up to event number `played`."""
        for row, reason in stops.items():
            self.stop(row, reason)
        for event in self._book.events[self.played : played]:
            self._apply(event.row, event.phase)
        self.played = max(self.played, played)

    def stop(self, row: int, reason: StopReason) -> None:
        """Keep a payment from happening; one that was set aside is given back to its account."""
        self.stopped[row] = reason
        if row in self._pending:
            self._pending.discard(row)
            movement = self._book.movements[row]
            self.reserved[movement.debtor] -= movement.amount
            spent = self._spent_on_day_of(row)
            spent.amount -= movement.amount
            spent.cash -= movement.amount if movement.cash else 0

    def is_pending(self, row: int) -> bool:
        return row in self._pending

    def is_booked(self, row: int, at: int) -> bool:
        """Whether the transfer has happened; `at` is the moment played to."""
        return row not in self.stopped and int(self._book.booked_at[row]) <= at

    def _obstacle(self, row: int, at: int, held: Held, limits: LimitBook) -> StopReason | None:
        movement = self._book.movements[row]
        if any(parent in self.stopped for parent in movement.depends_on):
            return StopReason.PARENT_STOPPED
        if limits.by_order and limits.refuses(movement, at, self._spent_on_day_of(row)):
            return StopReason.LIMITED
        if self.available(movement.debtor, at, held) >= movement.amount:
            return None
        if self._book.overdraft and not held(movement.debtor, at):
            return None
        return StopReason.NO_FUNDS

    def _apply(self, row: int, phase: int) -> None:
        if row in self.stopped:
            return
        movement = self._book.movements[row]
        if row not in self._pending:
            self._count(row, movement)
        if phase == RESERVE:
            self.reserved[movement.debtor] += movement.amount
            self._pending.add(row)
            return
        if row in self._pending:
            self._pending.discard(row)
            self.reserved[movement.debtor] -= movement.amount
        left = self.balance[movement.debtor] - movement.amount
        self.balance[movement.debtor] = max(left, 0) if self._book.overdraft else left
        self.balance[movement.creditor] += movement.received
        self.booked.append(row)

    def _count(self, row: int, movement: Movement) -> None:
        """Note what leaves the account on the day on which the payment was made."""
        spent = self._spent_on_day_of(row)
        spent.amount += movement.amount
        if movement.cash:
            spent.cash += movement.amount
        else:
            spent.payees.add(movement.creditor)

    def _spent_on_day_of(self, row: int) -> Spent:
        return self._spent[self._book.movements[row].debtor, int(self._book.initiated[row]) // DAY]
