"""Who may do what. Unknown means deny."""

from __future__ import annotations

from functools import lru_cache
from typing import Final, NamedTuple, Protocol

from django.apps import apps

from accord.capabilities.people.errors import Msg
from accord.capabilities.people.models import Purpose, ServiceAccount
from accord.capabilities.people.roles import NODE_ROLE, OPERATOR_ROLE, ROLES, Role
from accord.capabilities.permissions import Grant, Permission
from accord.capabilities.plugin import declared
from accord.core.errors import NotAllowed


class Actor(Protocol):
    """Whoever acts: a signed-in user, or the node itself."""

    @property
    def username(self) -> str: ...

    @property
    def role(self) -> str: ...


class _Node:
    """The node acting by itself: the worker that carries on what an officer began."""

    username: Final = "node"
    role: Final = NODE_ROLE


NODE: Final[Actor] = _Node()


class _Operator:
    """Whoever gives commands on the machine itself: they hold the database in any case, so what they do is on record."""

    username: Final = "operator"
    role: Final = OPERATOR_ROLE


OPERATOR: Final[Actor] = _Operator()

RESERVED_NAMES: Final = frozenset({NODE.username, OPERATOR.username})
"""No user may bear them: the audit would not tell who acted."""

ROLE_PURPOSES: Final[dict[str, tuple[Purpose, ...]]] = {
    Role.OFFICER: (Purpose.CASE_WORK, Purpose.APPEAL, Purpose.TRAINING),
    Role.SUPERVISOR: (Purpose.SUPERVISION, Purpose.CASE_WORK, Purpose.APPEAL, Purpose.TRAINING),
    Role.LIAISON: (Purpose.CASE_WORK, Purpose.TRAINING),
    Role.ADMINISTRATOR: (Purpose.MAINTENANCE, Purpose.TRAINING),
    Role.AUDITOR: (Purpose.AUDIT, Purpose.TRAINING),
    Role.BANK_OFFICER: (Purpose.CASE_WORK, Purpose.APPEAL, Purpose.TRAINING),
    Role.BANK_SUPERVISOR: (Purpose.SUPERVISION, Purpose.CASE_WORK, Purpose.APPEAL, Purpose.TRAINING),
}
"""The purposes that each role may state; the first is meant where none is chosen."""


def permissions() -> tuple[Permission, ...]:
    """Every permission that an installed capability declares."""
    return tuple(grant.permission for grant in _granted().grants)


def permissions_of(role: str) -> frozenset[Permission]:
    """What a role holds; nothing where it is not known here."""
    return _granted().of_role.get(role, frozenset())


def permission_of(code: str) -> Permission:
    """The permission that is written like inbox:submit; ValueError where no capability declares it."""
    for permission in permissions():
        if permission == code:
            return permission
    raise ValueError(f"{code!r} is not a valid Permission")


def grantable() -> frozenset[Permission]:
    """What a token may carry: handing in and fetching. Decisions about people and money are made by people."""
    return frozenset(grant.permission for grant in _granted().grants if grant.by_token)


class _Granted(NamedTuple):
    grants: tuple[Grant, ...]
    of_role: dict[str, frozenset[Permission]]
    deciding: frozenset[Permission]


def _granted() -> _Granted:
    return _collected(tuple(apps.app_configs))


@lru_cache(maxsize=1)
def _collected(_apps: tuple[str, ...]) -> _Granted:
    """What the capabilities grant, once for a set of installed apps."""
    grants = tuple(grant for _, declaration in declared() for grant in declaration.grants)
    of_role = {role: frozenset(grant.permission for grant in grants if role in grant.roles) for role in ROLES}
    return _Granted(grants, of_role, frozenset(grant.permission for grant in grants if grant.decides))


def allowed(actor: Actor, permission: Permission) -> bool:
    """Whether `actor` holds `permission`; false for whoever is not known here, or no longer works here.

    A service account holds what its token grants and nothing else.
    """
    if not getattr(actor, "is_active", True):
        return False
    if isinstance(actor, ServiceAccount):
        return permission in actor.permissions
    return permission in permissions_of(getattr(actor, "role", ""))


def require(actor: Actor, permission: Permission) -> None:
    """Raise NotAllowed unless `actor` holds `permission`."""
    if not allowed(actor, permission):
        name = getattr(actor, "username", "") or "someone not signed in"
        raise NotAllowed(Msg.MAY_NOT_DO_THIS, user=name, permission=permission)


def decides(role: str) -> bool:
    """Whether a role decides about money or people, and therefore needs a second factor."""
    return not _granted().deciding.isdisjoint(permissions_of(role))


def default_purpose(role: str) -> str:
    """What someone of `role` is taken to look for where they have not said; a service account works on a case."""
    return str(ROLE_PURPOSES.get(role, (Purpose.CASE_WORK,))[0])


def as_markdown() -> str:
    """The table for the documentation: a row for each permission, a column for each role."""
    lines = [f"| permission | {' | '.join(ROLES)} |", f"|---|{'---|' * len(ROLES)}"]
    for permission in permissions():
        marks = ("yes" if permission in permissions_of(role) else "" for role in ROLES)
        lines.append(f"| {permission} | {' | '.join(marks)} |")
    return "\n".join(line.replace("|  |", "| |").replace("|  |", "| |") for line in lines)
