"""What may be done about claims, and by whom."""

from __future__ import annotations

from typing import Final

from accord.capabilities.people.roles import NODE_ROLE, Role
from accord.capabilities.permissions import Grant, Permission


class ClaimPermission(Permission):
    """Claims and their traces."""

    READ = "claims:read"
    TRACE = "claims:trace"


class PlanPermission(Permission):
    """Lines of a hold plan become orders: who approves orders (a later capability grants it) decides on them."""

    APPROVE = "orders:approve"


class AnswerPermission(Permission):
    """Answers of ledger holders."""

    SUBMIT = "answers:submit"  # a ledger holder’s service account hands in what it answers


GRANTS: Final = (
    Grant(ClaimPermission.READ, (Role.OFFICER, Role.SUPERVISOR, Role.LIAISON, NODE_ROLE)),
    Grant(ClaimPermission.TRACE, (Role.OFFICER, Role.SUPERVISOR, NODE_ROLE)),
    Grant(AnswerPermission.SUBMIT, by_token=True),
)
