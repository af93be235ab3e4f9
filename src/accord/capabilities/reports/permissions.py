"""What may be done about reports, and by whom."""

from __future__ import annotations

from typing import Final

from accord.capabilities.people.roles import NODE_ROLE, Role
from accord.capabilities.permissions import Grant, Permission


class ReportPermission(Permission):
    """Reports of victims."""

    TAKE = "reports:take"
    READ = "reports:read"


class ShiftPermission(Permission):
    """The desk from one shift to the next."""

    HAND_OVER = "shifts:hand_over"


GRANTS: Final = (
    Grant(ReportPermission.TAKE, (Role.OFFICER, Role.SUPERVISOR)),
    Grant(ReportPermission.READ, (Role.OFFICER, Role.SUPERVISOR, NODE_ROLE)),
    Grant(ShiftPermission.HAND_OVER, (Role.OFFICER, Role.SUPERVISOR)),
)
