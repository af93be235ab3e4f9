"""What audit entries about reports say happened. Stored codes never change; labels follow the reader."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from accord.capabilities.vocabulary import AuditAction, AuditDetail


class ReportAudit(AuditAction):
    """A report, what it names, and how it is worked on."""

    TAKEN = "report taken", _("report taken")
    NARRATIVE_ADDED = "narrative added", _("narrative added")
    NARRATIVE_REMOVED = "narrative removed", _("old narrative removed")
    IDENTIFIER_CONFIRMED = "identifier confirmed", _("identifier confirmed")
    IDENTIFIER_REJECTED = "identifier rejected", _("identifier rejected")
    IDENTIFIER_PROPOSED = "identifier proposed", _("choice about an identifier taken back")
    STATEMENT_ADDED = "statement added", _("statement added")
    UNLOCKED = "report unlocked", _("report unlocked")
    CALLED_BACK = "called back", _("victim called back")
    CLOSED = "report closed", _("report closed")
    REOPENED = "report reopened", _("report reopened")
    REPORTS_EXPORTED = "reports exported", _("reports exported")

    @classmethod
    def of_identifier(cls, state: str) -> ReportAudit:
        """The action of an officer who chose `state` for an identifier."""
        return cls(f"identifier {state}")


class ShiftAudit(AuditAction):
    """The desk handed over."""

    HANDED_OVER = "shift handed over", _("shift handed over")
    ACKNOWLEDGED = "shift acknowledged", _("hand-over acknowledged")


class ReportDetail(AuditDetail):
    """Names of details that entries about reports keep."""

    CHARACTERS = "characters", _("characters")
    PROPOSED = "proposed", _("found")
