"""One ledger holder of a sandbox: a bank, or the central switch of a country. Both ports, as a real one offers them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Final
from uuid import UUID

import msgspec

from accord.adapters.ledger_answer import HolderView, answer_from_trace, starts_of
from accord.adapters.sandbox_bank.book import seen_by
from accord.adapters.sandbox_bank.errors import Msg
from accord.adapters.sandbox_bank.holds import HoldBook
from accord.adapters.sandbox_bank.nonsense import garbled, garbled_enquiry
from accord.adapters.sandbox_bank.pinned import trace_with_holds
from accord.adapters.sandbox_bank.profile import Faults, Profile
from accord.adapters.sandbox_bank.store import Message
from accord.capabilities.claims.ports import Acknowledged, EnquiryAnswer, EnquiryRequest
from accord.capabilities.controls.errors import Msg as ControlsMsg
from accord.capabilities.orders.kinds import FOLLOWS_UP, ON_MONEY
from accord.capabilities.orders.ports import OrderAnswer, OrderMessage, OrderStatus
from accord.core.clock import from_micros
from accord.core.errors import BadInput, Unavailable
from accord.engine.tracing import Ledger
from accord.engine.tracing.model import AccountRef, TraceOptions

if TYPE_CHECKING:
    from accord.adapters.sandbox_bank.banks import SandboxBanks

ENQUIRY: Final = "enquiry"
ORDER: Final = "order"

# Made here and not at the first message: threads that make a decoder of one dataclass at the same time crash the process.
ENQUIRY_ANSWERS: Final = msgspec.json.Decoder(EnquiryAnswer)
ORDER_MESSAGES: Final = msgspec.json.Decoder(OrderMessage)
_ORDER_ANSWERS: Final = msgspec.json.Decoder(OrderAnswer)


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
            answer = ENQUIRY_ANSWERS.decode(message.answer)
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
                raise Unavailable(Msg.LINE_DOWN, bank=self.code)
            if institution != self.code:
                raise BadInput(Msg.MESSAGE_FOR_ANOTHER, institution=institution, bank=self.code)
            yield now, faults

    def _message(
        self, message_id: UUID, kind: str, content: bytes, now: int, faults: Faults, purpose: str = ENQUIRY
    ) -> Message:
        delay = self.profile.delay(message_id, purpose) + timedelta(seconds=faults.slow_seconds)
        return Message(message_id, kind, self.code, content, now + delay // timedelta(microseconds=1))


class SandboxBank(SandboxLedger):
    """A bank that also obeys or refuses orders."""

    def carry_out(self, order: OrderMessage) -> Acknowledged | OrderAnswer:
        """Do what is ordered, or say why not. BadInput where the order contradicts itself."""
        _check(order)
        content = msgspec.json.encode(order)
        with self._reached(order.institution) as (now, faults):
            message = self._owner.received(order.order_id, ORDER, content)
            if message is None:
                message = self._owner.keep(self._message(order.order_id, ORDER, content, now, faults, order.kind))
        if message.answer is None:
            return Acknowledged(from_micros(message.due_at))
        answer = _ORDER_ANSWERS.decode(message.answer)
        return garbled(answer, order) if faults.nonsense else answer

    def status(self, order_id: UUID) -> OrderStatus | None:
        """How an order stands by now."""
        with self._reached(self.code) as (now, _):
            message = self._owner.received(order_id, ORDER)
            if message is None or message.bank != self.code:
                return None
            hold, limit = self._owner.holds.by_order.get(order_id), self._owner.limits.by_order.get(order_id)
        kept = hold or limit
        if kept is None:
            return OrderStatus(0, ORDER_MESSAGES.decode(message.content).until)
        if kept.active(now):
            return OrderStatus(hold.amount if hold else 0, from_micros(kept.until))
        return OrderStatus(0, from_micros(kept.until), from_micros(kept.ends_at))

    def missing(self, transfers: Iterable[str]) -> list[str]:
        """Which of these transfers the bank has not seen by now."""
        with self._reached(self.code):
            ledger = self.view().ledger
            return [transfer for transfer in transfers if not ledger.has_transfer(transfer)]

    def refs(self, account: str) -> list[AccountRef]:
        """The accounts of this bank that a number or an alias names."""
        return self._owner.directory.find(account, self.banks)


def _check(order: OrderMessage) -> None:
    if order.kind in ON_MONEY and order.kind not in FOLLOWS_UP:
        if order.amount <= 0:
            raise BadInput(ControlsMsg.ORDER_NEEDS_AMOUNT_ABOVE_0, amount=order.amount)
        if not order.credits and order.payment is None:
            raise BadInput(ControlsMsg.ORDER_NAMES_CREDITS_STANDS)
    if order.kind in FOLLOWS_UP and order.target is None:
        raise BadInput(ControlsMsg.KIND_NAMES_ORDER, kind=order.kind)
