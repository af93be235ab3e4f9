"""What a reporter sees of the own report: received, asked, traced, held, returned. Nothing of it helps an offender.

Whoever holds the victim's telephone, or made a report only to learn what is known, sees this too. So it names no bank but
the reporter's own, no account, no order and nobody else's money, and it stands still: what the banks were asked and
answered is shown as it was when the day began, in the node's zone, however often one looks. A hold is not shown before the
holder of the account may be told of it. Why: docs/decisions/0009-what-a-reporter-sees.md.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import TYPE_CHECKING

from django.db.models import Q, QuerySet
from django.utils import timezone

from accord.capabilities.claims import queries as claims
from accord.capabilities.orders.kinds import KEEPS_MONEY, OrderKind
from accord.capabilities.orders.life_cycle import HOLDING, State
from accord.capabilities.orders.models import Order, Payout, Restitution, RestitutionState
from accord.capabilities.orders.notices import may_tell_from
from accord.capabilities.people.policy import NODE
from accord.capabilities.reports import queries as reports
from accord.core import clock
from accord.core.money import Money

if TYPE_CHECKING:
    from accord.capabilities.claims.models import Claim


@dataclass(frozen=True, slots=True)
class ReporterStatus:
    """Days are those of the node's zone. A step that was not reached has no day; amounts are sums, one a currency.

    `stopped` never left the reporter's bank, `held` is kept for this claim now, `returned` was paid back. `shown_as_of` is
    the moment that all but the report itself is shown as of. `may_pay_again`: the caller was still in touch with the
    offender, or about to pay more.
    """

    reference: str
    claimed: Money
    own_bank: str
    received_on: date
    asked_on: date | None
    traced_on: date | None
    stopped: tuple[Money, ...]
    held: tuple[Money, ...]
    held_on: date | None
    return_under_way: bool
    returned: tuple[Money, ...]
    returned_on: date | None
    closed_on: date | None
    is_closed: bool
    may_pay_again: bool
    shown_as_of: datetime


def reporter_status(reference: str, code: str) -> ReporterStatus:
    """How a report stands, for whoever has its code. A joined report shows what happened to the one that it is joined to.

    NotFound alike for an unknown reference and a wrong code; the caller slows down guessing (`reports.guessing.slowed`).
    """
    report = reports.by_code(reference, code)
    worked_on = report.worked_on
    as_of = _beginning_of_the_day(clock.now())
    claim = claims.by_reports(NODE, [worked_on.pk]).get(worked_on.pk)
    orders = list(_orders(claim, as_of)) if claim else []
    holds = [order for order in orders if order.kind in KEEPS_MONEY and _was_kept(order, as_of)]
    stopped = [order for order in orders if order.kind == OrderKind.RECALL and _was_kept(order, as_of)]
    returns = [order for order in _paid(claim) if _was_done(order, as_of)] if claim else []
    closed = worked_on.is_closed and (worked_on.closed_at is None or worked_on.closed_at < as_of)
    return ReporterStatus(
        reference=report.reference,
        claimed=report.money,
        own_bank=report.payer_bank,
        received_on=_day(report.created_at),
        asked_on=_first(order.sent_at for order in orders if order.sent_at and order.sent_at < as_of),
        traced_on=_first(claims.answered_before(NODE, claim.pk, as_of)) if claim else None,
        stopped=_sums((order.currency, order.held) for order in stopped if not _was_let_go(order, as_of)),
        held=_sums((order.currency, _kept(order, as_of)) for order in holds if _is_kept(order, as_of)),
        held_on=_first(_answered(order) for order in (*holds, *stopped)),
        return_under_way=claim is not None and _return_under_way(claim, as_of),
        returned=_sums((order.currency, order.held) for order in returns),
        returned_on=_last(_answered(order) for order in returns),
        closed_on=_day(worked_on.closed_at) if closed and worked_on.closed_at else None,
        is_closed=closed,
        may_pay_again=bool(report.still_talking or report.remote_control or report.more_planned),
        shown_as_of=as_of,
    )


def _beginning_of_the_day(now: datetime) -> datetime:
    local = timezone.localtime(now)
    return timezone.make_aware(datetime.combine(local.date(), time.min))


def _orders(claim: Claim, as_of: datetime) -> QuerySet[Order]:
    """The orders of the claim that had been written by then, with what followed each up."""
    own = Order.objects.filter(claim=claim.pk, drafted_at__lt=as_of)
    return own.prefetch_related("follow_ups").order_by("drafted_at", "id")


def _paid(claim: Claim) -> list[Order]:
    """The return orders that pay on this claim, whoever's hold the money comes from."""
    return [payout.order for payout in Payout.objects.filter(claimant__claim=claim.pk).select_related("order")]


def _answered(order: Order) -> datetime | None:
    """When the receiver answered, as it says itself, but never before it was asked: its clock may be wrong."""
    if order.answered_at is None or order.sent_at is None:
        return order.answered_at
    return max(order.answered_at, order.sent_at)


def _was_kept(order: Order, as_of: datetime) -> bool:
    """Whether the bank had kept something under it by then, and its holder could have been told."""
    answered = _answered(order)
    if order.held <= 0 or answered is None or answered >= as_of:
        return False
    return order.kind not in KEEPS_MONEY or may_tell_from(order) <= as_of


def _is_kept(order: Order, as_of: datetime) -> bool:
    """Whether it was still kept then: it holds now, or ended only afterwards."""
    return order.state in HOLDING or (order.ended_at is not None and order.ended_at >= as_of)


def _was_let_go(order: Order, as_of: datetime) -> bool:
    """Whether a stopped payment was released by then, so that it went on after all."""
    return order.state == State.RELEASED and not _is_kept(order, as_of)


def _kept(order: Order, as_of: datetime) -> int:
    """How much was kept then: what is kept now, and what was given up in parts since."""
    given_up = 0
    for other in order.follow_ups.all():
        in_parts = other.kind in (OrderKind.RELEASE, OrderKind.RETURN) and other.answered_at != order.ended_at
        if in_parts and other.state == State.DONE and other.answered_at is not None and other.answered_at >= as_of:
            given_up += other.held
    return order.held + given_up


def _was_done(order: Order, as_of: datetime) -> bool:
    answered = _answered(order)
    return order.state == State.DONE and answered is not None and answered < as_of


def _return_under_way(claim: Claim, as_of: datetime) -> bool:
    """Whether claimants had been told by then that held money of this claim is to be returned, and it was not given up."""
    noticed = Restitution.objects.filter(claimants__claim=claim.pk, noticed_at__lt=as_of)
    return noticed.exclude(Q(state=RestitutionState.ABANDONED) & (Q(closed_at=None) | Q(closed_at__lt=as_of))).exists()


def _sums(amounts: Iterable[tuple[str, int]]) -> tuple[Money, ...]:
    """One sum a currency, in the order of the currencies' codes; nothing where there is nothing."""
    sums: Counter[str] = Counter()
    for currency, amount in amounts:
        sums[currency] += amount
    return tuple(Money(amount, currency) for currency, amount in sorted(sums.items()) if amount)


def _first(moments: Iterable[datetime | None]) -> date | None:
    return min((_day(moment) for moment in moments if moment is not None), default=None)


def _last(moments: Iterable[datetime | None]) -> date | None:
    return max((_day(moment) for moment in moments if moment is not None), default=None)


def _day(moment: datetime) -> date:
    return timezone.localtime(moment).date()
