"""What the centre orders of whoever can carry it out: a bank, an e-money institution, a telecom operator.

Every call is idempotent by `order_id`: a receiver that gets the same order twice gives the same answer and does nothing
more. It may answer at once, or acknowledge and answer later; asking again with the same order fetches the answer. What is
kept under an order ends at its `until`, unprompted. An order about an earlier one (release, renewal, return, a freeze that
replaces a stop payment) names it as `target`.

Amounts are minor units of `currency`, the currency of the account.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, runtime_checkable
from uuid import UUID

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from accord.capabilities.claims.ports import Acknowledged, Credit, EnquiryAnswer
from accord.capabilities.orders.kinds import OrderKind
from accord.core.errors import AccordError
from accord.engine.tracing.model import Rule


class Refusal(TextChoices):
    """Why an order is not carried out."""

    NO_SUCH_ACCOUNT = "no_such_account", _("No such account")
    NO_SUCH_TRANSFER = "no_such_transfer", _("No such transfer")
    NO_SUCH_NUMBER = "no_such_number", _("No such number")
    NO_SUCH_ORDER = "no_such_order", _("No such order")  # the target is not known here
    NAME_MISMATCH = (
        "name_mismatch",
        _("The account is in another name"),
    )  # the account belongs to somebody else than the order says
    ALREADY_SETTLED = "already_settled", _("The payment has settled")  # a recall came too late
    ALREADY_ENDED = "already_ended", _("The earlier order is over")  # the target is over
    NOTHING_STANDS = (
        "nothing_stands",
        _("Nothing stands on the account"),
    )  # the money has gone on; the onward transfers are in the answer
    WITHDRAWN = "withdrawn", _("Withdrawn before it was carried out")  # released before it was carried out
    PROTECTED_FUNDS = (
        "protected_funds",
        _("Protected money: living costs, wages, benefits, client money"),
    )  # living costs, wages, benefits, client money
    LEGAL_REVIEW = "legal_review", _("Legal review")
    NOT_AUTHORISED = "not_authorised", _("Not authorised")
    COURT_ORDER_NEEDED = "court_order_needed", _("A court’s decision is needed")
    NOT_SUPPORTED = "not_supported", _("Not done here")  # the receiver does not carry out orders of this kind


class Care(TextChoices):
    """Whom the order touches, where the ordinary path would be too hard."""

    NONE = "", _("Nothing special")
    MINOR = "minor", _("A minor")
    VULNERABLE = "vulnerable", _("A vulnerable person")
    DECEIVED_MULE = "deceived_mule", _("A mule who was deceived")


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
class HolderNotice:
    """What the bank may tell the holder of the account, and from when. `words` are by language (BCP 47).

    Before `tell_from` it says nothing about the order; a delay always has an end and somebody who approved it.
    """

    tell_from: datetime
    words: dict[str, str]
    delay_approved_by: str = ""


@dataclass(frozen=True, slots=True)
class Limits:
    """What an account may still do in a day (minor units; None leaves it free), and how long each payment waits.

    `payees_per_day` counts different payees, against splitting.
    """

    amount_per_day: int | None = None
    payees_per_day: int | None = None
    cash_per_day: int | None = None
    delay_minutes: int | None = None


@dataclass(frozen=True, slots=True)
class CallFacts:
    """A call to trace back: the number that was shown, the number called, when, how long."""

    caller: str
    called: str
    about_when: datetime
    seconds: int | None = None


@dataclass(frozen=True, slots=True)
class PayTo:
    """Where money is to be returned to."""

    institution: str
    account: str
    name: str
    reference: str


@dataclass(frozen=True, slots=True)
class OrderMessage:
    """One order to one receiver.

    `credits` are the claimed credits that an order on money stands on, as in the enquiry that found the money; the account
    may be one that the credits reached through inner transfers. Where `credits` is empty the bank matches `payment`. A bank
    keeps no more than `amount`, and no more than what `rule` says still stands on `account` of the claimed units, traced to
    the moment it acts; `living_costs` of the balance stay available to the holder whatever is kept.

    For a release and a return, `amount` is how much of what the target keeps; for a renewal `until` is the new end.
    `replaces` names an order that ends when this one is confirmed, without a moment between them.
    """

    order_id: UUID
    reference: str
    kind: OrderKind
    authority: str
    institution: str
    account: str
    amount: int
    currency: str
    rule: Rule
    until: datetime
    credits: tuple[Credit, ...] = ()
    payment: PaymentFacts | None = None
    target: UUID | None = None
    replaces: UUID | None = None
    holder_name: str = ""
    identifier: str = ""
    limits: Limits | None = None
    call: CallFacts | None = None
    pay_to: PayTo | None = None
    data_wanted: str = ""
    grounds: str = ""
    legal_basis: str = ""
    verified: bool = False
    court_reference: str = ""
    contact: str = ""
    living_costs: int = 0
    care: Care = Care.NONE
    notice: HolderNotice | None = None


@dataclass(frozen=True, slots=True)
class SettledPayment:
    """Where a payment went that could not be recalled any more, or that a partner's centre found by its facts."""

    payee_bank: str
    payee_account: str
    amount: int
    currency: str
    time: datetime


@dataclass(frozen=True, slots=True)
class TracedCall:
    """What an operator's records say of a call: who handed it over, on which trunk, whether it came from abroad."""

    handed_over_by: str
    trunk: str
    foreign: bool
    time: datetime


@dataclass(frozen=True, slots=True)
class OrderAnswer:
    """What happened to an order. Carried out, in full or in part, where there is no `refusal`.

    `amount` is what is kept now (recall, stop payment, hold, freeze), given back (release) or paid (return); 0 for the other
    kinds. `transfer` is the payment as the bank matched it and `followed` what happened to the rest of the credit; a partner's
    centre, which follows it when it is asked to, says with `settled` where it went. `until` is when what is in force ends,
    where the receiver states it.
    """

    answered_at: datetime
    amount: int = 0
    refusal: Refusal | None = None
    reason: str = ""
    transfer: str = ""
    settled: SettledPayment | None = None
    followed: EnquiryAnswer | None = None
    until: datetime | None = None
    traced_calls: tuple[TracedCall, ...] = field(default=())

    @property
    def carried_out(self) -> bool:
        return self.refusal is None


@dataclass(frozen=True, slots=True)
class OrderStatus:
    """What the receiver says of an order now; `ended_at` is set once nothing is in force under it any more."""

    amount: int
    until: datetime
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class AppealMessage:
    """What the holder of an account tells its bank against an order; the bank passes it on to whoever ordered.

    The clock of the appeal runs from `received_at`, when the bank was told. Sent again, it is the same appeal.
    """

    order_id: UUID
    appellant: str
    statement: str
    received_at: datetime
    care: Care = Care.NONE
    language: str = ""


@runtime_checkable
class OutboxTaker(Protocol):
    """Port: a receiver that gets orders through messages of ours. Sending is a change here, so many are sent in one."""

    def carry_out_all(self, orders: Sequence[OrderMessage]) -> Sequence[Acknowledged | AccordError]:
        """For each order the acknowledgement, or why it cannot be sent."""
        ...


class OrderTaker(Protocol):
    """Port: whoever obeys or refuses orders. Both methods raise Unavailable when the line is down."""

    def carry_out(self, order: OrderMessage) -> Acknowledged | OrderAnswer: ...

    def status(self, order_id: UUID) -> OrderStatus | None:
        """None when the receiver never got the order."""
        ...
