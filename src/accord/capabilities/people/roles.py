"""What people, the node and whoever commands its machine act as. Capabilities grant permissions to these."""

from __future__ import annotations

from typing import Final

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Role(TextChoices):
    """What a user is here for; the capabilities say what each may do."""

    OFFICER = "officer", _("Duty officer")
    SUPERVISOR = "supervisor", _("Supervisor")
    LIAISON = "liaison", _("Liaison officer")
    ADMINISTRATOR = "administrator", _("Administrator")
    AUDITOR = "auditor", _("Auditor")
    BANK_OFFICER = "bank_officer", _("Bank officer")
    BANK_SUPERVISOR = "bank_supervisor", _("Bank supervisor")


NODE_ROLE: Final = "node"
"""The node acting by itself."""

OPERATOR_ROLE: Final = "operator"
"""Whoever gives commands on the machine."""

ROLES: Final = (*Role.values, OPERATOR_ROLE, NODE_ROLE)
