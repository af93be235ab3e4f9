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

from accord.capabilities.claims.ports import Acknowledged, Credit, EnquiryAnswer, Nonsense
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
    """Refuse an answer that cannot be true; raises Nonsense."""
    if answer.held < 0 or answer.held > order.amount:
        raise Nonsense(f"{order.institution} says it holds {answer.held} under an order limited to {order.amount}")
    if answer.held and answer.refusal:
        raise Nonsense(f"{order.institution} both holds {answer.held} and refuses ({answer.refusal})")
    if not answer.held and not answer.refusal:
        raise Nonsense(f"{order.institution} neither holds anything nor says why not")
