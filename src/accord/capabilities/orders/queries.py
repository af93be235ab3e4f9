from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from accord.capabilities.claims import queries as claims
from accord.capabilities.distinct import distinct_values
from accord.capabilities.orders.errors import Msg
from accord.capabilities.orders.kinds import OrderKind
from accord.capabilities.orders.life_cycle import STANDING, WAITING, State
from accord.capabilities.orders.models import (
    Contact,
    Escalation,
    Order,
)
from accord.capabilities.orders.permissions import OrderPermission
from accord.capabilities.people.policy import Actor, allowed
from accord.capabilities.people.services import note_read
from accord.core import clock
from accord.core.errors import NotFound

EXPIRING_WITHIN: Final = timedelta(hours=6)

_NEVER_CAME_TO_BE: Final = (State.DRAFT, State.DISCARDED, State.REFUSED)


def orders(actor: Actor) -> QuerySet[Order]:
    """Every order the actor may see, newest first."""
    return Order.objects.visible_to(actor).select_related("claim", "approved_by", "drafted_by", "target", "replaces")


def get(actor: Actor, order_id: UUID) -> Order:
    """One order; NotFound when there is none that the actor may see."""
    order = orders(actor).filter(pk=order_id).first()
    if order is None:
        raise NotFound(Msg.NO_SUCH_ORDER)
    note_read(actor, order, subject=order.claim_id)
    return order


def latest(order_ids: Sequence[UUID]) -> list[Order]:
    """Orders in the given order, each in its latest form: where another has taken its place, that one. For the node itself."""
    found = {order.pk: order for order in Order.objects.filter(pk__in=order_ids)}
    chosen = [found[order_id] for order_id in order_ids if order_id in found]
    while replaced := [order.pk for order in chosen if order.state == State.REPLACED]:
        took_over = Order.objects.filter(replaces__in=replaced).exclude(state__in=_NEVER_CAME_TO_BE)
        heirs = {order.replaces_id: order for order in took_over.order_by("drafted_at", "id")}
        chosen = [heirs[order.pk] for order in chosen if order.pk in heirs] + [
            order for order in chosen if order.pk not in replaced
        ]
    return chosen


def with_replaced(order_ids: Collection[UUID]) -> set[UUID]:
    """These orders, and all whose place they have taken, one after the other. For the node itself."""
    found = fresh = set(order_ids)
    while fresh:
        earlier = Order.objects.filter(pk__in=fresh).exclude(replaces=None).values_list("replaces_id", flat=True)
        fresh = set(earlier) - found
        found = found | fresh
    return found


def search(actor: Actor, text: str) -> QuerySet[Order]:
    """Orders whose reference, account or transfer contains `text`, and those of claims whose reference does."""
    needle = text.strip()
    if not needle:
        return orders(actor)
    note_read(actor, Order, searched=needle)
    of_claims = claims.claims(actor).filter(reference__icontains=needle).order_by().values("pk")
    return orders(actor).filter(
        Q(reference__icontains=needle)
        | Q(account__icontains=needle)
        | Q(transfer__icontains=needle)
        | Q(claim_id__in=of_claims)
    )


def by_claims(actor: Actor, claim_ids: Sequence[UUID]) -> dict[UUID, list[Order]]:
    """The orders of each claim, oldest first."""
    found: dict[UUID, list[Order]] = {claim_id: [] for claim_id in claim_ids}
    for order in orders(actor).filter(claim_id__in=claim_ids).order_by("drafted_at", "id"):
        assert order.claim_id is not None
        found[order.claim_id].append(order)
    return found


class BriefOrder(NamedTuple):
    """What a list of claims tells of an order. `held` is minor units of `currency`."""

    state: str
    held: int
    currency: str
    until: datetime
    answer_due_at: datetime


def brief_by_claims(actor: Actor, claim_ids: Sequence[UUID]) -> dict[UUID, list[BriefOrder]]:
    """The orders of many claims, without all that an order has beside; claims without an order are left out."""
    found: dict[UUID, list[BriefOrder]] = {}
    rows = Order.objects.visible_to(actor).filter(claim_id__in=claim_ids).order_by()
    for claim_id, *columns in rows.values_list("claim_id", *BriefOrder._fields):
        assert claim_id is not None
        found.setdefault(claim_id, []).append(BriefOrder(*columns))
    return found


def overdue(actor: Actor) -> QuerySet[Order]:
    """Orders that a bank should have answered by now, the longest silent first."""
    return orders(actor).filter(state__in=WAITING, answer_due_at__lt=clock.now()).order_by("answer_due_at")


def expiring(actor: Actor) -> QuerySet[Order]:
    """Orders that lapse soon, the first to lapse first."""
    return orders(actor).filter(state__in=STANDING, until__lte=clock.now() + EXPIRING_WITHIN).order_by("until")


def drafts_to_approve(actor: Actor) -> QuerySet[Order]:
    """Drafts that wait for a second person, the oldest first, without the actor's own."""
    return orders(actor).filter(state=State.DRAFT).exclude(drafted_by__username=actor.username).order_by("drafted_at", "id")


def overrides_to_clear(actor: Actor) -> QuerySet[Order]:
    """Orders that left in an emergency and that no supervisor has looked at, the oldest first."""
    return orders(actor).exclude(override_reason="").filter(cleared_at=None).order_by("approved_at", "id")


def renewals_to_decide(actor: Actor) -> QuerySet[Order]:
    """Standing orders that lapse soon and may be renewed, without those whose renewal is under way."""
    under_way = Order.objects.filter(target=OuterRef("pk"), kind=OrderKind.RENEWAL, state__in=(State.DRAFT, *WAITING))
    standing = orders(actor).filter(state__in=STANDING, renewal_prompted_at__isnull=False)
    return standing.filter(~Exists(under_way)).order_by("until")


def own_drafts(actor: Actor) -> QuerySet[Order]:
    """The actor's own drafts, which somebody else must approve, the oldest first."""
    return orders(actor).filter(state=State.DRAFT, drafted_by__username=actor.username).order_by("drafted_at", "id")


def escalated(actor: Actor) -> QuerySet[Order]:
    """Unanswered orders that went up a contact list, the longest silent first."""
    return orders(actor).filter(state__in=WAITING, escalation_step__gt=0).order_by("answer_due_at")


def escalations(actor: Actor, order_id: UUID) -> QuerySet[Escalation]:
    """The steps that one order went up, the first one first."""
    return Escalation.objects.filter(order__in=orders(actor).filter(pk=order_id))


def related(actor: Actor, order_id: UUID) -> QuerySet[Order]:
    """Orders about one order (releases, renewals, returns) and those that were to replace it, the oldest first."""
    return orders(actor).filter(Q(target_id=order_id) | Q(replaces_id=order_id)).order_by("drafted_at", "id")


def on_report(actor: Actor, report_id: UUID) -> QuerySet[Order]:
    """Orders that stand on a report and not on its claim, the oldest first."""
    return orders(actor).filter(report_id=report_id, claim=None).order_by("drafted_at", "id")


def contacts(actor: Actor) -> QuerySet[Contact]:
    """Everybody who is called when a receiver stays silent, by institution (the list for all comes first) and step."""
    every = Contact.objects.order_by("institution", "step")
    return every if allowed(actor, OrderPermission.READ) else every.none()


def without_contact(actor: Actor) -> list[str]:
    """Institutions that orders go to and for which nobody would be called: no first step of their own, none for all."""
    listed = set(contacts(actor).filter(step=1).values_list("institution", flat=True))
    if "" in listed:
        return []
    return sorted(set(receivers(actor)) - listed)


def receivers(actor: Actor) -> list[str]:
    """Institutions that orders went to, sorted."""
    return distinct_values(Order, "institution") if allowed(actor, OrderPermission.READ) else []


def claims_with_orders_due(now: datetime) -> set[UUID]:
    """The claims for which an order is to be sent or asked about by `now`. For the worker and for measuring it."""
    return set(Order.objects.filter(state__in=WAITING, next_attempt_at__lte=now).values_list("claim_id", flat=True))
