"""Our recall orders as drafts of camt.056, and camt.029 as what a bank answers to them.

Police send no camt.056: it travels from the payer's bank to the payee's bank. The centre drafts it, so that the payer's bank
can send it at once, and reads the answer from that bank's copy.
"""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Final

from accord.adapters.iso20022.case import Assignment
from accord.adapters.iso20022.codes import CodeList, meaning
from accord.adapters.iso20022.errors import Msg
from accord.adapters.iso20022.payment import OriginalPayment, Side
from accord.adapters.iso20022.recall import RecallDraft
from accord.adapters.iso20022.resolution import RecallOutcome, RecallResolution
from accord.capabilities.claims.ports import Acknowledged
from accord.capabilities.orders.kinds import OrderKind
from accord.capabilities.orders.ports import OrderAnswer, OrderMessage, PaymentFacts, Refusal, SettledPayment
from accord.core.clock import to_iso
from accord.core.errors import BadInput
from accord.core.money import Money

_LINE: Final = 105
_ASK_AGAIN: Final = timedelta(minutes=15)
_BIC_OF_HEAD_OFFICE: Final = 8

_REFUSALS: Final = {
    "NOOR": Refusal.NO_SUCH_TRANSFER,
    "ARDT": Refusal.ALREADY_ENDED,
    "LEGL": Refusal.LEGAL_REVIEW,
    "RR04": Refusal.LEGAL_REVIEW,
}
"""Reasons that say something else than that the payee's bank has the money and does not give it back."""


@dataclass(frozen=True, slots=True)
class KnownReferences:
    """What is known of the payment's own message beside the facts of the report; "" where not known."""

    uetr: str = ""
    end_to_end_id: str = ""
    transaction_id: str = ""
    payee_bank: str = ""
    payee_name: str = ""


NOTHING_KNOWN: Final = KnownReferences()


def recall_draft(order: OrderMessage, at: datetime, known: KnownReferences = NOTHING_KNOWN) -> RecallDraft:
    """A draft for the payer's bank (`order.institution`) to send. BadInput where it could not be sent to anybody.

    The case is the order's reference. Dates and references that nobody has stated are left to the bank, never made up.
    """
    payment = _payment_of(order)
    payee_bank = known.payee_bank or payment.payee_bank
    if not payee_bank:
        raise BadInput(Msg.PAYEE_BANK_NOT_KNOWN, where="payee_bank")
    return RecallDraft(
        assignment=Assignment(
            id=order.order_id.hex,
            case_id=order.reference,
            case_creator=order.authority,
            assigner=order.institution,
            assignee=payee_bank,
            created_at=at,
        ),
        payment=OriginalPayment(
            uetr=known.uetr,
            end_to_end_id=known.end_to_end_id,
            transaction_id=known.transaction_id,
            amount=Money(order.amount, order.currency),
            debtor=Side(order.holder_name, payment.payer_account, order.institution),
            creditor=Side(known.payee_name, payment.payee_account, payee_bank),
        ),
        info=_lines(order, payment),
        cancellation_id=order.reference,
    )


def _lines(order: OrderMessage, payment: PaymentFacts) -> tuple[str, ...]:
    """What the other bank's officer should read: who asks, when it was paid, on which law, whom to call."""
    basis = f"Legal basis: {order.legal_basis}{'' if order.verified else ' (not verified)'}" if order.legal_basis else ""
    stated = (
        f"Case {order.reference} of {order.authority}",
        f"Paid about {to_iso(payment.about_when)}, as the payer states",
        basis,
        f"Contact: {order.contact}" if order.contact else "",
    )
    return tuple(line for text in stated for line in textwrap.wrap(text, _LINE))


def resolution_to_answer(
    resolutions: tuple[RecallResolution, ...], order: OrderMessage, received_at: datetime
) -> Acknowledged | OrderAnswer:
    """What the answers in a camt.029 say of our order; the order's own checks come after this.

    BadInput where none or several are about its case, where the bank is another, and where the codes say nothing certain.
    """
    resolution = _about(resolutions, order)
    outcome = resolution.outcome
    if outcome is RecallOutcome.UNCLEAR:
        codes = ", ".join(code for code in (resolution.status, resolution.transaction_status) if code)
        raise BadInput(Msg.ANSWER_DOES_NOT_SAY_WHAT_BECAME, codes=codes or "missing")
    if outcome is RecallOutcome.PENDING:
        return Acknowledged(received_at + _ASK_AGAIN)
    answered_at = min(resolution.assignment.created_at, received_at)
    if outcome is RecallOutcome.REJECTED:
        return _refused(resolution, order, answered_at)
    return OrderAnswer(
        answered_at=answered_at,
        amount=_stopped(resolution, order, whole=outcome is RecallOutcome.CANCELLED),
        reason=_reason(resolution),
        transfer=_transfer(resolution),
    )


def _about(resolutions: tuple[RecallResolution, ...], order: OrderMessage) -> RecallResolution:
    if order.kind is not OrderKind.RECALL:
        raise BadInput(Msg.NOT_RECALL, order=order.reference)
    found = [resolution for resolution in resolutions if resolution.assignment.case_id == order.reference]
    if len(found) != 1:
        cases = ", ".join(dict.fromkeys(resolution.assignment.case_id for resolution in resolutions))
        raise BadInput(Msg.ANSWERS_IN_FILE_ABOUT, count=len(found), order=order.reference, cases=cases[:200])
    parties = (found[0].assignment.assigner, found[0].assignment.assignee)
    if _head_office(order.institution) not in map(_head_office, parties):
        raise BadInput(Msg.ANSWER_BETWEEN, parties=tuple(parties), bank=order.institution)
    return found[0]


def _head_office(bank: str) -> str:
    """Branches of one bank share the first eight characters of their BIC."""
    return bank.upper()[:_BIC_OF_HEAD_OFFICE] if len(bank) in (8, 11) else bank


def _stopped(resolution: RecallResolution, order: OrderMessage, *, whole: bool) -> int:
    """How much comes back, in minor units: as stated, else all of the payment."""
    stated = resolution.resolved or (resolution.payment.amount if whole else None)
    if stated is None and not whole:
        raise BadInput(Msg.ANSWER_SAYS_PART_COMES_BACK)
    if stated is None:
        return order.amount
    if stated.currency != order.currency:
        raise BadInput(Msg.ANSWER_IN_OTHER_CURRENCY, stated=stated.currency, ordered=order.currency)
    return stated.minor


def _refused(resolution: RecallResolution, order: OrderMessage, answered_at: datetime) -> OrderAnswer:
    """A rejection. Unless its reason says otherwise the payee's bank has the money: then it says where, for the next hold."""
    refusal = next((_REFUSALS[code] for code in resolution.reasons if code in _REFUSALS), Refusal.ALREADY_SETTLED)
    transfer = _transfer(resolution)
    settled = None
    if refusal is Refusal.ALREADY_SETTLED:
        if not transfer:
            raise BadInput(Msg.ANSWER_NAMES_NO_REFERENCE_PAYMENT)
        settled = _settled(resolution, order, answered_at)
    return OrderAnswer(answered_at=answered_at, refusal=refusal, reason=_reason(resolution), transfer=transfer, settled=settled)


def _settled(resolution: RecallResolution, order: OrderMessage, answered_at: datetime) -> SettledPayment:
    """Where the payment went: as the answer has it, else as the order had it."""
    facts, payment = _payment_of(order), resolution.payment
    amount = payment.amount or Money(order.amount, order.currency)
    day = payment.settled_on
    return SettledPayment(
        payee_bank=payment.creditor.bank or facts.payee_bank or resolution.assignment.assigner,
        payee_account=payment.creditor.account or facts.payee_account,
        amount=amount.minor,
        currency=amount.currency,
        time=min(datetime.combine(day, time(), UTC), answered_at) if day else facts.about_when,
    )


def _transfer(resolution: RecallResolution) -> str:
    payment = resolution.payment
    return payment.uetr or payment.transaction_id or payment.end_to_end_id or payment.instruction_id


def _reason(resolution: RecallResolution) -> str:
    """The codes with what they mean, and what the bank wrote beside them."""
    coded = [f"{code}: {meaning(CodeList.REJECTION_REASON, code)}" for code in resolution.reasons]
    return "; ".join((*coded, *(line for line in resolution.info if line)))


def _payment_of(order: OrderMessage) -> PaymentFacts:
    if order.payment is None:
        raise BadInput(Msg.STATES_NO_PAYMENT_BANK_COULD_RECALL, order=order.reference)
    return order.payment
