"""A return is decided and paid: one return order for each hold and claimant, until every one is answered."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from accord.capabilities import unit_of_work
from accord.capabilities.claims.messages import to_json
from accord.capabilities.orders.audit import ReturnAudit
from accord.capabilities.orders.errors import Msg
from accord.capabilities.orders.kinds import OrderKind
from accord.capabilities.orders.models import Claimant, Order, Payout, Restitution, RestitutionSource, RestitutionState
from accord.capabilities.orders.permissions import ReturnPermission
from accord.capabilities.orders.ports import PayTo
from accord.capabilities.orders.regime import current_regime
from accord.capabilities.orders.remedies.restitution_cycle import ReturnEvent, next_return_state
from accord.capabilities.orders.remedies.returns import amount_free, obstacles, planned_awards
from accord.capabilities.orders.remedies.services.restitutions import locked_restitution, refuse_the_preparer
from accord.capabilities.orders.services.drafting import approve, locked_order, write
from accord.capabilities.orders.services.following import about
from accord.capabilities.people.policy import require
from accord.capabilities.vocabulary import AuditAction
from accord.core import clock
from accord.core.errors import BadInput, Conflict, NotFound

if TYPE_CHECKING:
    from accord.capabilities.people.models import User


@unit_of_work.change
def decide(actor: User, restitution_id: UUID, reasons: str, court_reference: str = "") -> Restitution:
    """Decide a return as it was announced; the return orders leave at once, with the decision as the second approval.

    Conflict lists everything that stands in the way.
    """
    require(actor, ReturnPermission.DECIDE)
    restitution = locked_restitution(restitution_id)
    refuse_the_preparer(actor, restitution)
    restitution.state = next_return_state(restitution.state, ReturnEvent.DECIDE)
    if not reasons.strip():
        raise BadInput(Msg.GIVE_REASONS, where="reasons")
    if in_the_way := obstacles(restitution, clock.now()):
        raise Conflict(Msg.RETURN_CANNOT_BE_DECIDED_YET, reasons=tuple(in_the_way))
    awards = planned_awards(restitution)
    if not awards:
        raise Conflict(Msg.NOBODY_WOULD_GET_ANYTHING)
    restitution.decided_by, restitution.decided_at, restitution.reasons = actor, clock.now(), reasons.strip()
    restitution.save()
    _record(actor, ReturnAudit.DECIDED, restitution, amount=sum(awards.values()))
    _award(restitution, awards)
    sources = {row.pk: row for row in restitution.sources.all()}
    claimants = {row.pk: row for row in restitution.claimants.all()}
    for (source, claimant), amount in sorted(awards.items()):
        order = _return_order(actor, restitution, sources[source], claimants[claimant], amount, court_reference)
        Payout.objects.create(claimant=claimants[claimant], source=sources[source], amount=amount, order=order)
    restitution.state = next_return_state(restitution.state, ReturnEvent.PAY)
    restitution.save(update_fields=["state"])
    return restitution


def _award(restitution: Restitution, awards: dict[tuple[int, int], int]) -> None:
    for claimant in restitution.claimants.all():
        claimant.awarded = sum(amount for (_, key), amount in awards.items() if key == claimant.pk)
        claimant.save(update_fields=["awarded"])


def _return_order(
    actor: User, restitution: Restitution, source: RestitutionSource, claimant: Claimant, amount: int, court_reference: str
) -> Order:
    """The order to pay a part of a hold to a claimant: drafted in the preparer's name, approved by who decides."""
    target = locked_order(source.order_id)
    order = about(target, OrderKind.RETURN, amount, f"return {restitution.reference}")
    pay_to = PayTo(claimant.pay_institution, claimant.pay_account, claimant.name, restitution.reference)
    order.terms, order.court_reference = {"pay_to": to_json(pay_to)}, court_reference.strip()
    if not current_regime().rule(OrderKind.RETURN).asks_for_two:
        return write(order, actor)
    drafted = write(order, restitution.prepared_by)
    return approve(actor, [drafted.pk])[0]


@unit_of_work.change
def pay_again(actor: User, restitution_id: UUID, court_reference: str = "") -> int:
    """Order afresh what banks refused or let run out, as far as the money is still held; how many orders left."""
    require(actor, ReturnPermission.DECIDE)
    restitution = locked_restitution(restitution_id)
    refuse_the_preparer(actor, restitution)
    restitution.state = next_return_state(restitution.state, ReturnEvent.PAY)
    failed = [payout for payout in payouts_of(restitution) if payout.failed]
    if not failed:
        raise Conflict(Msg.EVERY_PART_RETURN_PAID_UNDER_WAY)
    for payout in failed:
        held = locked_order(payout.source.order_id)
        if not held.is_holding or amount_free(held) < payout.amount:
            raise Conflict(Msg.NO_LONGER_KEEPS_WHAT, order=held.reference)
        payout.order = _return_order(
            actor, restitution, payout.source, payout.claimant, payout.amount, court_reference or payout.order.court_reference
        )
        payout.save(update_fields=["order"])
    _record(actor, ReturnAudit.ORDERED_AGAIN, restitution, rows=len(failed))
    return len(failed)


@unit_of_work.change
def correct_payee(actor: User, claimant_id: int, institution: str, account: str, ground: str) -> Claimant:
    """Another account for a claimant whose payment was refused; it is paid only after somebody else orders it again."""
    require(actor, ReturnPermission.PREPARE)
    claimant = Claimant.objects.select_for_update(of=("self",)).filter(pk=claimant_id).first()
    if claimant is None:
        raise NotFound(Msg.NO_SUCH_CLAIMANT)
    restitution = locked_restitution(claimant.restitution_id)
    payouts = list(claimant.payouts.select_related("order"))
    if restitution.state != RestitutionState.PAYING or not any(payout.failed for payout in payouts):
        raise Conflict(Msg.ACCOUNT_CAN_BE_CORRECTED_ONCE_BANK)
    texts = (institution.strip(), account.strip(), ground.strip())
    if not all(texts) or len(texts[0]) > 64 or len(texts[1]) > 128:
        raise BadInput(Msg.GIVE_BANK_AND_ACCOUNT, where="account")
    claimant.pay_institution, claimant.pay_account, found = texts
    claimant.ground = f"{claimant.ground}\n{found}".strip()
    claimant.save(update_fields=["pay_institution", "pay_account", "ground"])
    # whoever changes where money goes may not be who sends it there
    restitution.prepared_by = actor
    restitution.save(update_fields=["prepared_by"])
    _record(
        actor,
        ReturnAudit.PAYEE_CORRECTED,
        restitution,
        claimant=claimant.name,
        institution=texts[0],
        account=texts[1],
        reason=found,
    )
    return claimant


@unit_of_work.change
def close(actor: User, restitution_id: UUID, reasons: str) -> Restitution:
    """Give up what banks refuse to pay: the return ends with what was paid; the rest stays held until its hold ends."""
    require(actor, ReturnPermission.DECIDE)
    restitution = locked_restitution(restitution_id)
    refuse_the_preparer(actor, restitution)
    restitution.state = next_return_state(restitution.state, ReturnEvent.CLOSE)
    if not reasons.strip():
        raise BadInput(Msg.SAY_WHY_REST_GIVEN_UP, where="reasons")
    if any(not payout.is_paid and not payout.failed for payout in payouts_of(restitution)):
        raise Conflict(Msg.RETURN_ORDER_STILL_UNDER_WAY)
    restitution.closed_at = clock.now()
    restitution.reasons = f"{restitution.reasons}\n{reasons.strip()}"
    restitution.save(update_fields=["state", "closed_at", "reasons"])
    _record(actor, ReturnAudit.CLOSED, restitution, reason=reasons.strip())
    return restitution


def payouts_of(restitution: Restitution) -> list[Payout]:
    """Every part of a return, in a fixed order."""
    found = Payout.objects.filter(claimant__restitution=restitution).order_by("id")
    return list(found.select_related("order", "claimant", "source__order"))


def _record(actor: User, action: AuditAction, restitution: Restitution, **details: object) -> None:
    first = restitution.sources.select_related("order").order_by("id").first()
    currency = {"currency": restitution.currency} if "amount" in details else {}
    unit_of_work.record(
        actor,
        action,
        subject=first.order.claim_id if first else None,
        obj=restitution,
        restitution=restitution.reference,
        **details,
        **currency,
    )
