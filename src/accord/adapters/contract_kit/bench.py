"""What the cases work with: the line to the bank under test, orders on its test accounts, and patience."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final, NoReturn, Protocol, TypeVar
from uuid import UUID

from accord.adapters.contract_kit.data import KnownCredit, TestData
from accord.capabilities.claims.ports import Acknowledged, Credit, EnquiryAnswer, EnquiryRequest, Nonsense, check_answer
from accord.capabilities.orders.checks import check_order_answer
from accord.capabilities.orders.kinds import RESTRICTS, OrderKind
from accord.capabilities.orders.ports import OrderAnswer, OrderMessage, OrderStatus, Refusal
from accord.core import clock
from accord.core.errors import AccordError, Unavailable
from accord.core.object_ids import new_id
from accord.engine.tracing.model import Rule

_Answer = TypeVar("_Answer")
_STEP_SECONDS: Final = 0.1


class ContractBroken(AssertionError):
    """The bank does something else than the contract says."""


class NotTried(Exception):
    """A case that this bench cannot try, and why."""


class Line(Protocol):
    """Both ports of the bank under test; any adapter has them."""

    def carry_out(self, order: OrderMessage) -> Acknowledged | OrderAnswer: ...

    def status(self, order_id: UUID) -> OrderStatus | None: ...

    def enquire(self, request: EnquiryRequest) -> Acknowledged | EnquiryAnswer: ...


class RawLine(Protocol):
    """Bytes to the bank's API and its reply, for what no adapter of ours would ever send."""

    def send(self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]) -> RawReply: ...


@dataclass(frozen=True, slots=True)
class RawReply:
    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass
class Bench:
    """`other` is the same bank as another agency sees it; `raw` is there where the line is HTTPS.

    `now` is the bank's time. `meanwhile` is called while the bench waits.
    """

    line: Line
    data: TestData
    other: Line | None = None
    raw: RawLine | None = None
    now: Callable[[], datetime] = clock.now
    meanwhile: Callable[[], None] = lambda: None
    _sent: list[OrderMessage] = field(default_factory=list)

    def order(self, kind: OrderKind = OrderKind.HOLD, *, on: KnownCredit | None = None, **changed: Any) -> OrderMessage:
        """An order on a test credit (the standing one): 10 minor units for a day, unless said otherwise."""
        on = on or self.data.standing
        order_id = new_id()
        message = OrderMessage(
            order_id=order_id,
            reference=f"KIT-{str(order_id)[-12:]}",
            kind=kind,
            authority=self.data.authority,
            institution=self.data.institution,
            account=on.account,
            amount=10,
            currency=on.currency,
            rule=Rule.FIFO,
            until=self.now() + timedelta(days=1),
            credits=(Credit(on.credit, on.amount, on.currency),),
            holder_name=on.holder,
            grounds="contract test",
            legal_basis=self.data.legal_basis,
            verified=True,
        )
        return replace(message, **changed)

    def about(self, target: OrderMessage, kind: OrderKind, **changed: Any) -> OrderMessage:
        """An order about an earlier one, for all of its amount unless said otherwise."""
        same = {"target": target.order_id, "amount": target.amount, "account": target.account, "until": target.until}
        return self.order(kind, **{**same, **changed})

    def answer(self, order: OrderMessage, line: Line | None = None) -> OrderAnswer:
        """The bank's answer, waited for; checked as a centre checks every answer."""
        self._sent.append(order)
        told = self._patiently(lambda: (line or self.line).carry_out(order), f"{order.kind} {order.order_id}")
        try:
            check_order_answer(order, told)
        except Nonsense as error:
            broken(str(error))
        return told

    def held(self, order: OrderMessage) -> OrderAnswer:
        """As `answer`, where the bank has no reason to refuse."""
        told = self.answer(order)
        if told.refusal is not None:
            broken(f"the {order.kind} was refused ({told.refusal}: {told.reason}) without a reason that the kit knows of")
        return told

    def refused(self, order: OrderMessage, *codes: Refusal) -> OrderAnswer:
        """As `answer`, where the bank must refuse with one of these codes."""
        told = self.answer(order)
        if told.refusal not in codes:
            expected = " or ".join(codes)
            broken(f"expected the refusal {expected}, got {told.refusal or f'{told.amount} carried out'} ({told.reason})")
        return told

    def enquiry(self, on: KnownCredit | None = None, **changed: Any) -> EnquiryRequest:
        """A question about a test credit."""
        on = on or self.data.standing
        credit = Credit(on.credit, on.amount, on.currency)
        return replace(EnquiryRequest(new_id(), self.data.authority, self.data.institution, (credit,), Rule.FIFO), **changed)

    def told(self, request: EnquiryRequest) -> EnquiryAnswer:
        """The bank's answer to a question, waited for and checked as a centre checks every answer."""
        answer = self._patiently(lambda: self.line.enquire(request), f"enquiry {request.enquiry_id}")
        try:
            check_answer(request, answer)
        except Nonsense as error:
            broken(str(error))
        return answer

    def reply(self, order: OrderMessage) -> Acknowledged | OrderAnswer:
        """The first thing that the bank says to an order."""
        self._sent.append(order)
        return self._patiently(lambda: (self.line.carry_out(order),), f"{order.kind} {order.order_id}")[0]

    def not_accepted(self, act: Callable[[], Any], words: str, *kinds: type[AccordError]) -> None:
        """The message itself must not be accepted: one of our own errors of these kinds comes back."""
        try:
            told = self._patiently(lambda: (act(),), words)[0]
        except kinds:
            return
        except AccordError as error:
            broken(f"{words}; instead: {error}")
        broken(f"{words}; instead it was taken ({told})")

    def status(self, order: OrderMessage, line: Line | None = None) -> OrderStatus | None:
        """How an order stands, once the line has an answer to that."""

        def ask() -> tuple[OrderStatus | None]:
            return ((line or self.line).status(order.order_id),)

        return self._patiently(ask, f"the status of {order.order_id}")[0]

    def in_force(self, order: OrderMessage) -> int:
        """What is in force under an order now, in minor units."""
        status = self.status(order)
        if status is None:
            broken(f"the bank does not know {order.kind} {order.order_id}, which it has answered")
        return 0 if status.ended_at is not None else status.amount

    def until(self, holds: Callable[[], bool], seconds: float, otherwise: str) -> None:
        """Wait until something is so."""
        deadline = time.monotonic() + seconds
        while not holds():
            if time.monotonic() > deadline:
                broken(otherwise)
            self.pause()

    def pause(self, seconds: float = _STEP_SECONDS) -> None:
        self.meanwhile()
        time.sleep(seconds)

    def tidy(self) -> None:
        """Release whatever the case has left in force."""
        sent, self._sent = self._sent, []
        for order in sent:
            if order.target is not None:
                continue
            try:
                status = self.status(order)
                if status is not None and status.ended_at is None and (status.amount or order.kind in RESTRICTS):
                    self.answer(self.about(order, OrderKind.RELEASE, amount=status.amount))
            except (AccordError, ContractBroken):
                continue
        self._sent = []

    def _patiently(self, ask: Callable[[], Acknowledged | _Answer], what: str) -> _Answer:
        """Ask again, as often as it takes, within the bank's patience."""
        deadline = time.monotonic() + self.data.patience_seconds
        problem = "it only acknowledges"
        while time.monotonic() < deadline:
            try:
                told = ask()
            except Unavailable as error:
                problem = str(error)
            else:
                if not isinstance(told, Acknowledged):
                    return told
                if told.expected_at.tzinfo is None:
                    broken(f"the acknowledgement of {what} names a time without a zone")
            self.pause()
        return broken(f"no answer to {what} within {self.data.patience_seconds:.0f} s: {problem}")


def broken(words: str) -> NoReturn:
    raise ContractBroken(words)


def expect(holds: bool, words: str) -> None:
    """The contract is broken unless `holds`."""
    if not holds:
        broken(words)
