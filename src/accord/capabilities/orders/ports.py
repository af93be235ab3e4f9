"""What the centre orders of a bank: stop a payment, hold an amount, release it, say how things stand.

Every call is idempotent by `order_id`: a bank that gets the same order twice gives the same answer and does nothing more.
A bank may answer at once or acknowledge and answer later; asking again with the same order fetches the answer. The bank
lifts a hold at `until` unprompted.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from accord.capabilities.claims.ports import (
    Acknowledged,
    Credit,
    EnquiryAnswer,
    EnquiryRequest,
    Nonsense,
    check_amount,
    check_answer,
    check_moment,
    check_name,
)
from accord.core.money import EXPONENTS, MAX_MINOR
from accord.engine.tracing.model import Rule


class Refusal(StrEnum):
    """Why a bank does not carry out an order."""

    NO_SUCH_ACCOUNT = "no_such_account"
    NO_SUCH_TRANSFER = "no_such_transfer"
    ALREADY_SETTLED = "already_settled"  # a recall came too late
    NOTHING_STANDS = "nothing_stands"  # the money has gone on; the onward transfers are in the answer
    LEGAL_REVIEW = "legal_review"
    NOT_AUTHORISED = "not_authorised"


@dataclass(frozen=True, slots=True)
class PaymentFacts:
    """What a victim knows of a payment; a bank matches it to a transfer when no transfer is named."""

    payer_bank: str
    payer_account: str
    payee_account: str
    payee_bank: str
    amount: int
    currency: str
    about_when: datetime


@dataclass(frozen=True, slots=True)
class OrderMessage:
    """One order to one bank. `amount` is a limit, in minor units of `currency`, the currency of the account.

    `credits` are the claimed credits that the hold stands on, as in the enquiry that found the money; the account may be
    one that the credits reached through inner transfers. Where `credits` is empty the bank matches `payment`. A bank holds
    no more than what `rule` says still stands on `account` of the claimed units, traced to the moment it acts.
    """

    order_id: UUID
    authority: str
    institution: str
    account: str
    amount: int
    currency: str
    rule: Rule
    until: datetime
    credits: tuple[Credit, ...] = ()
    payment: PaymentFacts | None = None


@dataclass(frozen=True, slots=True)
class RecallAnswer:
    """`stopped` is what the bank kept from leaving. Where the payment has settled: which transfer it was and where it went."""

    answered_at: datetime
    stopped: int
    refusal: Refusal | None = None
    transfer: str = ""
    payee_bank: str = ""
    payee_account: str = ""
    amount: int = 0
    currency: str = ""
    time: datetime | None = None


@dataclass(frozen=True, slots=True)
class HoldAnswer:
    """`held` is what the bank holds now under this order. `followed` says what became of the rest of the credit."""

    answered_at: datetime
    held: int
    refusal: Refusal | None = None
    reason: str = ""
    transfer: str = ""
    followed: EnquiryAnswer | None = None


@dataclass(frozen=True, slots=True)
class ReleaseAnswer:
    """What the bank gave back to the holder of the account."""

    answered_at: datetime
    released: int


@dataclass(frozen=True, slots=True)
class HoldStatus:
    """What the bank says of an order now; `lifted_at` is set once nothing is held under it any more."""

    held: int
    until: datetime
    lifted_at: datetime | None = None


class OrderTaker(Protocol):
    """Port: a bank, as one that obeys or refuses orders. All methods raise Unavailable when the line is down."""

    def recall(self, order: OrderMessage) -> Acknowledged | RecallAnswer: ...

    def place_hold(self, order: OrderMessage) -> Acknowledged | HoldAnswer: ...

    def release(self, order_id: UUID, authority: str) -> Acknowledged | ReleaseAnswer: ...

    def status(self, order_id: UUID) -> HoldStatus | None:
        """None when the bank never got the order."""
        ...


def check_hold_answer(order: OrderMessage, answer: HoldAnswer) -> None:
    """Refuse an answer that cannot be true, in what it holds or in what it says became of the credit; raises Nonsense."""
    check_moment(order.institution, answer.answered_at)
    if answer.held < 0 or answer.held > order.amount:
        raise Nonsense(f"{order.institution} says it holds {answer.held} under an order limited to {order.amount}")
    if answer.held and answer.refusal:
        raise Nonsense(f"{order.institution} both holds {answer.held} and refuses ({answer.refusal})")
    if not answer.held and not answer.refusal:
        raise Nonsense(f"{order.institution} neither holds anything nor says why not")
    if answer.held and not answer.transfer:
        raise Nonsense(f"{order.institution} holds {answer.held} without naming the transfer")
    if answer.transfer:
        check_name(order.institution, "transfer", answer.transfer)
    if answer.followed is not None:
        _check_followed(order, answer.transfer, answer.followed)


def _check_followed(order: OrderMessage, transfer: str, followed: EnquiryAnswer) -> None:
    """What the bank tells of the credit must be an answer to the enquiry that the order stands for."""
    credits_ = order.credits
    if not credits_:
        named = [leg for leg in followed.flows if leg.transfer == transfer]
        if len(named) != 1:
            raise Nonsense(f"{order.institution} follows a payment without saying once what it was ({transfer!r})")
        credits_ = (Credit(transfer, named[0].amount, named[0].currency, named[0].intervals),)
    request = EnquiryRequest(order.order_id, order.authority, order.institution, credits_, order.rule)
    check_answer(request, followed)


def check_recall_answer(order: OrderMessage, answer: RecallAnswer) -> None:
    """Refuse an answer that cannot be true; raises Nonsense.

    More than was ordered may be stopped: victims round, and a payment is stopped whole.
    """
    bank = order.institution
    check_moment(bank, answer.answered_at)
    if answer.stopped < 0 or answer.stopped > MAX_MINOR:
        raise Nonsense(f"{bank} says it stopped {answer.stopped}")
    if answer.stopped and answer.refusal:
        raise Nonsense(f"{bank} both stops {answer.stopped} and refuses ({answer.refusal})")
    if not answer.stopped and not answer.refusal:
        raise Nonsense(f"{bank} neither stops anything nor says why not")
    if answer.refusal is not Refusal.ALREADY_SETTLED:
        return
    check_name(bank, "transfer", answer.transfer)
    check_name(bank, "institution", answer.payee_bank)
    check_name(bank, "account", answer.payee_account)
    check_amount(bank, f"was paid by transfer {answer.transfer}", answer.amount)
    if answer.currency not in EXPONENTS:
        raise Nonsense(f"{bank} names the currency {answer.currency[:8]!r}, which does not exist")


def check_release_answer(institution: str, answer: ReleaseAnswer) -> None:
    """Refuse an answer that cannot be true; raises Nonsense."""
    check_moment(institution, answer.answered_at)
    if answer.released < 0:
        raise Nonsense(f"{institution} says it gave back {answer.released}")
