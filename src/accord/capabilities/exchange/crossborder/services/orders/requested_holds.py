"""Holds that a partner's people ask for. A person here orders them, of our own banks and under our own regime, or nobody does.

Such a hold goes the way of any order of a partner from there on (`foreign_progress`); what happens to it is told in the thread
of the request. Its row names the request as the message that it stands on.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID, uuid5

from accord.capabilities import unit_of_work
from accord.capabilities.claims import queries as claim_queries
from accord.capabilities.claims import services as claims
from accord.capabilities.claims.messages import to_json
from accord.capabilities.exchange.agreements import labelling
from accord.capabilities.exchange.audit import ForeignOrderAudit
from accord.capabilities.exchange.crossborder.errors import Msg
from accord.capabilities.exchange.crossborder.request_cycle import UNSETTLED
from accord.capabilities.exchange.crossborder.services.orders import foreign_holds as holds
from accord.capabilities.exchange.kinds import RequestKind
from accord.capabilities.exchange.messages import OrderBody, WirePayment
from accord.capabilities.exchange.models import ForeignOrder, ForeignOrderState, PartnerRequest
from accord.capabilities.exchange.partners import queries as partner_queries
from accord.capabilities.orders.permissions import OrderPermission
from accord.capabilities.orders.regime import current_regime
from accord.capabilities.people.policy import NODE, require
from accord.core import clock
from accord.core.errors import BadInput, Conflict, NotFound
from accord.core.errors import Msg as CoreMsg

if TYPE_CHECKING:
    from accord.capabilities.claims.models import PlanItem
    from accord.capabilities.people.models import User
    from accord.core.money import Money


@dataclass(frozen=True, slots=True)
class HoldFacts:
    """What an officer orders for a partner's people. The payment's facts are needed where the account is tied to no money
    that was traced here; `payer_bank` is then one of the partner's, and our bank finds the payment by them."""

    institution: str
    account: str
    money: Money
    reason: str
    payer_bank: str = ""
    payer_account: str = ""
    about_when: datetime | None = None


def hold_of(request_id: UUID) -> ForeignOrder | None:
    """What was ordered for a request, the latest where an earlier one came to nothing; None where nothing was."""
    return ForeignOrder.objects.filter(message=request_id).select_related("partner").order_by("-received_at").first()


def is_traced(request: PartnerRequest) -> bool:
    """Whether the request's account is one on which money of its case was traced here and may still be held."""
    body = request.body
    return bool(_lines(request, body.get("currency", ""), body.get("institution", ""), body.get("account", "")))


@unit_of_work.change
def order_hold(actor: User, request_id: UUID, facts: HoldFacts) -> ForeignOrder:
    """Order what a partner's people ask for, as far as it stands on known money.

    Where our regime asks for two people, our order waits as a draft for the second. BadInput names a fact that is missing;
    Conflict where the request is settled, its label allows no such step, or it was ordered before.
    """
    require(actor, OrderPermission.DRAFT)
    request = _asked_for_hold(request_id)
    if not facts.reason.strip():
        raise BadInput(CoreMsg.GIVE_REASON, where="reason")
    if facts.money.minor <= 0:
        raise BadInput(CoreMsg.AMOUNT_MUST_BE_MORE_THAN_ZERO, where="amount")
    traced = bool(_lines(request, facts.money.currency, facts.institution, facts.account))
    body = _body(request, facts, None if traced else _payment(request, facts))
    foreign = ForeignOrder.objects.create(
        id=body.order_id,
        partner=request.partner,
        agreement=request.agreement,
        case=request.case,
        body=to_json(body),
        label=request.label,
        message=request.pk,
        received_at=clock.now(),
        answer_due_at=request.due_at,
        decided_by=actor.username,
        reason=facts.reason.strip(),
    )
    unit_of_work.record(
        actor,
        ForeignOrderAudit.ACCEPTED,
        subject=request.claim_id,
        obj=foreign,
        partner=request.partner_id,
        kind=body.kind,
        reason=foreign.reason,
    )
    if body.payment is None and request.claim_id is not None:
        holds.hold_traced(foreign, body, [request.claim_id], actor, "")
    elif body.payment is not None:
        holds.hold_payment(foreign, body, body.payment, actor, "")
    if not request.taken_by:
        PartnerRequest.objects.filter(pk=request.pk).update(taken_by=actor.username)
    return foreign


def _asked_for_hold(request_id: UUID) -> PartnerRequest:
    rows = PartnerRequest.objects.select_for_update(of=("self",)).select_related("partner")
    request = rows.filter(pk=request_id, outgoing=False, kind=RequestKind.HOLD).first()
    if request is None:
        raise NotFound(Msg.NO_SUCH_REQUEST)
    if request.state not in UNSETTLED:
        raise Conflict(Msg.REQUEST_ALREADY_SETTLED_RELOAD, reference=request.reference)
    before = hold_of(request_id)
    if before is not None and before.state in (ForeignOrderState.ORDERED, ForeignOrderState.ANSWERED):
        raise Conflict(Msg.HOLD_ORDERED_FOR_ALREADY, request=request.reference)
    if not labelling.may_order(labelling.from_json(request.label)):
        raise Conflict(Msg.LABEL_ALLOWS_NO_STEP_OFFENDER_COULD)
    return request


def _order_id(request_id: UUID) -> UUID:
    """The same again after a restore, so that our banks know the order."""
    return uuid5(request_id, f"hold/{ForeignOrder.objects.filter(message=request_id).count()}")


def _lines(request: PartnerRequest, currency: str, institution: str, account: str) -> list[PlanItem]:
    if request.claim_id is None or not account:
        return []
    return claims.open_hold_lines([request.claim_id], currency, institution, account)


def _payment(request: PartnerRequest, facts: HoldFacts) -> WirePayment:
    """The payment that the hold stands on: nothing is held but money that is known to have come."""
    if not facts.payer_bank.strip() or facts.about_when is None:
        raise BadInput(Msg.NO_MONEY_TRACED_TO_ACCOUNT_HERE, where="payer bank")
    if facts.about_when > clock.now():
        raise BadInput(Msg.PAYMENT_CANNOT_BE_IN_FUTURE, where="about when")
    if partner_queries.partner_of(facts.payer_bank.strip()) != request.partner_id:
        raise BadInput(Msg.PAYMENT_MUST_COME_FROM_BANK_PARTNER, where="payer bank")
    return WirePayment(
        payer_bank=facts.payer_bank.strip(),
        payer_account=facts.payer_account.strip(),
        payee_account=facts.account.strip(),
        payee_bank=facts.institution.strip(),
        amount=facts.money.minor,
        currency=facts.money.currency,
        about_when=facts.about_when,
    )


def _body(request: PartnerRequest, facts: HoldFacts, payment: WirePayment | None) -> OrderBody:
    regime, claim = current_regime(), None
    if request.claim_id is not None:
        claim = claim_queries.by_ids(NODE, [request.claim_id]).get(request.claim_id)
    kind = regime.plan_order if payment is None else regime.first_order
    return OrderBody(
        order_id=_order_id(request.pk),
        reference=request.reference,
        case=request.case,
        offence=str(request.body.get("offence", "")),
        kind=kind.value,
        institution=facts.institution.strip(),
        account=facts.account.strip(),
        amount=facts.money.minor,
        currency=facts.money.currency,
        rule=str(claim.rule if claim and payment is None else regime.tracing_rule),
        until=clock.now() + regime.rule(kind).lasts,
        payment=payment,
        grounds=facts.reason.strip(),
    )
