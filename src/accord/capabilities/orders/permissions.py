"""What may be done about orders, and by whom."""

from __future__ import annotations

from typing import Final

from accord.capabilities.people.roles import NODE_ROLE, Role
from accord.capabilities.permissions import Grant, Permission


class OrderPermission(Permission):
    """Orders to banks and others."""

    READ = "orders:read"
    DRAFT = "orders:draft"
    APPROVE = "orders:approve"
    OVERRIDE = "orders:override"  # send one’s own draft in an emergency; leaves a mark
    CLEAR = "orders:clear"  # clear the mark that an override left
    RELEASE = "orders:release"


class AppealPermission(Permission):
    """Appeals against orders."""

    READ = "appeals:read"
    RECORD = "appeals:record"
    DECIDE = "appeals:decide"


class ReturnPermission(Permission):
    """Returns to the victims."""

    READ = "returns:read"
    PREPARE = "returns:prepare"
    DECIDE = "returns:decide"


GRANTS: Final = (
    Grant(OrderPermission.READ, (Role.OFFICER, Role.SUPERVISOR, Role.LIAISON, NODE_ROLE), by_token=True),
    Grant(OrderPermission.DRAFT, (Role.OFFICER, Role.SUPERVISOR)),
    Grant(OrderPermission.APPROVE, (Role.OFFICER, Role.SUPERVISOR), decides=True),
    Grant(OrderPermission.OVERRIDE, (Role.OFFICER, Role.SUPERVISOR), decides=True),
    Grant(OrderPermission.CLEAR, (Role.SUPERVISOR,), decides=True),
    Grant(OrderPermission.RELEASE, (Role.SUPERVISOR,), decides=True),
    Grant(AppealPermission.READ, (Role.OFFICER, Role.SUPERVISOR)),
    Grant(AppealPermission.RECORD, (Role.OFFICER, Role.SUPERVISOR)),
    Grant(AppealPermission.DECIDE, (Role.SUPERVISOR,), decides=True),
    Grant(ReturnPermission.READ, (Role.OFFICER, Role.SUPERVISOR)),
    Grant(ReturnPermission.PREPARE, (Role.OFFICER, Role.SUPERVISOR)),
    Grant(ReturnPermission.DECIDE, (Role.SUPERVISOR,), decides=True),
)
