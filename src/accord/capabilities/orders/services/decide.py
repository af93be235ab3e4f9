"""What people decide in a hurry: a call becomes a first order, approved lines of a plan become orders."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from uuid import UUID

from accord.capabilities import unit_of_work
from accord.capabilities.claims import services as claims
from accord.capabilities.claims.messages import to_json
from accord.capabilities.claims.ports import Credit
from accord.capabilities.orders.errors import Msg
from accord.capabilities.orders.kinds import OrderKind
from accord.capabilities.orders.models import Order
from accord.capabilities.orders.permissions import OrderPermission
from accord.capabilities.orders.ports import PaymentFacts
from accord.capabilities.orders.regime import current_regime
from accord.capabilities.orders.services.drafting import write, write_all
from accord.capabilities.people.policy import require
from accord.capabilities.reports import services as reports
from accord.capabilities.reports.services import CallFacts
from accord.core.errors import BadInput

if TYPE_CHECKING:
    from accord.capabilities.claims.models import Claim, PlanItem
    from accord.capabilities.people.models import User
    from accord.capabilities.reports.models import Report


HOLD: Final = "hold"
"""The plan's action that becomes an order; any other line of it that is approved is a question to the bank."""


@dataclass(frozen=True, slots=True)
class FirstResponse:
    """What a submitted call led to. For a duplicate, the claim and first order are those of the earlier report."""

    report: Report
    claim: Claim
    order: Order


@unit_of_work.change
def respond_to_call(actor: User, facts: CallFacts, emergency: str = "") -> FirstResponse:
    """Take the report, open the claim and send the first order, in one step and before any match or trace.

    While the payment is pending, or where nobody knows who received it, the payer's bank is asked to recall it; else the
    payee's bank is ordered to hold it and finds the payment itself. Where the regime asks for two people the order waits as a
    draft, unless `emergency` says why it cannot.
    """
    require(actor, OrderPermission.DRAFT)
    report = reports.take_report(actor, facts)
    if report.duplicate_of_id is not None:
        first = Order.objects.filter(claim__report_id=report.duplicate_of_id).order_by("drafted_at", "id").first()
        if first is not None and first.claim is not None:
            return FirstResponse(report, first.claim, first)
    claim = claims.open_claim(actor, report.pk, facts.amount, current_regime().tracing_rule)
    payment = PaymentFacts(
        payer_bank=report.payer_bank,
        payer_account=report.payer_account,
        payee_account=report.payee_account,
        payee_bank=report.payee_bank,
        amount=report.amount,
        currency=report.currency,
        about_when=report.about_when,
    )
    ask_payer = facts.still_pending or not report.payee_bank
    order = first_recall(actor, claim, payment) if ask_payer else first_hold(actor, claim, payment, emergency=emergency)
    return FirstResponse(report, claim, order)


def first_recall(actor: User | None, claim: Claim, payment: PaymentFacts) -> Order:
    """Ask the payer's bank to stop the payment, or to say where it went."""
    return write(
        Order(
            kind=OrderKind.RECALL,
            claim=claim,
            institution=payment.payer_bank,
            account=payment.payer_account,
            amount=payment.amount,
            currency=payment.currency,
            payment=to_json(payment),
        ),
        actor,
    )


def first_hold(
    actor: User | None,
    claim: Claim,
    payment: PaymentFacts,
    credits_: Sequence[Credit] = (),
    institution: str = "",
    account: str = "",
    emergency: str = "",
) -> Order:
    """Order the payee's bank to hold what stands of the payment; `credits_` once the payer's bank has named the transfer.

    `actor` None: under the first approval, which covers this payment wherever the payer's bank says it went.
    """
    return write(
        Order(
            kind=current_regime().first_order,
            claim=claim,
            institution=institution or payment.payee_bank,
            account=account or payment.payee_account,
            amount=payment.amount,
            currency=payment.currency,
            payment=to_json(payment),
            credits=to_json(tuple(credits_)),
        ),
        actor,
        emergency=emergency,
    )


@unit_of_work.change
def approve_plan(actor: User, claim_id: UUID, items: Sequence[UUID], emergency: str = "") -> list[Order]:
    """Approve lines of a claim's hold plan: a hold leaves as an order, an enquiry is asked of the bank afresh.

    Where the regime asks for two people the orders wait as drafts, unless `emergency` says why they cannot. The trace that
    the decision rests on is saved with its hash. Conflict when someone decided one of the lines meanwhile.
    """
    require(actor, OrderPermission.DRAFT)
    if not items:
        raise BadInput(Msg.CHOOSE_AT_LEAST_ONE_LINE_PLAN)
    approval = claims.approve_items(actor, claim_id, items)
    if approval is None:
        return []
    for row in approval.lines:
        if row.line.action != HOLD:
            claims.trace_again(actor, row.line.claim_id, row.line.institution, row.line.account)
    holds = [row for row in approval.lines if row.line.action == HOLD]
    placed = write_all([_hold(row.line) for row in holds], actor, emergency=emergency)
    claims.book(approval, [(order.pk, row) for order, row in zip(placed, holds, strict=True)])
    return placed


def _hold(item: PlanItem) -> Order:
    return Order(
        kind=current_regime().plan_order,
        claim=item.claim,
        plan_item=item,
        institution=item.institution,
        account=item.account,
        amount=item.amount,
        currency=item.currency,
        credits=item.credits,
    )
