"""Appeals and returns at every step, for those who ask about them without permission, and for those who have it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from orders_by_hand import held, refuse, share_of

from accord.capabilities.orders.models import Appeal, AppealDecision, Claimant, Distribution, Order, Restitution
from accord.capabilities.orders.remedies.services import appeals, care, compensations, payouts, restitutions
from accord.capabilities.orders.remedies.services.appeals import AppealFacts
from accord.capabilities.orders.remedies.services.restitutions import ClaimantFacts
from accord.capabilities.people.models import Role, User
from accord.core import clock
from accord.core.clock import SteppedClock

if TYPE_CHECKING:
    from permission_world import World

_HELD = 987_654


def add_remedies(world: World, colleague: User) -> None:
    """A colleague ordered and prepared, and another supervisor decided, what has been decided."""
    judge = User.objects.create(username="judge", role=Role.SUPERVISOR)
    with clock.using(SteppedClock(clock.now() - timedelta(hours=30))):
        noticed = _return(colleague, "m-noticed")
        objected = _return(colleague, "m-objected")
        refused = _return(colleague, "m-refused")
        for restitution in (noticed, objected, refused):
            restitutions.give_notice(colleague, restitution.pk, "The money goes back to Li Hua.", 1)
        objection = restitutions.take_objection(colleague, objected.pk, "Holder Qian", "It is mine.")
    prepared = _return(colleague, "m-prepared")
    payouts.decide(judge, refused.pk, "Traced to the unit.")
    refuse(Order.objects.get(kind="return"))
    world.things |= {
        "return": prepared.pk,
        "claimant": Claimant.objects.get(restitution=prepared).pk,
        "noticed return": noticed.pk,
        "return objected to": objected.pk,
        "objection": objection.pk,
        "refused return": refused.pk,
        "refused claimant": Claimant.objects.get(restitution=refused).pk,
        "money still held": _booked(colleague, "m-free").pk,
    }
    world.secrets |= {"Li Hua", "Holder Qian", "9,876.54", *(each.reference for each in (prepared, noticed, objected, refused))}
    _appeals(world, colleague, judge)


def _booked(colleague: User, account: str) -> Order:
    order = held(colleague, _HELD, account=account)
    share_of(order)
    return order


def _return(colleague: User, account: str) -> Restitution:
    order = _booked(colleague, account)
    restitution = restitutions.prepare(colleague, [(order.pk, _HELD)], Distribution.TRACED)
    facts = ClaimantFacts(
        kind="victim",
        name="Li Hua",
        claimed=_HELD,
        pay_institution="HOMEBANK",
        pay_account=f"home-{account}",
        claim=order.claim_id,
    )
    restitutions.add_claimant(colleague, restitution.pk, facts)
    return restitution


def _appeals(world: World, colleague: User, judge: User) -> None:
    received = _appeal(held(colleague, _HELD, account="m-appealed"))
    granted = _appeal(held(colleague, _HELD, account="m-granted"))
    decided = appeals.decide(judge, granted.pk, AppealDecision.RELEASE, None, "It was his salary.")
    assert decided.release is not None
    refuse(decided.release)
    owed = compensations.note_compensation(judge, granted.pk, 500, "CNY", "interest")
    cared = held(colleague, _HELD, account="m-minor")
    care.set_care(colleague, cared.pk, "minor", "by the papers")
    world.things |= {
        "appeal": received.pk,
        "granted appeal": granted.pk,
        "compensation": owed.pk,
        "order on a minor": cared.pk,
    }
    world.secrets |= {"Zhao Wei", "my salary", *(text for each in (received, granted) for text in (each.reference, each.code))}


def _appeal(order: Order) -> Appeal:
    facts = AppealFacts("Zhao Wei", statement="This is my salary.", language="en")
    return appeals.receive_public(order.reference, order.holder_code, facts)
