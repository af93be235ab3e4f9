"""The bodies of messages between nodes. Unknown fields of a known major version are ignored; docs/protocol.md explains each.

Amounts are minor units; intervals are unit ranges [start, end) of a transfer's debtor face; times are RFC 3339 in UTC.
A field that an agreement does not let a side disclose is left at its default.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec

from accord.capabilities.exchange.kinds import MessageKind, Outcome, RequestKind

SCHEMA: Final = "1.0"
"""The version of these bodies. A receiver refuses another major version and ignores what a later minor one adds."""

Interval = tuple[int, int]


class _Body(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Unknown fields are ignored (a later minor version may add some)."""


class WireCredit(_Body, frozen=True, kw_only=True):
    """A transfer into the receiver's jurisdiction, and how much of it is claimed. `debtor_bank` is whence it came."""

    transfer: str
    amount: int
    currency: str
    intervals: tuple[Interval, ...] = ()
    institution: str
    account: str = ""
    time: datetime | None = None
    debtor_bank: str = ""
    referral: str = ""  # compact JWS of the centre that the money left last, where that is not the requester


class Budget(_Body, frozen=True, kw_only=True):
    """What a chase may still use: centres in a row, the smallest amount to follow, and until when an answer is of use."""

    depth: int
    floor: int = 0
    answer_by: datetime


class EnquiryBody(_Body, frozen=True, kw_only=True):
    enquiry_id: UUID
    case: str  # the requester's claim under a pseudonym of this agreement
    offence: str
    rule: str
    credits: tuple[WireCredit, ...]
    budget: Budget
    asked_at: datetime | None = None


class WireLeg(_Body, frozen=True, kw_only=True):
    transfer: str
    debtor: str = ""
    debtor_bank: str = ""
    creditor: str = ""
    creditor_bank: str = ""
    time: datetime
    amount: int
    currency: str
    intervals: tuple[Interval, ...] = ()
    counter_amount: int | None = None
    counter_currency: str | None = None
    exit: str = ""  # kind of exit, where it left all ledgers
    jurisdiction: str = ""  # agency code of the centre that it went to, where it left the answering jurisdiction
    referral: str = ""  # proof for that centre (compact JWS)


class WireStanding(_Body, frozen=True, kw_only=True):
    """Claimed money that stands in the answering jurisdiction. `place` names it in orders: an account, or a merged total."""

    place: str
    bank: str = ""
    amount: int
    currency: str
    account_kind: str = "unknown"
    seconds_to_pass_on: int | None = None
    held: int = 0  # of it, by orders of the answering centre for this requester
    parcels: tuple[tuple[str, int, int], ...] = ()  # (transfer, start, end) of FIFO and LIFO


class WireOpen(_Body, frozen=True, kw_only=True):
    """Claimed money of which the answering centre cannot say yet where it is."""

    amount: int
    currency: str
    bank: str = ""
    answer_due_at: datetime | None = None


class EnquiryAnswerBody(_Body, frozen=True, kw_only=True):
    """What happened to the credits. Sent again when more is known; the highest `version` counts."""

    enquiry_id: UUID
    version: int = 1
    outcome: Outcome
    clause: str = ""  # of the agreement, where it is refused
    reason: str = ""
    answered_at: datetime
    flows: tuple[WireLeg, ...] = ()
    standing: tuple[WireStanding, ...] = ()
    onward: tuple[WireLeg, ...] = ()
    exits: tuple[WireLeg, ...] = ()
    open: tuple[WireOpen, ...] = ()
    absorbed: tuple[tuple[str, int], ...] = ()


class WirePayment(_Body, frozen=True, kw_only=True):
    payer_bank: str
    payer_account: str = ""
    payee_account: str
    payee_bank: str
    amount: int
    currency: str
    about_when: datetime


class OrderBody(_Body, frozen=True, kw_only=True):
    """A request to the partner's centre. It binds nobody: the receiver drafts orders of its own under its own regime."""

    order_id: UUID
    reference: str
    case: str
    offence: str
    kind: str
    institution: str = ""
    account: str = ""  # an account or a `place` of an answer
    amount: int = 0
    currency: str = ""
    rule: str
    until: datetime
    credits: tuple[WireCredit, ...] = ()
    payment: WirePayment | None = None
    target: UUID | None = None
    replaces: UUID | None = None
    holder_name: str = ""
    grounds: str = ""
    legal_basis: str = ""
    contact: str = ""
    tell_from: datetime | None = None
    asked_at: datetime | None = None


class WireSettled(_Body, frozen=True, kw_only=True):
    """A payment as the receiver found it by its facts: how much arrived, when, at which place of its answers."""

    amount: int
    currency: str
    time: datetime
    bank: str = ""
    place: str = ""


class OrderAnswerBody(_Body, frozen=True, kw_only=True):
    """`expected_at` alone: the order is being dealt with. Else what happened to it, like the order port's answer."""

    order_id: UUID
    expected_at: datetime | None = None
    state: str = ""  # with `expected_at`: what it waits for (an officer, a bank)
    answered_at: datetime | None = None
    amount: int = 0
    refusal: str = ""
    clause: str = ""
    reason: str = ""
    transfer: str = ""
    settled: WireSettled | None = None  # of `transfer`, where the order stated a payment
    until: datetime | None = None
    automatic: bool = False  # lapses at `confirm_by` unless an officer of the answering centre confirms it
    confirm_by: datetime | None = None


class OrderNewsBody(_Body, frozen=True, kw_only=True):
    """How an order stands now at the answering centre, unasked."""

    order_id: UUID
    version: int
    amount: int
    until: datetime
    ended_at: datetime | None = None
    why: str = ""


class RequestBody(_Body, frozen=True, kw_only=True):
    """A request by people. `wanted` says in words what is asked; a hold names its place and amount."""

    request_id: UUID
    case: str
    kind: RequestKind
    offence: str
    purpose: str
    language: str
    wanted: str
    reasons: str = ""
    urgent: bool = False
    asked_at: datetime | None = None
    due_at: datetime
    account: str = ""
    institution: str = ""
    amount: int = 0
    currency: str = ""


class RequestAnswerBody(_Body, frozen=True, kw_only=True):
    request_id: UUID
    outcome: Outcome
    ground: str = ""  # a refusal ground of the agreement
    text: str = ""
    answered_at: datetime | None = None


class NoteBody(_Body, frozen=True, kw_only=True):
    """A line in the thread of a request. `escalated` moves it up at the receiver; `withdrawn` says that the asking side
    needs it no more."""

    request_id: UUID
    note_id: UUID
    text: str
    escalated: bool = False
    withdrawn: bool = False


class RelabelBody(_Body, frozen=True, kw_only=True):
    message: UUID
    label: dict[str, Any]


class ReceiptBody(_Body, frozen=True, kw_only=True):
    messages: tuple[UUID, ...]
    deleted_at: datetime
    why: str  # "retention", "recalled"


BODIES: Final[dict[MessageKind, type[_Body]]] = {
    MessageKind.ENQUIRY: EnquiryBody,
    MessageKind.ENQUIRY_ANSWER: EnquiryAnswerBody,
    MessageKind.ORDER: OrderBody,
    MessageKind.ORDER_ANSWER: OrderAnswerBody,
    MessageKind.ORDER_NEWS: OrderNewsBody,
    MessageKind.REQUEST: RequestBody,
    MessageKind.REQUEST_ANSWER: RequestAnswerBody,
    MessageKind.NOTE: NoteBody,
    MessageKind.RELABEL: RelabelBody,
    MessageKind.RECEIPT: ReceiptBody,
}
"""Bodies of the kinds that stand under an agreement."""
