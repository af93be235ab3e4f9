"""Who may do what. Unknown means deny."""

from __future__ import annotations

from enum import StrEnum
from typing import Final, Protocol

from accord.capabilities.people.errors import Msg
from accord.capabilities.people.models import Purpose, Role, ServiceAccount
from accord.core.errors import NotAllowed


class Permission(StrEnum):
    """Each permission is resource:action."""

    REPORTS_TAKE = "reports:take"
    REPORTS_READ = "reports:read"
    CLAIMS_READ = "claims:read"
    CLAIMS_TRACE = "claims:trace"
    ORDERS_READ = "orders:read"
    ORDERS_DRAFT = "orders:draft"
    ORDERS_APPROVE = "orders:approve"
    ORDERS_OVERRIDE = "orders:override"  # send one's own draft in an emergency; leaves a mark
    ORDERS_CLEAR = "orders:clear"  # clear the mark that an override left
    ORDERS_RELEASE = "orders:release"
    APPEALS_READ = "appeals:read"
    APPEALS_RECORD = "appeals:record"
    APPEALS_DECIDE = "appeals:decide"
    RETURNS_READ = "returns:read"
    RETURNS_PREPARE = "returns:prepare"
    RETURNS_DECIDE = "returns:decide"
    SHIFTS_HAND_OVER = "shifts:hand_over"
    AUDIT_READ = "audit:read"
    FIGURES_READ = "figures:read"
    USERS_MANAGE = "users:manage"
    TOKENS_MANAGE = "tokens:manage"
    # a ledger holder's side: what other agencies ask and order of it
    INBOX_READ = "inbox:read"
    INBOX_DECIDE = "inbox:decide"
    INBOX_RULES = "inbox:rules"
    INBOX_SUBMIT = "inbox:submit"  # another agency's service account hands in enquiries and orders
    ANSWERS_SUBMIT = "answers:submit"  # a ledger holder's service account hands in what it answers
    # other countries' and provinces' centres
    EXCHANGE_READ = "exchange:read"
    EXCHANGE_ASK = "exchange:ask"
    EXCHANGE_ANSWER = "exchange:answer"
    AGREEMENTS_DRAFT = "agreements:draft"
    AGREEMENTS_SIGN = "agreements:sign"
    PARTNERS_MANAGE = "partners:manage"


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


class _Operator:
    """Whoever gives commands on the machine itself: they hold the database in any case, so what they do is on record."""

    username: Final = "operator"
    role: Final = "operator"


OPERATOR: Final[Actor] = _Operator()

RESERVED_NAMES: Final = frozenset({NODE.username, OPERATOR.username})
"""No user may bear them: the audit would not tell who acted."""

_DESK: Final = frozenset(
    {
        Permission.REPORTS_TAKE,
        Permission.REPORTS_READ,
        Permission.CLAIMS_READ,
        Permission.CLAIMS_TRACE,
        Permission.ORDERS_READ,
        Permission.ORDERS_DRAFT,
        Permission.ORDERS_APPROVE,
        Permission.ORDERS_OVERRIDE,
        Permission.APPEALS_READ,
        Permission.APPEALS_RECORD,
        Permission.RETURNS_READ,
        Permission.RETURNS_PREPARE,
        Permission.SHIFTS_HAND_OVER,
        Permission.EXCHANGE_READ,
        Permission.EXCHANGE_ASK,
    }
)

_LIAISON: Final = frozenset(
    {
        Permission.CLAIMS_READ,
        Permission.ORDERS_READ,
        Permission.EXCHANGE_READ,
        Permission.EXCHANGE_ASK,
        Permission.EXCHANGE_ANSWER,
        Permission.AGREEMENTS_DRAFT,
    }
)

ROLE_PERMISSIONS: Final[dict[str, frozenset[Permission]]] = {
    Role.OFFICER: _DESK,
    Role.SUPERVISOR: _DESK
    | {
        Permission.ORDERS_CLEAR,
        Permission.ORDERS_RELEASE,
        Permission.APPEALS_DECIDE,
        Permission.RETURNS_DECIDE,
        Permission.AUDIT_READ,
        Permission.FIGURES_READ,
        Permission.EXCHANGE_ANSWER,
        Permission.AGREEMENTS_DRAFT,
        Permission.AGREEMENTS_SIGN,
    },
    # speaks with partners: asks and answers, and prepares agreements
    Role.LIAISON: _LIAISON,
    # keeps the node running; being one gives no sight of case content
    Role.ADMINISTRATOR: frozenset({Permission.USERS_MANAGE, Permission.TOKENS_MANAGE, Permission.PARTNERS_MANAGE}),
    # looks at what was done and how well, not at cases
    Role.AUDITOR: frozenset({Permission.AUDIT_READ, Permission.FIGURES_READ}),
    Role.BANK_OFFICER: frozenset({Permission.INBOX_READ, Permission.INBOX_DECIDE}),
    Role.BANK_SUPERVISOR: frozenset(
        {Permission.INBOX_READ, Permission.INBOX_DECIDE, Permission.INBOX_RULES, Permission.AUDIT_READ, Permission.FIGURES_READ}
    ),
    OPERATOR.role: frozenset(
        {
            Permission.USERS_MANAGE,
            Permission.TOKENS_MANAGE,
            Permission.AUDIT_READ,
            Permission.EXCHANGE_READ,
            Permission.PARTNERS_MANAGE,
            Permission.AGREEMENTS_DRAFT,
            Permission.AGREEMENTS_SIGN,
        }
    ),
    NODE.role: frozenset({Permission.REPORTS_READ, Permission.CLAIMS_READ, Permission.CLAIMS_TRACE, Permission.ORDERS_READ}),
}


DECIDES: Final = frozenset(
    {
        Permission.ORDERS_APPROVE,
        Permission.ORDERS_OVERRIDE,
        Permission.ORDERS_CLEAR,
        Permission.ORDERS_RELEASE,
        Permission.APPEALS_DECIDE,
        Permission.RETURNS_DECIDE,
        Permission.INBOX_DECIDE,
        Permission.INBOX_RULES,
        Permission.AUDIT_READ,
        Permission.USERS_MANAGE,
        Permission.TOKENS_MANAGE,
        Permission.EXCHANGE_ASK,
        Permission.EXCHANGE_ANSWER,
        Permission.AGREEMENTS_SIGN,
        Permission.PARTNERS_MANAGE,
    }
)
"""Who holds one of these decides about people's money, or about people: a password alone is not enough for them."""

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


def allowed(actor: Actor, permission: Permission) -> bool:
    """Whether `actor` holds `permission`; false for whoever is not known here, or no longer works here.

    A service account holds what its token grants and nothing else.
    """
    if not getattr(actor, "is_active", True):
        return False
    if isinstance(actor, ServiceAccount):
        return permission in actor.permissions
    return permission in ROLE_PERMISSIONS.get(getattr(actor, "role", ""), frozenset())


def require(actor: Actor, permission: Permission) -> None:
    """Raise NotAllowed unless `actor` holds `permission`."""
    if not allowed(actor, permission):
        name = getattr(actor, "username", "") or "someone not signed in"
        raise NotAllowed(Msg.MAY_NOT_DO_THIS, user=name, permission=permission)


def decides(role: str) -> bool:
    """Whether a role decides about money or people, and therefore needs a second factor."""
    return not DECIDES.isdisjoint(ROLE_PERMISSIONS.get(role, frozenset()))


def default_purpose(role: str) -> str:
    """What someone of `role` is taken to look for where they have not said; a service account works on a case."""
    return str(ROLE_PURPOSES.get(role, (Purpose.CASE_WORK,))[0])


def as_markdown() -> str:
    """The table for the documentation: a row for each permission, a column for each role."""
    roles = list(ROLE_PERMISSIONS)
    lines = [f"| permission | {' | '.join(roles)} |", f"|---|{'---|' * len(roles)}"]
    for permission in Permission:
        marks = ("yes" if permission in ROLE_PERMISSIONS[role] else "" for role in roles)
        lines.append(f"| {permission} | {' | '.join(marks)} |")
    return "\n".join(line.replace("|  |", "| |").replace("|  |", "| |") for line in lines)
