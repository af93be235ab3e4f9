from __future__ import annotations

from accord.capabilities.people.roles import Role
from accord.capabilities.permissions import Grant, Permission


class WatchPermission(Permission):
    READ = "watches:read"
    BEGIN = "watches:begin"


GRANTS = (
    Grant(WatchPermission.READ, (Role.OFFICER, Role.SUPERVISOR)),
    Grant(WatchPermission.BEGIN, (Role.SUPERVISOR,), decides=True),
)
