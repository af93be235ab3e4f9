"""What audit entries about supervision say happened. Stored codes never change; labels follow the reader."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from accord.capabilities.vocabulary import AuditAction


class FigureAudit(AuditAction):
    """Figures of this node and of its partners."""

    EXPORTED = "figures exported", _("figures exported")
