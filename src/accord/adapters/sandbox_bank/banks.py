"""All banks of a sandbox together: one clock, one set of books, so that money sent by one arrives at the next.

Time is the clock of `accord.core.clock`. Any call first plays what has happened by now, in order: transfers, orders and
releases whose time has come, holds that ran out. So a bank acts when its answer falls due, whoever asks and whenever.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Final, NamedTuple, Self
from uuid import UUID

import msgspec
import pyarrow as pa

from accord.adapters.sandbox_bank.bank import ENQUIRY_ANSWERS, ORDER, ORDER_MESSAGES, SandboxBank, SandboxLedger
from accord.adapters.sandbox_bank.book import AccountKey, TransferBook
from accord.adapters.sandbox_bank.carry_out import BankState, carry_out_hold, carry_out_limit, carry_out_recall
from accord.adapters.sandbox_bank.directory import AccountDirectory
from accord.adapters.sandbox_bank.errors import Msg
from accord.adapters.sandbox_bank.follow_up import carry_out_follow_up, follow_up_limit
from accord.adapters.sandbox_bank.holds import Hold, HoldBook
from accord.adapters.sandbox_bank.limits import Limit, LimitBook
from accord.adapters.sandbox_bank.play import Play, StopReason
from accord.adapters.sandbox_bank.profile import Faults, Profile
from accord.adapters.sandbox_bank.store import Message, StateStore
from accord.capabilities.claims.ports import EnquiryAnswer
from accord.capabilities.orders.kinds import FOLLOWS_UP, KEEPS_MONEY, OrderKind
from accord.capabilities.orders.ports import OrderAnswer, OrderMessage, Refusal
from accord.core import clock
from accord.core.clock import from_micros, to_micros
from accord.core.errors import Conflict, NotFound
from accord.engine.exercise import World
from accord.engine.tracing.model import AccountRef

_BEGINNING: Final = -(2**62)
_NEVER: Final = 2**62
_LIMITS: Final = (OrderKind.LIMIT, OrderKind.RESTRICTION, OrderKind.PRESERVATION)


class WorldBooks(NamedTuple):
    """What never changes about the banks of a world: every payment, and who has which account. May be shared."""

    book: TransferBook
    directory: AccountDirectory

    @classmethod
    def of(cls, world: World) -> WorldBooks:
        names = ("bank", "number", "currency", "opening_balance")
        rows = zip(*(world.accounts[name].to_pylist() for name in names), strict=True)
        openings = [(AccountKey(bank, number, currency), amount) for bank, number, currency, amount in rows]
        book = TransferBook(world.transfers, openings, to_micros(world.plan.call_day), overdraft=False)
        return cls(book, AccountDirectory(book.accounts, world.accounts))


class SandboxBanks:
    """The banks of one world (or the one institution of a bare table) and their common state in one folder.

    Safe for threads; several processes may share the folder. Not to be carried through a fork.
    """

    def __init__(
        self,
        book: TransferBook,
        directory: AccountDirectory,
        profiles: Iterable[Profile],
        switches: Mapping[str, frozenset[str]],
        state_folder: Path,
        *,
        covers_all: bool = False,
    ) -> None:
        """`switches` are ledger holders that see several banks' transfers; with `covers_all` every bank sees everything."""
        self.book = book
        self.directory = directory
        self._lock = threading.RLock()
        self._store = StateStore(state_folder, _fingerprint(book))
        self.play = Play(book)
        self.holds = HoldBook()
        self.limits = LimitBook()
        self._faults: dict[str, Faults] = {}
        self._next_at = _BEGINNING
        self._banks = {
            profile.code: SandboxBank(self, profile, None if covers_all else frozenset({profile.code})) for profile in profiles
        }
        self._switches = {code: SandboxLedger(self, Profile(code), banks) for code, banks in switches.items()}

    @classmethod
    def from_world(
        cls,
        world: World | Path,
        state_folder: Path,
        *,
        delay_factor: float = 1.0,
        refusal_factor: float = 1.0,
        books: WorldBooks | None = None,
    ) -> Self:
        """The banks of a made-up world, with all days before its call day already behind them.

        The factors scale the banks' own delays and refusal rates; 0 makes every bank answer at once, or obey always. `books`
        are this world's, where they have been made before.
        """
        if isinstance(world, Path):
            world = World.load(world)
        book, directory = books or WorldBooks.of(world)
        profiles = [
            Profile(bank.code, bank.answer_delay_seconds * delay_factor, bank.refuses_rate * refusal_factor, world.plan.seed)
            for bank in world.banks
        ]
        switches = {code: frozenset(banks) for code, banks in world.ledger_holders().items() if banks != (code,)}
        return cls(book, directory, profiles, switches, state_folder)

    @classmethod
    def from_table(
        cls, code: str, transfers: pa.Table, balances: pa.Table | None, state_folder: Path, *, covers_all: bool = True
    ) -> Self:
        """One institution on a bare table of transfers (schema of the records), e.g. a statement file without bank names."""
        openings: list[tuple[AccountKey, int]] = []
        if balances is not None:
            rows = zip(*(balances[name].to_pylist() for name in ("bank", "account", "currency", "amount")), strict=True)
            openings = [(AccountKey(bank, number, currency), amount) for bank, number, currency, amount in rows]
        book = TransferBook(transfers, openings, _BEGINNING, overdraft=True)
        return cls(book, AccountDirectory(book.accounts), [Profile(code)], {}, state_folder, covers_all=covers_all)

    @property
    def codes(self) -> tuple[str, ...]:
        """The banks."""
        return tuple(self._banks)

    def bank(self, code: str) -> SandboxBank:
        """A bank; NotFound where there is none of this code."""
        try:
            return self._banks[code]
        except KeyError:
            raise NotFound(Msg.NO_BANK_IN_SANDBOX, code=code, banks=tuple(self._banks)) from None

    def holder(self, code: str) -> SandboxLedger:
        """A ledger holder: a bank, or a central switch."""
        return self._switches.get(code) or self.bank(code)

    def advance(self, to: datetime) -> None:
        """Play everything up to and including `to`. Never backwards: calls while the clock lies behind count as made then."""
        with self._lock:
            self._catch_up(to_micros(to))

    def warm_up(self) -> None:
        """Lay out every ledger now rather than at its first question."""
        with self.locked():
            for ledger in (*self._banks.values(), *self._switches.values()):
                ledger.view()

    def booked(self) -> pa.Table:
        """Every transfer that has happened so far since history, in order of booking."""
        with self._lock:
            return self.book.rows(self.play.booked)

    def stopped(self) -> dict[str, StopReason]:
        """The transfers that did not happen, and why."""
        with self._lock:
            return {self.book.id_of(row): reason for row, reason in self.play.stopped.items()}

    def placed_holds(self) -> tuple[Hold, ...]:
        """Every hold ever placed, also those that have ended."""
        with self._lock:
            return tuple(self.holds.by_order.values())

    def available(self, ref: AccountRef) -> tuple[tuple[str, int], ...]:
        """What the holder of an account could pay now: (currency, minor units) of each pocket."""
        with self.locked() as now:
            pockets = [
                (key.currency, number) for key, number in self.book.accounts.items() if key[:2] == (ref.bank, ref.number)
            ]
            return tuple((currency, self.play.available(number, now, self.holds.held)) for currency, number in pockets)

    def lift(self, order_id: UUID) -> None:
        """End a hold or limits now, if they still stand: what a bank does unprompted when its time is over."""
        with self.locked() as now:
            hold, limit = self.holds.by_order.get(order_id), self.limits.by_order.get(order_id)
            if hold is not None and hold.active(now):
                with self._change():
                    self._put(replace(hold, released_at=now))
            if limit is not None and limit.active(now):
                with self._change():
                    self._put_limit(replace(limit, released_at=now))

    def close(self) -> None:
        """Close the state file and let the ledgers go: banks and their owner know each other, so nothing else would."""
        with self._lock:
            self._store.close()
            for ledger in (*self._banks.values(), *self._switches.values()):
                ledger.forget()

    # What the banks themselves use.

    @contextmanager
    def locked(self) -> Iterator[int]:
        """Alone in this process, with everything played up to now; yields now (epoch µs)."""
        with self._lock:
            self._catch_up(to_micros(clock.now()))
            yield self._now()

    def received(self, message_id: UUID, kind: str, content: bytes | None = None) -> Message | None:
        """The message as first received; Conflict where `content` now says something else."""
        message = self._store.message(message_id, kind)
        if message is not None and content is not None and message.content != content:
            raise Conflict(Msg.CAME_BEFORE_WITH_ANOTHER_CONTENT, kind=kind, id=message_id)
        return message

    def keep(self, message: Message) -> Message:
        """Take a new message in, and carry it out when it is due at once. Returns it as it is kept."""
        with self._change():
            now = self._now()
            kept = self.received(message.id, message.kind, message.content)
            if kept is not None:
                return kept
            if message.due_at <= now < self._next_at:
                return self._act(message)
            self._store.add_message(message)
            self._run(now)
        return self._store.message(message.id, message.kind) or message

    def fix_answer(self, message: Message, answer: EnquiryAnswer) -> EnquiryAnswer:
        """Keep the answer to an enquiry; the one that was kept first counts."""
        with self._lock:
            if self._store.set_answer(message, msgspec.json.encode(answer)):
                return answer
            kept = self.received(message.id, message.kind, message.content)
        assert kept is not None
        assert kept.answer is not None
        return ENQUIRY_ANSWERS.decode(kept.answer)

    def faults_of(self, code: str) -> Faults:
        return self._faults.get(code, Faults())

    def set_faults(self, code: str, faults: Faults) -> None:
        with self._change():
            self._store.put_faults(code, faults)
            self._faults[code] = faults

    def _now(self) -> int:
        """The clock, but never before what has been played: `advance` may have run ahead."""
        return max(to_micros(clock.now()), self.play.moment)

    def _catch_up(self, now: int) -> None:
        self._follow_others()
        if self._next_at <= now:
            with self._change():
                self._run(now)

    @contextmanager
    def _change(self) -> Iterator[None]:
        """One change of the common state: all of it in the file and in memory, or nothing."""
        with self._lock:
            try:
                with self._store.transaction():
                    self._follow_others()
                    yield
            except BaseException:
                self._start_over()
                raise

    def _follow_others(self) -> None:
        """Apply what other processes have done."""
        if not self._store.changed_elsewhere():
            return
        played = self._store.played()
        self.play.replay(played, self._store.new_stops())
        self.holds, self.limits = HoldBook(self._store.holds()), LimitBook(self._store.limits())
        self._faults = self._store.faults()
        self._look_ahead()

    def _look_ahead(self) -> None:
        """Note when the next thing happens by itself."""
        event, message = self.play.next_at(), self._store.next_due(_NEVER)
        self._next_at = min(_NEVER if event is None else event, _NEVER if message is None else message.due_at)

    def _start_over(self) -> None:
        """Forget what memory has run ahead of the file."""
        self.play = Play(self.book)
        self._store.forget_reading()
        for ledger in (*self._banks.values(), *self._switches.values()):
            ledger.forget()
        self._follow_others()

    def _run(self, now: int) -> None:
        """Play events and carry out messages in order of time. Inside a change."""
        before = self.play.played
        while True:
            due = self._store.next_due(now)
            stops = self.play.advance(now if due is None else due.due_at, self.holds.held, self.limits)
            self._store.add_stops(stops)
            if due is None:
                break
            self._act(due)
        if self.play.played != before:
            self._store.set_played(self.play.played)
        self._look_ahead()

    def _act(self, message: Message) -> Message:
        """Let the bank do what an order that has fallen due asks, and fix its answer."""
        order = ORDER_MESSAGES.decode(message.content)
        answer = self._refused_before(message, order) or self._carry_out(message, order)
        encoded = msgspec.json.encode(answer)
        self._store.set_answer(message, encoded)
        return replace(message, answer=encoded)

    def _carry_out(self, message: Message, order: OrderMessage) -> OrderAnswer:
        if order.kind is OrderKind.RECALL:
            return self._recall(message, order)
        if order.kind in KEEPS_MONEY:
            return self._hold(message, order)
        if order.kind in FOLLOWS_UP:
            return self._follow_up(message, order)
        if order.kind in _LIMITS:
            return self._limit(message, order)
        return OrderAnswer(from_micros(message.due_at), 0, Refusal.NOT_SUPPORTED, "this bank does not carry out such orders")

    def _refused_before(self, message: Message, order: OrderMessage) -> OrderAnswer | None:
        """The answer where a release overtook the order that it gives up."""
        if not self._store.is_withdrawn(order.order_id):
            return None
        return OrderAnswer(from_micros(message.due_at), 0, Refusal.WITHDRAWN, "withdrawn before it was carried out")

    def _hold(self, message: Message, order: OrderMessage) -> OrderAnswer:
        replaced = self.holds.by_order.get(order.replaces) if order.replaces else None
        if replaced is not None and replaced.active(message.due_at):
            # the earlier hold makes way and comes back where the later one is refused, all in one change
            self.holds.put(replace(replaced, released_at=message.due_at))
        answer, hold = carry_out_hold(self._state(message), order)
        if replaced is not None:
            self._put(replace(replaced, released_at=message.due_at) if hold is not None else replaced)
        if hold is not None:
            self._put(hold)
        return answer

    def _limit(self, message: Message, order: OrderMessage) -> OrderAnswer:
        answer, limit = carry_out_limit(self._state(message), order)
        if limit is not None:
            self._put_limit(limit)
        return answer

    def _recall(self, message: Message, order: OrderMessage) -> OrderAnswer:
        answer, row = carry_out_recall(self._state(message), order)
        if row is not None:
            self.play.stop(row, StopReason.RECALLED)
            self._store.add_stops([(row, StopReason.RECALLED)])
        return answer

    def _follow_up(self, message: Message, order: OrderMessage) -> OrderAnswer:
        assert order.target is not None
        known = self._store.message(order.target, ORDER)
        if order.kind is OrderKind.RELEASE and (known is None or known.answer is None):
            self._store.withdraw(order.target)
            return OrderAnswer(from_micros(message.due_at))
        limit = self.limits.by_order.get(order.target)
        if limit is not None:
            answer, changed = follow_up_limit(order, limit, message.due_at)
            if changed is not None:
                self._put_limit(changed)
            return answer
        answer, holds = carry_out_follow_up(order, self.holds.by_order.get(order.target), message.due_at)
        for hold in holds:
            self._put(hold)
        return answer

    def _put(self, hold: Hold) -> None:
        self.holds.put(hold)
        self._store.put_hold(hold)

    def _put_limit(self, limit: Limit) -> None:
        self.limits.put(limit)
        self._store.put_limit(limit)

    def _state(self, message: Message) -> BankState:
        bank = self._banks[message.bank]
        return BankState(
            moment=message.due_at,
            profile=bank.profile,
            faults=self._faults.get(bank.code, Faults()),
            banks=bank.banks,
            book=self.book,
            play=self.play,
            holds=self.holds,
            directory=self.directory,
            view=bank.view(),
        )


def _fingerprint(book: TransferBook) -> str:
    """Tells books apart, so that no state is read into another world."""
    digest = hashlib.sha256(f"{len(book)}:{book.history}:{len(book.accounts)}".encode())
    for row in {0, len(book) // 2, len(book) - 1} if len(book) else ():
        digest.update(repr(sorted(book.row_dict(row).items())).encode())
    return digest.hexdigest()
