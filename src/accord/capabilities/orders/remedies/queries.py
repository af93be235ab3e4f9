"""What may be seen of appeals and of returns to victims."""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from uuid import UUID

from django.db.models import Q, QuerySet

from accord.capabilities.orders import queries as orders
from accord.capabilities.orders.errors import Msg
from accord.capabilities.orders.kinds import KEEPS_MONEY
from accord.capabilities.orders.life_cycle import HOLDING, State
from accord.capabilities.orders.models import UNDECIDED, UNRELEASED, Appeal, Order, Payout, Restitution, RestitutionSource
from accord.capabilities.people.policy import Actor
from accord.capabilities.people.services import note_read
from accord.core import clock
from accord.core.errors import BadInput, NotFound
from accord.core.money import Money
from accord.core.object_ids import parse_code, parse_reference


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


def restitution_totals(restitutions: Sequence[Restitution]) -> dict[UUID, Money]:
    """The same of several returns, by their ids, in one statement."""
    totals = {restitution.pk: Money(0, restitution.currency) for restitution in restitutions}
    sources = RestitutionSource.objects.filter(restitution__in=restitutions)
    for restitution_id, amount in sources.values_list("restitution", "amount"):
        totals[restitution_id] += Money(amount, totals[restitution_id].currency)
    return totals


def restitutions_of_order(actor: Actor, order_id: UUID) -> list[Restitution]:
    """Returns that give money of one hold back, newest first."""
    return list(restitutions(actor).filter(sources__order=order_id))


def returnable(actor: Actor) -> QuerySet[Order]:
    """Orders that keep money, the most money first."""
    return orders.orders(actor).filter(state__in=HOLDING, kind__in=KEEPS_MONEY, held__gt=0).order_by("-held", "id")


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
