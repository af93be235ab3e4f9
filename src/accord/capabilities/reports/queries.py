from __future__ import annotations

import hmac
from collections.abc import Sequence
from datetime import timedelta
from typing import Final
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from accord.capabilities.distinct import distinct_values
from accord.capabilities.people.policy import Actor, allowed
from accord.capabilities.people.services import note_read
from accord.capabilities.reports.errors import Msg
from accord.capabilities.reports.models import Report, ReportIdentifier, ReportState, Shift, StatementLine
from accord.capabilities.reports.permissions import ReportPermission, ShiftPermission
from accord.core import clock
from accord.core.errors import NotFound

_NO_CODE: Final = "????-????"
"""What a code is compared with where there is no report: no code is spelled so."""


def reports(actor: Actor) -> QuerySet[Report]:
    """Every report the actor may see, newest first."""
    return Report.objects.visible_to(actor).select_related("taken_by", "locked_by", "duplicate_of")


def open_reports(actor: Actor) -> QuerySet[Report]:
    return reports(actor).filter(state=ReportState.OPEN)


def to_weigh(actor: Actor) -> QuerySet[Report]:
    """Open reports, newest first, with what is needed to rank them and to tell of them in one line each."""
    who = ("locked_by__username", "locked_by__full_name")
    columns = (
        "reference", "created_at", "about_when", "amount", "currency", "payer_bank", "payee_bank", "payee_account",
        "call_back_due", "locked_by", "locked_until",
    )  # fmt: skip
    return open_reports(actor).select_related(None).select_related("locked_by").only(*columns, *who)


def get(actor: Actor, report_id: UUID) -> Report:
    """One report; NotFound when there is none that the actor may see."""
    report = reports(actor).filter(pk=report_id).first()
    if report is None:
        raise NotFound(Msg.NO_SUCH_REPORT)
    note_read(actor, report, subject=report.pk)
    return report


def by_ids(actor: Actor, ids: Sequence[UUID]) -> dict[UUID, Report]:
    return {report.pk: report for report in reports(actor).filter(pk__in=ids)}


def search(actor: Actor, text: str) -> QuerySet[Report]:
    """Reports whose reference, accounts, call-back number or identifiers contain `text`."""
    needle = text.strip()
    if not needle:
        return reports(actor)
    note_read(actor, Report, searched=needle)
    matches = (
        Q(reference__icontains=needle)
        | Q(callback_number__icontains=needle)
        | Q(payee_account__icontains=needle)
        | Q(payer_account__icontains=needle)
        | Q(identifiers__canonical__icontains=needle)
    )
    return reports(actor).filter(matches).distinct()


def duplicate_counts(actor: Actor, ids: Sequence[UUID]) -> dict[UUID, int]:
    """How many further reports of the same payment are joined to each of these; those with none are left out."""
    joined = reports(actor).filter(duplicate_of__in=ids, state=ReportState.DUPLICATE).order_by()
    return dict(joined.values_list("duplicate_of").annotate(Count("pk")))


def call_backs_due(actor: Actor) -> QuerySet[Report]:
    """Victims to call back within a quarter of an hour, or overdue, the longest overdue first."""
    limit = clock.now() + timedelta(minutes=15)
    return open_reports(actor).filter(call_back_due__lte=limit).order_by("call_back_due")


def candidates(actor: Actor, report_id: UUID) -> list[StatementLine]:
    """Rows of the victim's statement, the likeliest first: nearest in amount, then in time."""
    report = get(actor, report_id)
    return sorted(
        report.statement_lines.all(),
        key=lambda line: (abs(line.amount - report.amount), abs(line.time - report.about_when)),
    )


def hand_overs_to_acknowledge(actor: Actor) -> QuerySet[Shift]:
    """Watches that wait for the next officer, for those who work the desk; nobody applies from themselves."""
    waiting = shifts(actor).filter(acknowledged_at=None, handed_over_at__isnull=False)
    return waiting.exclude(officer__username=actor.username)


def joined_to(actor: Actor, report_id: UUID) -> QuerySet[Report]:
    """Further reports of the same payment, which were joined to this one."""
    return reports(actor).filter(duplicate_of_id=report_id)


def known_banks(actor: Actor) -> list[str]:
    """Every institution that a report has named, as written there."""
    if not allowed(actor, ReportPermission.READ):
        return []
    return sorted({*distinct_values(Report, "payer_bank"), *distinct_values(Report, "payee_bank")})


def identifiers(actor: Actor, report_id: UUID) -> QuerySet[ReportIdentifier]:
    """What was found in a report's narrative, in the order of the text."""
    return ReportIdentifier.objects.filter(report__in=reports(actor).filter(pk=report_id))


def running_shift(actor: Actor) -> Shift | None:
    """The actor's own watch, if one is running."""
    return Shift.objects.filter(officer__username=actor.username, handed_over_at=None).first()


def shifts(actor: Actor) -> QuerySet[Shift]:
    """Past and running watches, newest first, for those who work the desk."""
    every = Shift.objects.select_related("officer", "acknowledged_by")
    return every if allowed(actor, ShiftPermission.HAND_OVER) else every.none()


def by_code(reference: str, code: str) -> Report:
    """The report that its reporter names by reference and code, both in canonical spelling; the code stands for the actor.

    NotFound alike for an unknown reference and a wrong code, after the same work. Whoever calls it slows down guessing:
    `guessing.slowed`.
    """
    report = Report.objects.select_related("duplicate_of").filter(reference=reference).first()
    fits = hmac.compare_digest((report.code if report else _NO_CODE).encode(), code.encode())
    if report is None or not fits:
        raise NotFound(Msg.NO_REPORT_FITS_REFERENCE_CODE)
    return report
