"""One ledger holder of a sandbox: a bank, or the central switch of a country. Both ports, as a real one offers them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Final, TypeVar
from uuid import UUID

import msgspec

from accord.adapters.ledger_answer import HolderView, answer_from_trace, starts_of
from accord.adapters.sandbox_bank.book import seen_by
from accord.adapters.sandbox_bank.holds import HoldBook
from accord.adapters.sandbox_bank.nonsense import garbled_enquiry, garbled_hold, garbled_recall, garbled_release
from accord.adapters.sandbox_bank.pinned import trace_with_holds
from accord.adapters.sandbox_bank.profile import Faults, Profile
from accord.adapters.sandbox_bank.store import Message
from accord.capabilities.claims.ports import Acknowledged, EnquiryAnswer, EnquiryRequest
from accord.capabilities.orders.ports import HoldAnswer, HoldStatus, OrderMessage, RecallAnswer, ReleaseAnswer
from accord.core.clock import from_micros
from accord.core.errors import BadInput, NotFound, Unavailable
from accord.engine.tracing import Ledger
from accord.engine.tracing.model import AccountRef, TraceOptions

if TYPE_CHECKING:
    from accord.adapters.sandbox_bank.banks import SandboxBanks

ENQUIRY: Final = "enquiry"
HOLD: Final = "hold"
RECALL: Final = "recall"
RELEASE: Final = "release"

_Answer = TypeVar("_Answer", HoldAnswer, RecallAnswer)


class SandboxLedger:
    """A ledger holder that answers enquiries. `banks` are the institutions whose transfers it sees; None is all."""

    def __init__(self, owner: SandboxBanks, profile: Profile, banks: frozenset[str] | None) -> None:
        self._owner = owner
        self.profile = profile
        self.banks = banks
        self._ledger: Ledger | None = None
        self._seen = 0

    @property
    def code(self) -> str:
        return self.profile.code

    @property
    def faults(self) -> Faults:
        """What is wrong with this bank at the moment; set it to try a slow bank, a dead line, nonsense."""
        with self._owner.locked():
            return self._owner.faults_of(self.code)

    @faults.setter
    def faults(self, faults: Faults) -> None:
        self._owner.set_faults(self.code, faults)

    def enquire(self, request: EnquiryRequest) -> Acknowledged | EnquiryAnswer:
        """Answer from this ledger, or acknowledge while the answer is not due. The answer never changes once given.

        Raises BadInput where the question contradicts itself or the ledger, NotFound where a credit is unknown here.
        """
        content = msgspec.json.encode(request)
        with self._reached(request.institution) as (now, faults):
            message = self._owner.received(request.enquiry_id, ENQUIRY, content)
            if message is None:
                message = self._message(request.enquiry_id, ENQUIRY, content, now, faults)
                if message.due_at > now:
                    self._owner.keep(message)
            if message.due_at > now:
                return Acknowledged(from_micros(message.due_at))
            view, holds = self.view(), self._owner.holds
        if message.answer is None:
            answer = self._owner.fix_answer(message, self._answer(request, view, holds, now))
        else:
            answer = msgspec.json.decode(message.answer, type=EnquiryAnswer)
        return garbled_enquiry(answer, request.credits[0].currency) if faults.nonsense else answer

    def _answer(self, request: EnquiryRequest, view: HolderView, holds: HoldBook, now: int) -> EnquiryAnswer:
        """Trace, without a lock: views do not change."""
        until = from_micros(now) if request.until is None else min(request.until, from_micros(now))
        starts = starts_of(view.ledger, request.credits, request.rule)
        trace = trace_with_holds(view.ledger, starts, request.rule, TraceOptions(until=until, covered=self.banks), holds)
        return answer_from_trace(trace, request.credits, view, from_micros(now))

    def view(self) -> HolderView:
        """The ledger up to what has been played. Only under the owner's lock."""
        book, booked = self._owner.book, self._owner.play.booked
        if self._ledger is None:
            rows = seen_by(book.history_rows(), self.banks, 0)
            self._ledger = Ledger.from_tables(rows, book.balances_of(self.banks))
        if self._seen < len(booked):
            fresh = seen_by(book.rows(booked[self._seen :]), self.banks, self._ledger.last_seq + 1)
            self._seen = len(booked)
            if len(fresh):
                self._ledger = self._ledger.appended(fresh)
        ledger = self._ledger
        return HolderView(self.code, ledger, self._owner.directory.kind_of, ledger.outgoing_speed)

    def forget(self) -> None:
        """Lay the ledger out anew at the next question."""
        self._ledger, self._seen = None, 0

    @contextmanager
    def _reached(self, institution: str) -> Iterator[tuple[int, Faults]]:
        """Through to this bank, alone, with everything played up to now (epoch µs)."""
        with self._owner.locked() as now:
            faults = self._owner.faults_of(self.code)
            if faults.down:
                raise Unavailable(f"no answer from {self.code}; the line is down, try again later")
            if institution != self.code:
                raise BadInput(f"this message is for {institution}; {self.code} does not answer for it")
            yield now, faults

    def _message(self, message_id: UUID, kind: str, content: bytes, now: int, faults: Faults) -> Message:
        delay = self.profile.delay(message_id, kind) + timedelta(seconds=faults.slow_seconds)
        return Message(message_id, kind, self.code, content, now + delay // timedelta(microseconds=1))


class SandboxBank(SandboxLedger):
    """A bank that also obeys or refuses orders."""

    def place_hold(self, order: OrderMessage) -> Acknowledged | HoldAnswer:
        """Hold the traced amount, or say why not."""
        answer, faults = self._carry_out(order, HOLD, HoldAnswer)
        return garbled_hold(answer, order) if faults.nonsense and isinstance(answer, HoldAnswer) else answer

    def recall(self, order: OrderMessage) -> Acknowledged | RecallAnswer:
        """Stop a payment that is still pending, or say where it went."""
        answer, faults = self._carry_out(order, RECALL, RecallAnswer)
        return garbled_recall(answer) if faults.nonsense and isinstance(answer, RecallAnswer) else answer

    def release(self, order_id: UUID, authority: str) -> Acknowledged | ReleaseAnswer:
        """Give back what is held under an order. NotFound where the order never came."""
        with self._reached(self.code) as (now, faults):
            order = self._owner.received(order_id, HOLD)
            if order is None or order.bank != self.code:
                raise NotFound(f"{self.code} never received a hold order {order_id}")
            message = self._owner.received(order_id, RELEASE)
            if message is None:
                message = self._owner.keep(self._message(order_id, RELEASE, authority.encode(), now, faults))
        if message.answer is None:
            return Acknowledged(from_micros(message.due_at))
        answer = msgspec.json.decode(message.answer, type=ReleaseAnswer)
        return garbled_release(answer) if faults.nonsense else answer

    def status(self, order_id: UUID) -> HoldStatus | None:
        """How an order stands by now."""
        with self._reached(self.code) as (now, _):
            message = self._owner.received(order_id, HOLD) or self._owner.received(order_id, RECALL)
            if message is None or message.bank != self.code:
                return None
            hold = self._owner.holds.by_order.get(order_id)
        if hold is None:
            return HoldStatus(0, msgspec.json.decode(message.content, type=OrderMessage).until)
        if hold.active(now):
            return HoldStatus(hold.amount, from_micros(hold.until))
        return HoldStatus(0, from_micros(hold.until), from_micros(hold.ends_at))

    def refs(self, account: str) -> list[AccountRef]:
        """The accounts of this bank that a number or an alias names."""
        return self._owner.directory.find(account, self.banks)

    def _carry_out(self, order: OrderMessage, kind: str, answer_type: type[_Answer]) -> tuple[Acknowledged | _Answer, Faults]:
        if order.amount <= 0:
            raise BadInput(f"an order needs an amount above 0, not {order.amount}")
        if not order.credits and order.payment is None:
            raise BadInput("an order names the credits it stands on, or the facts of the payment")
        content = msgspec.json.encode(order)
        with self._reached(order.institution) as (now, faults):
            message = self._owner.received(order.order_id, kind, content)
            if message is None:
                message = self._owner.keep(self._message(order.order_id, kind, content, now, faults))
        if message.answer is None:
            return Acknowledged(from_micros(message.due_at)), faults
        return msgspec.json.decode(message.answer, type=answer_type), faults
