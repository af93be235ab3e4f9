from __future__ import annotations

from accord.capabilities.plugin import Capability, Declaration, Vocabulary


class ReportsConfig(Capability):
    name = "accord.capabilities.reports"
    label = "reports"

    def declare(self) -> Declaration:
        from django.utils.translation import gettext_lazy as _

        from accord.capabilities.reports.audit import ReportAudit, ReportDetail, ShiftAudit
        from accord.capabilities.reports.permissions import GRANTS
        from accord.capabilities.reports.retention_rules import RETENTION

        return Declaration(
            grants=GRANTS,
            retention=RETENTION,
            vocabulary=Vocabulary(actions=(ReportAudit, ShiftAudit), details=(ReportDetail,), rows={"report": _("report")}),
        )
