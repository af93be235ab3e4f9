from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from accord.capabilities.vocabulary import AuditAction


class WatchAudit(AuditAction):
    BEGUN = "watch begun", _("watch begun")
    ENDED = "watch ended", _("watch ended: its time was over")
