"""The duty desk: what to do next, by the money that can still be caught."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db.models import Count, Min, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from accord.capabilities.claims import queries as claims
from accord.capabilities.claims.models import ClaimState
from accord.capabilities.orders import queries as orders
from accord.capabilities.orders.catchable import QueueEntry, queue
from accord.capabilities.orders.remedies import queries as remedies
from accord.capabilities.people.models import User
from accord.capabilities.reports import queries as reports
from accord.core.money import Money
from accord.sites.common.requests import officer

ROWS_SHOWN: Final = 60
PANEL_ROWS: Final = 8


@dataclass(frozen=True, slots=True)
class Total:
    """The queue in one currency."""

    claimed: Money
    held: Money
    catchable: Money


@dataclass(frozen=True, slots=True)
class SilentBank:
    """A bank that owes answers: how many, and since when the longest is due."""

    institution: str
    enquiries: int
    orders: int
    due: datetime


@require_GET
def show(request: HttpRequest) -> HttpResponse:
    return render(request, "desk/queue.html", queue_context(officer(request)))


@require_GET
def rows(request: HttpRequest) -> HttpResponse:
    """The part of the page that is polled."""
    return render(request, "desk/_queue.html", queue_context(officer(request)))


def queue_context(actor: User) -> dict[str, Any]:
    entries = queue(actor)
    expiring = orders.expiring(actor)
    call_backs = reports.call_backs_due(actor)
    drafts, marks = orders.drafts_to_approve(actor), orders.overrides_to_clear(actor)
    foreign = claims.claims(actor).exclude(origin="").filter(state=ClaimState.OPEN)
    renewals, escalated = orders.renewals_to_decide(actor), orders.escalated(actor)
    return {
        "entries": entries[:ROWS_SHOWN],
        "more": max(0, len(entries) - ROWS_SHOWN),
        "count": len(entries),
        "to_approve": sum(entry.to_approve for entry in entries),
        "totals": totals(entries),
        "hand_overs": reports.hand_overs_to_acknowledge(actor),
        "call_backs": call_backs[:PANEL_ROWS],
        "call_backs_count": call_backs.count(),
        "silent_banks": silent_banks(actor)[:PANEL_ROWS],
        "appeals": remedies.open_appeals(actor)[:PANEL_ROWS],
        "appeals_count": remedies.open_appeals(actor).count(),
        "appeals_overdue": remedies.overdue_appeals(actor).exists(),
        "foreign_claims": foreign[:PANEL_ROWS],
        "foreign_claims_count": foreign.count(),
        "expiring": expiring[:PANEL_ROWS],
        "expiring_count": expiring.count(),
        "drafts": drafts[:PANEL_ROWS],
        "drafts_count": drafts.count(),
        "marks": marks[:PANEL_ROWS],
        "marks_count": marks.count(),
        "renewals": renewals[:PANEL_ROWS],
        "renewals_count": renewals.count(),
        "escalated": escalated[:PANEL_ROWS],
        "escalated_count": escalated.count(),
    }


def totals(entries: Iterable[QueueEntry]) -> list[Total]:
    """Sums per currency, the currency with most catchable money first."""
    sums: dict[str, Total] = {}
    ranks: dict[str, int] = {}
    for entry in entries:
        currency = entry.claimed.currency
        before = sums.get(currency) or Total(Money(0, currency), Money(0, currency), Money(0, currency))
        sums[currency] = Total(before.claimed + entry.claimed, before.held + entry.held, before.catchable + entry.catchable)
        ranks[currency] = ranks.get(currency, 0) + entry.rank
    return sorted(sums.values(), key=lambda total: -ranks[total.claimed.currency])


def silent_banks(actor: User) -> list[SilentBank]:
    """Banks with unanswered or unusable enquiries and orders, the longest silent first."""
    asked, ordered = (_by_bank(rows) for rows in (claims.silent_holders(actor), orders.overdue(actor)))
    found = [
        SilentBank(
            institution=bank,
            enquiries=asked[bank][0] if bank in asked else 0,
            orders=ordered[bank][0] if bank in ordered else 0,
            due=min(told[bank][1] for told in (asked, ordered) if bank in told),
        )
        for bank in {*asked, *ordered}
    ]
    return sorted(found, key=lambda bank: bank.due)


def _by_bank(rows: QuerySet[Any]) -> dict[str, tuple[int, datetime]]:
    """How many of these messages each bank has not answered, and since when the oldest is due; counted by the store."""
    counted = rows.order_by().values_list("institution").annotate(Count("pk"), Min("answer_due_at"))
    return {institution: (number, due) for institution, number, due in counted}
