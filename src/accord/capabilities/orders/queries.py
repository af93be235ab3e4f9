from __future__ import annotations

import hmac
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db.models import Q, QuerySet

from accord.capabilities.claims import queries as claims
from accord.capabilities.orders.errors import Msg
from accord.capabilities.orders.kinds import KEEPS_MONEY, OrderKind
from accord.capabilities.orders.life_cycle import HOLDING, STANDING, WAITING, State
from accord.capabilities.orders.models import (
    UNDECIDED,
    UNRELEASED,
    Appeal,
    Contact,
    Escalation,
    Order,
    Payout,
    Restitution,
)
from accord.capabilities.people.policy import Actor, Permission, allowed
from accord.capabilities.people.services import note_read
from accord.core import clock
from accord.core.errors import BadInput, NotFound
from accord.core.money import Money
from accord.core.object_ids import parse_code, parse_reference

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
    open_renewals = Order.objects.filter(kind=OrderKind.RENEWAL, state__in=(State.DRAFT, *WAITING)).values("target")
    standing = orders(actor).filter(state__in=STANDING).exclude(renewal_prompted_at=None)
    return standing.exclude(pk__in=open_renewals).order_by("until")


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
    return every if allowed(actor, Permission.ORDERS_READ) else every.none()


def without_contact(actor: Actor) -> list[str]:
    """Institutions that orders go to and for which nobody would be called: no first step of their own, none for all."""
    listed = set(contacts(actor).filter(step=1).values_list("institution", flat=True))
    if "" in listed:
        return []
    addressed = orders(actor).order_by("institution").values_list("institution", flat=True).distinct()
    return sorted(set(addressed) - listed)


def claims_with_orders_due(now: datetime) -> set[UUID]:
    """The claims for which an order is to be sent or asked about by `now`. For the worker and for measuring it."""
    return set(Order.objects.filter(state__in=WAITING, next_attempt_at__lte=now).values_list("claim_id", flat=True))


def appeals(actor: Actor) -> QuerySet[Appeal]:
    """Every appeal the actor may see, the first due first."""
    related = ("order__claim", "release", "reviewer", "decided_by")
    return Appeal.objects.visible_to(actor).select_related(*related)


def appeal(actor: Actor, appeal_id: UUID) -> Appeal:
    """One appeal; NotFound when there is none that the actor may see."""
    found = appeals(actor).filter(pk=appeal_id).first()
    if found is None:
        raise NotFound(Msg.NO_SUCH_APPEAL)
    note_read(actor, found, subject=found.order.claim_id)
    return found


def appeals_of_order(actor: Actor, order_id: UUID) -> list[Appeal]:
    """Appeals against one order, the first received first."""
    return list(appeals(actor).filter(order=order_id).order_by("received_at", "id"))


def search_appeals(found: QuerySet[Appeal], text: str) -> QuerySet[Appeal]:
    """Those whose reference, appellant or order's reference contains `text`."""
    return found.filter(Q(reference__icontains=text) | Q(appellant__icontains=text) | Q(order__reference__icontains=text))


def open_appeals(actor: Actor) -> QuerySet[Appeal]:
    """Appeals that wait for a decision, or for the release that they were granted."""
    return appeals(actor).filter(state__in=(*UNDECIDED, *UNRELEASED))


def overdue_appeals(actor: Actor) -> QuerySet[Appeal]:
    """Open appeals whose running clock is past."""
    now = clock.now()
    late = Q(state__in=UNDECIDED, due_at__lt=now) | Q(state__in=UNRELEASED, release_due_at__lt=now)
    return open_appeals(actor).filter(late)


def appeal_by_code(reference: str, code: str) -> Appeal:
    """The appeal that its appellant follows by reference and code; the same NotFound for whatever does not fit."""
    found = None
    try:
        canonical, told = parse_reference(reference), parse_code(code)
    except BadInput:
        told = ""
    else:
        found = Appeal.objects.select_related("order", "release").filter(reference=canonical).first()
    if not hmac.compare_digest(told, found.code if found else "0000-0000") or found is None:
        raise NotFound(Msg.NO_APPEAL_FITS_REFERENCE_CODE)
    return found


def restitutions(actor: Actor) -> QuerySet[Restitution]:
    """Every return to victims that the actor may see, newest first."""
    return Restitution.objects.visible_to(actor).select_related("prepared_by", "decided_by")


def restitution(actor: Actor, restitution_id: UUID) -> Restitution:
    """One return; NotFound when there is none that the actor may see."""
    found = restitutions(actor).filter(pk=restitution_id).first()
    if found is None:
        raise NotFound(Msg.NO_SUCH_RETURN)
    note_read(actor, found)
    return found


def restitution_total(restitution: Restitution) -> Money:
    """How much of what is held a return gives back."""
    return Money(sum(restitution.sources.values_list("amount", flat=True)), restitution.currency)


def restitutions_of_order(actor: Actor, order_id: UUID) -> list[Restitution]:
    """Returns that give money of one hold back, newest first."""
    return list(restitutions(actor).filter(sources__order=order_id))


def returnable(actor: Actor) -> QuerySet[Order]:
    """Orders that keep money, the most money first."""
    return orders(actor).filter(state__in=HOLDING, kind__in=KEEPS_MONEY, held__gt=0).order_by("-held", "id")


def payouts(actor: Actor, restitution_id: UUID) -> list[Payout]:
    """The parts of a return and the orders that pay them."""
    parts = Payout.objects.filter(claimant__restitution__in=restitutions(actor).filter(pk=restitution_id))
    return list(parts.select_related("order", "claimant", "source__order").order_by("id"))


def returned_by_claim(claim_ids: Sequence[UUID]) -> dict[UUID, list[Money]]:
    """What banks have confirmed as paid back on each claim, by currency; for the reporter's status and for figures.

    What a bank got that had reimbursed the victim counts too: it stands in the victim's place.
    """
    sums: dict[tuple[UUID, str], int] = {}
    paid = Payout.objects.filter(claimant__claim__in=claim_ids, order__state=State.DONE)
    for claim_id, currency, amount in paid.values_list("claimant__claim", "order__currency", "order__held"):
        sums[claim_id, currency] = sums.get((claim_id, currency), 0) + amount
    found: dict[UUID, list[Money]] = {claim_id: [] for claim_id in claim_ids}
    for (claim_id, currency), total in sorted(sums.items(), key=lambda item: item[0][1]):
        found[claim_id].append(Money(total, currency))
    return found
