"""What people decide: a call becomes a first order, approved lines of a plan become orders, a hold is given back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from accord.capabilities.claims import services as claims
from accord.capabilities.claims.messages import to_json
from accord.capabilities.claims.ports import Credit
from accord.capabilities.orders.life_cycle import Event, State, next_state
from accord.capabilities.orders.models import Order, OrderKind
from accord.capabilities.orders.ports import PaymentFacts
from accord.capabilities.orders.regime import current_regime
from accord.capabilities.people import services as people
from accord.capabilities.people.policy import Permission, require
from accord.capabilities.reports import services as reports
from accord.capabilities.reports.services import CallFacts
from accord.core import clock
from accord.core.errors import BadInput, Conflict, NotFound

if TYPE_CHECKING:
    from accord.capabilities.claims.models import Claim, PlanItem
    from accord.capabilities.people.models import User
    from accord.capabilities.reports.models import Report


@dataclass(frozen=True, slots=True)
class FirstResponse:
    """What a submitted call led to. For a duplicate, the claim and first order are those of the earlier report."""

    report: Report
    claim: Claim
    order: Order


@people.change
def respond_to_call(actor: User, facts: CallFacts) -> FirstResponse:
    """Take the report, open the claim and send the first order, in one step and before any match or trace.

    While the payment is pending, or where nobody knows who received it, the payer's bank is asked to recall it; else the
    payee's bank is ordered to hold it and finds the payment itself.
    """
    require(actor, Permission.ORDERS_APPROVE)
    report = reports.take_report(actor, facts)
    if report.duplicate_of_id is not None:
        first = Order.objects.filter(claim__report_id=report.duplicate_of_id).order_by("drafted_at", "id").first()
        if first is not None:
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
    order = first_recall(actor, claim, payment) if ask_payer else first_hold(actor, claim, payment)
    return FirstResponse(report, claim, order)


def first_recall(actor: User | None, claim: Claim, payment: PaymentFacts) -> Order:
    """Ask the payer's bank to stop the payment, or to say where it went."""
    return _approved(
        actor,
        Order(
            kind=OrderKind.RECALL,
            claim=claim,
            institution=payment.payer_bank,
            account=payment.payer_account,
            amount=payment.amount,
            currency=payment.currency,
            payment=to_json(payment),
        ),
        first=True,
    )


def first_hold(
    actor: User | None,
    claim: Claim,
    payment: PaymentFacts,
    credits_: Sequence[Credit] = (),
    institution: str = "",
    account: str = "",
) -> Order:
    """Order the payee's bank to hold what stands of the payment; `credits_` once the payer's bank has named the transfer."""
    return _approved(
        actor,
        Order(
            kind=OrderKind.HOLD,
            claim=claim,
            institution=institution or payment.payee_bank,
            account=account or payment.payee_account,
            amount=payment.amount,
            currency=payment.currency,
            payment=to_json(payment),
            credits=to_json(tuple(credits_)),
        ),
        first=True,
    )


def _approved(actor: User | None, order: Order, *, first: bool) -> Order:
    """Fill in what the regime says, approve the draft in the actor's name and queue it. `actor` None: under the first
    approval, which covers this payment wherever the payer's bank says it went."""
    rules, now = current_regime(), clock.now()
    order.rule = order.claim.rule
    order.regime, order.authority = rules.code, rules.authority
    order.until = now + (rules.first_order_lasts if first else rules.hold_lasts)
    order.drafted_at = order.approved_at = now
    order.answer_due_at = now + rules.answer_within
    order.approved_by = actor if actor is not None else _first_approver(order.claim)
    order.state = next_state(State.DRAFT, Event.APPROVE)
    order.next_attempt_at = now
    order.save(force_insert=True)
    people.record(
        order.approved_by,
        f"{order.kind} approved",
        subject=order.claim_id,
        obj=order,
        institution=order.institution,
        account=order.account,
        amount=order.amount,
        currency=order.currency,
        until=clock.to_iso(order.until),
    )
    return order


def _first_approver(claim: Claim) -> User:
    first = (
        Order.objects.filter(claim=claim).exclude(approved_by=None).select_related("approved_by").earliest("drafted_at", "id")
    )
    assert first.approved_by is not None
    return first.approved_by


@people.change
def approve_plan(actor: User, claim_id: UUID, items: Sequence[UUID]) -> list[Order]:
    """Approve lines of a claim's hold plan: a hold leaves as an order, an enquiry is asked of the bank afresh.

    The trace that the decision rests on is saved with its hash. Conflict when someone decided one of the lines meanwhile.
    """
    require(actor, Permission.ORDERS_APPROVE)
    if not items:
        raise BadInput("choose at least one line of the plan")
    approved = claims.approve_items(actor, claim_id, items)
    if not approved:
        return []
    claim = approved[0].line.claim
    claims.save_trace(claim)
    carried_out = [(_carry_out(actor, row.line), row) for row in approved]
    placed = [(order, row) for order, row in carried_out if order is not None]
    claims.book(claim, [(order.pk, row) for order, row in placed])
    return [order for order, _ in placed]


def _carry_out(actor: User, item: PlanItem) -> Order | None:
    if item.action != "hold":
        claims.trace_again(actor, item.claim_id, item.institution, item.account)
        return None
    return _approved(
        actor,
        Order(
            kind=OrderKind.HOLD,
            claim=item.claim,
            plan_item=item,
            institution=item.institution,
            account=item.account,
            amount=item.amount,
            currency=item.currency,
            credits=item.credits,
        ),
        first=False,
    )


@people.change
def send_again(actor: User, order_id: UUID) -> Order:
    """Send an order once more whose answer could not be used; the bank knows it by its id and does nothing twice."""
    require(actor, Permission.ORDERS_APPROVE)
    order = Order.objects.select_for_update().filter(pk=order_id).first()
    if order is None:
        raise NotFound("there is no such order")
    if not order.is_stuck:
        raise Conflict("the order is not waiting for a person: it is on its way, or the bank has answered")
    order.next_attempt_at, order.answer_due_at = clock.now(), clock.now() + current_regime().answer_within
    order.save(update_fields=["next_attempt_at", "answer_due_at"])
    people.record(actor, "order sent again", subject=order.claim_id, obj=order, institution=order.institution)
    return order


@people.change
def ask_release(actor: User, order_id: UUID, reason: str) -> Order:
    """Give a hold back: the bank is told to release it, and the plan does not propose it again."""
    require(actor, Permission.ORDERS_RELEASE)
    if not reason.strip():
        raise BadInput("say why the hold is released; it stays on record", where="reason")
    order = Order.objects.select_for_update().filter(pk=order_id).first()
    if order is None:
        raise NotFound("there is no such order")
    if order.kind == OrderKind.RECALL:
        raise Conflict("a recall holds nothing on an account; ask the payer's bank to give the stopped payment back")
    order.state = next_state(order.state, Event.ASK_RELEASE)
    order.reason, order.next_attempt_at, order.attempts = reason, clock.now(), 0
    order.answer_due_at = clock.now() + current_regime().answer_within
    order.save(update_fields=["state", "reason", "next_attempt_at", "attempts", "answer_due_at"])
    claims.rule_out(actor, order.claim, (order.institution, order.account, order.currency), order.held, reason)
    people.record(actor, "release approved", subject=order.claim_id, obj=order, reason=reason)
    return order
