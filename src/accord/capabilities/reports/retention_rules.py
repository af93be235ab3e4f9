"""What of old reports is removed when its time is over."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from django.db.models import Q

from accord.capabilities import unit_of_work
from accord.capabilities.people import queries as people
from accord.capabilities.people.policy import NODE
from accord.capabilities.plugin import CarryOut
from accord.capabilities.reports.audit import ReportAudit
from accord.capabilities.reports.models import IdentifierState, Report, ReportIdentifier, ReportState, StatementLine


def remove_narratives(before: datetime, dry_run: bool) -> int:
    """Of reports that are closed and quiet: the narrative, the victim's statement, identifiers that nobody confirmed."""
    quiet = [
        report for report in _with_text(before) if people.last_changes([report.pk]).get(report.pk, report.created_at) < before
    ]
    if dry_run:
        return len(quiet)
    for report in quiet:
        StatementLine.objects.filter(report=report).delete()
        ReportIdentifier.objects.filter(report=report).exclude(state=IdentifierState.CONFIRMED).delete()
        Report.objects.filter(pk=report.pk).update(narrative="")
        unit_of_work.record(
            NODE, ReportAudit.NARRATIVE_REMOVED, subject=report.pk, obj=report, characters=len(report.narrative)
        )
    return len(quiet)


def _with_text(before: datetime) -> list[Report]:
    holds_text = ~Q(narrative="") | Q(statement_lines__isnull=False)
    old = Report.objects.exclude(state=ReportState.OPEN).filter(holds_text, created_at__lt=before)
    return list(old.order_by("created_at").distinct())


RETENTION: Final[dict[str, CarryOut]] = {
    "narratives": remove_narratives,
}
