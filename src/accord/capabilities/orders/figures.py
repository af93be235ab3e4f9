"""Sums and times over orders, for supervision: no case is told of, so they need `figures:read` and not `orders:read`.

What was **ever held** under an order is what its bank confirmed at first, before anything was given back or returned. An
order that takes another's place (a freeze after a stop payment) holds nothing new. What was **held wrongly** is what the
holder got back: every confirmed release but those for living costs, and all of an order that an appeal found wrong only
after it was over. Moments that banks state are taken as stated, but for none before the order left.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, NamedTuple

from django.db.models import Count, F, Max, Min, Q, QuerySet, Sum
from django.db.models.functions import Coalesce, Greatest

from accord.capabilities.as_text import as_text, counted_by_slot, moment_of
from accord.capabilities.orders.kinds import KEEPS_MONEY, OrderKind
from accord.capabilities.orders.life_cycle import State
from accord.capabilities.orders.models import Appeal, AppealDecision, Order, Payout
from accord.capabilities.orders.remedies.living_costs import FOR_LIVING
from accord.capabilities.people.permissions import FigurePermission
from accord.capabilities.people.policy import Actor, require
from accord.core import clock

_KEPT: Final = Q(kind__in=(*KEEPS_MONEY, OrderKind.RECALL), held__gt=0, answered_at__isnull=False)
_NOTHING_REPLACED: Final = Q(replaces=None) | ~Q(replaces__state=State.REPLACED)
_GIVES_UP: Final = (OrderKind.RELEASE, OrderKind.RETURN)

Sums = dict[tuple[str, str], int]
"""(claim, currency) → minor units. Ids of claims are the store's text of them."""


@dataclass(slots=True)
class ForClaim:
    """Of one claim: what was ever held, by currency; when its first order left, and when something was first held."""

    held: dict[str, int] = field(default_factory=dict)
    first_sent: datetime | None = None
    first_held: datetime | None = None


@dataclass(slots=True)
class Wrongly:
    """What was held in a period and found wrong since: money by currency, accounts that it touched."""

    held: dict[str, int] = field(default_factory=dict)
    held_orders: dict[str, int] = field(default_factory=dict)
    wrong: dict[str, int] = field(default_factory=dict)
    accounts: int = 0
    wrong_accounts: int = 0


class Released(NamedTuple):
    """One release that a bank confirmed: seconds from its decision, and from the hold that was wrong."""

    from_decision: float
    from_hold: float


class KeptOn(NamedTuple):
    """What is kept on one account, in minor units, and when the last of it was."""

    account: str
    currency: str
    amount: int
    at: datetime


class Answering(NamedTuple):
    """How one receiver answers: orders that it has answered or should have, and those answered within the clock."""

    institution: str
    in_time: int
    due: int


def by_claim(actor: Actor, since: datetime) -> dict[str, ForClaim]:
    """What was done for each claim, by orders drafted at `since` or later."""
    require(actor, FigurePermission.READ)
    drafted = {"drafted_at__gte": since}
    confirmed = Min(Greatest("answered_at", Coalesce("sent_at", "answered_at")), filter=_KEPT)
    orders = Order.objects.filter(**drafted, claim__isnull=False).order_by().values("claim", "currency")
    sums = orders.annotate(
        kept=Sum("held", filter=_KEPT & _NOTHING_REPLACED, default=0),
        sent=as_text(Min("sent_at")),
        confirmed=as_text(confirmed),
    )
    told: dict[str, ForClaim] = defaultdict(ForClaim)
    for claim, currency, held, sent, first in sums.values_list(as_text("claim"), "currency", "kept", "sent", "confirmed"):
        row = told[claim]
        if held:
            row.held[currency] = int(held)
        row.first_sent = _earlier(row.first_sent, sent)
        row.first_held = _earlier(row.first_held, first)
    for claim, currency, amount in _given_up_in_parts(drafted).values_list(as_text("target__claim"), "target__currency", "sum"):
        if currency in told[claim].held:
            told[claim].held[currency] += int(amount)
    return dict(told)


def _earlier(known: datetime | None, text: str | None) -> datetime | None:
    if text is None:
        return known
    moment = moment_of(text)
    return moment if known is None else min(known, moment)


def returned_by_claim(actor: Actor, since: datetime) -> Sums:
    """What banks have confirmed as paid back on each claim, by returns drafted at `since` or later."""
    require(actor, FigurePermission.READ)
    paid = Payout.objects.filter(order__state=State.DONE, order__drafted_at__gte=since, claimant__claim__isnull=False)
    rows = paid.order_by().values_list(as_text("claimant__claim"), "order__currency").annotate(Sum("order__held"))
    return {(claim, currency): int(amount) for claim, currency, amount in rows}


def wrongly_held(actor: Actor, since: datetime, until: datetime) -> Wrongly:
    """What orders that banks carried out in a period hold or held, and what of it was wrong by what is known now."""
    require(actor, FigurePermission.READ)
    period = {"answered_at__gte": since, "answered_at__lt": until}
    placed = Order.objects.filter(**period, kind__in=KEEPS_MONEY, held__gt=0).order_by()
    told = Wrongly(accounts=placed.values("institution", "account").distinct().count())
    for currency, amount, number in (
        placed.filter(_NOTHING_REPLACED).values_list("currency").annotate(Sum("held"), Count("pk")).order_by()
    ):
        told.held[currency], told.held_orders[currency] = int(amount), number
    for kind, currency, amount in _given_up_in_parts(period).values_list("target__kind", "target__currency", "sum"):
        if currency in told.held and kind in KEEPS_MONEY:
            told.held[currency] += int(amount)
    wrong: dict[str, int] = defaultdict(int)
    accounts: set[tuple[str, str]] = set()
    released = _wrong_releases().filter(**_of_target(period)).order_by()
    for currency, institution, account, amount in released.values_list(
        "target__currency", "target__institution", "target__account"
    ).annotate(Sum("held")):
        wrong[currency] += int(amount)
        accounts.add((institution, account))
    found = placed.filter(pk__in=_found_wrong_too_late().values("order"))
    for currency, institution, account, held in found.values_list("currency", "institution", "account", "held"):
        wrong[currency] += held
        accounts.add((institution, account))
    told.wrong, told.wrong_accounts = dict(wrong), len(accounts)
    return told


def kept_on_accounts(actor: Actor, since: datetime, until: datetime) -> list[KeptOn]:
    """What orders that banks carried out in a period keep on each account, or kept to their end."""
    require(actor, FigurePermission.READ)
    placed = Order.objects.filter(answered_at__gte=since, answered_at__lt=until, kind__in=KEEPS_MONEY, held__gt=0)
    kept = placed.filter(_NOTHING_REPLACED).exclude(state=State.RELEASED).order_by("account", "currency")
    rows = kept.values_list("account", "currency").annotate(Sum("held"), Max("answered_at"))
    return [KeptOn(account, currency, int(amount), at) for account, currency, amount, at in rows]


def releases(actor: Actor, since: datetime, until: datetime) -> list[Released]:
    """Every release of something held wrongly that a bank confirmed in a period."""
    require(actor, FigurePermission.READ)
    confirmed = _wrong_releases().filter(answered_at__gte=since, answered_at__lt=until, target__held__gt=0).order_by()
    columns = ("answered_at", "sent_at", "drafted_at", "target__answered_at")
    rows = confirmed.exclude(sent_at=None).exclude(target__answered_at=None).values_list(*map(as_text, columns))
    return [_released(*map(moment_of, row)) for row in rows.iterator(chunk_size=5_000)]


def _released(answered: datetime, sent: datetime, drafted: datetime, held: datetime) -> Released:
    at = max(answered, sent)
    return Released((at - drafted).total_seconds(), (at - min(held, drafted)).total_seconds())


def answering(actor: Actor, since: datetime, until: datetime) -> list[Answering]:
    """How receivers answered the orders that were sent to them in a period, by their codes.

    An order counts once it is answered or its clock has run out; one that was withdrawn before does not.
    """
    require(actor, FigurePermission.READ)
    late = Q(answered_at=None, answer_due_at__lte=clock.now()) & (Q(ended_at=None) | Q(ended_at__gte=F("answer_due_at")))
    sent = Order.objects.filter(sent_at__gte=since, sent_at__lt=until).filter(late | Q(answered_at__isnull=False))
    in_time = Count("pk", filter=Q(answered_at__lte=F("answer_due_at")))
    rows = sent.order_by("institution").values("institution").annotate(in_time=in_time, due=Count("pk"))
    return [Answering(row["institution"], row["in_time"], row["due"]) for row in rows]


def drafters(actor: Actor, since: datetime, until: datetime, *, by_minute: bool) -> list[tuple[str, datetime, int]]:
    """(who, hour or minute, how many) of every order drafted in a period by a person."""
    require(actor, FigurePermission.READ)
    return counted_by_slot(
        Order.objects.filter(drafted_at__gte=since, drafted_at__lt=until), "drafted_by", "drafted_at", by_minute=by_minute
    )


def approvers(actor: Actor, since: datetime, until: datetime, *, by_minute: bool) -> list[tuple[str, datetime, int]]:
    """(who, hour or minute, how many) of every order approved in a period by a person."""
    require(actor, FigurePermission.READ)
    return counted_by_slot(
        Order.objects.filter(approved_at__gte=since, approved_at__lt=until), "approved_by", "approved_at", by_minute=by_minute
    )


def deciders(actor: Actor, since: datetime, until: datetime, *, by_minute: bool) -> list[tuple[str, datetime, int]]:
    """(who, hour or minute, how many) of every appeal decided in a period."""
    require(actor, FigurePermission.READ)
    return counted_by_slot(
        Appeal.objects.filter(decided_at__gte=since, decided_at__lt=until), "decided_by", "decided_at", by_minute=by_minute
    )


def _of_target(bounds: dict[str, datetime]) -> dict[str, datetime]:
    return {f"target__{name}": moment for name, moment in bounds.items()}


def _given_up_in_parts(bounds: dict[str, datetime]) -> QuerySet[Any]:
    """What was taken off the amounts of orders within `bounds`, as `sum`: all that was given up but the last whole.

    Nothing is given up of an order whose place another one has taken; what that one gives up is its own.
    """
    parts = Order.objects.filter(kind__in=_GIVES_UP, state=State.DONE, target__held__gt=0, **_of_target(bounds))
    last = Q(target__state__in=(State.RELEASED, State.RETURNED), answered_at=F("target__ended_at"))
    counted = parts.exclude(last).exclude(target__replaces__state=State.REPLACED).order_by()
    return counted.values("target__claim", "target__kind", "target__currency").annotate(sum=Sum("held"))


def _wrong_releases() -> QuerySet[Order]:
    """Confirmed releases of money that was kept, but for those that leave living costs."""
    done = Order.objects.filter(kind=OrderKind.RELEASE, state=State.DONE, target__kind__in=KEEPS_MONEY)
    return done.filter(**{f"terms__{FOR_LIVING}__isnull": True})


def _found_wrong_too_late() -> QuerySet[Appeal]:
    """Appeals that were right, but decided when the order was over: there was nothing left to release."""
    return Appeal.objects.filter(decision=AppealDecision.RELEASE, release=None)
