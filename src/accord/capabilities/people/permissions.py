"""What may be done about people, and by whom."""

from __future__ import annotations

from typing import Final

from accord.capabilities.people.roles import OPERATOR_ROLE, Role
from accord.capabilities.permissions import Grant, Permission


class AuditPermission(Permission):
    """The record of what was done and seen."""

    READ = "audit:read"


class FigurePermission(Permission):
    """How well it was done."""

    READ = "figures:read"


class UserPermission(Permission):
    """People and agencies of this node."""

    MANAGE = "users:manage"


class TokenPermission(Permission):
    """Accounts and tokens of other systems."""

    MANAGE = "tokens:manage"


GRANTS: Final = (
    Grant(AuditPermission.READ, (Role.SUPERVISOR, Role.AUDITOR, Role.BANK_SUPERVISOR, OPERATOR_ROLE), decides=True),
    Grant(FigurePermission.READ, (Role.SUPERVISOR, Role.AUDITOR, Role.BANK_SUPERVISOR), by_token=True),
    Grant(UserPermission.MANAGE, (Role.ADMINISTRATOR, OPERATOR_ROLE), decides=True),
    Grant(TokenPermission.MANAGE, (Role.ADMINISTRATOR, OPERATOR_ROLE), decides=True),
)
