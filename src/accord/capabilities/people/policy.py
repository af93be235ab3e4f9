"""Who may do what. Unknown means deny."""

from __future__ import annotations

from enum import StrEnum
from typing import Final, Protocol

from accord.capabilities.people.models import Role
from accord.core.errors import NotAllowed


class Permission(StrEnum):
    """Each permission is resource:action."""

    REPORTS_TAKE = "reports:take"
    REPORTS_READ = "reports:read"
    CLAIMS_READ = "claims:read"
    CLAIMS_TRACE = "claims:trace"
    ORDERS_READ = "orders:read"
    ORDERS_APPROVE = "orders:approve"
    ORDERS_RELEASE = "orders:release"
    SHIFTS_HAND_OVER = "shifts:hand_over"
    AUDIT_READ = "audit:read"
    USERS_MANAGE = "users:manage"


class Actor(Protocol):
    """Whoever acts: a signed-in user, or the node itself."""

    @property
    def username(self) -> str: ...

    @property
    def role(self) -> str: ...


class _Node:
    """The node acting by itself: the worker that carries on what an officer began."""

    username: Final = "node"
    role: Final = "node"


NODE: Final[Actor] = _Node()

_DESK: Final = frozenset(
    {
        Permission.REPORTS_TAKE,
        Permission.REPORTS_READ,
        Permission.CLAIMS_READ,
        Permission.CLAIMS_TRACE,
        Permission.ORDERS_READ,
        Permission.ORDERS_APPROVE,
        Permission.SHIFTS_HAND_OVER,
    }
)

ROLE_PERMISSIONS: Final[dict[str, frozenset[Permission]]] = {
    Role.OFFICER: _DESK,
    Role.SUPERVISOR: _DESK | {Permission.ORDERS_RELEASE, Permission.AUDIT_READ},
    # keeps the node running; being one gives no sight of case content
    Role.ADMINISTRATOR: frozenset({Permission.USERS_MANAGE}),
    NODE.role: frozenset({Permission.REPORTS_READ, Permission.CLAIMS_READ, Permission.CLAIMS_TRACE, Permission.ORDERS_READ}),
}


def allowed(actor: Actor, permission: Permission) -> bool:
    """Whether `actor` holds `permission`; false for whoever is not known here, or no longer works here."""
    return getattr(actor, "is_active", True) and permission in ROLE_PERMISSIONS.get(getattr(actor, "role", ""), frozenset())


def require(actor: Actor, permission: Permission) -> None:
    """Raise NotAllowed unless `actor` holds `permission`."""
    if not allowed(actor, permission):
        name = getattr(actor, "username", "") or "someone not signed in"
        raise NotAllowed(f"{name} may not do this ({permission}); ask a supervisor")
