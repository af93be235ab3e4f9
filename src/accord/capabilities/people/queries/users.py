from __future__ import annotations

from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from accord.capabilities.people.errors import Msg
from accord.capabilities.people.models import (
    Agency,
    FactorKind,
    SecondFactor,
    ServiceAccount,
    ServiceToken,
    Team,
    User,
    UserSession,
)
from accord.capabilities.people.permissions import TokenPermission, UserPermission
from accord.capabilities.people.policy import Actor, require
from accord.core.errors import NotFound


def users(actor: Actor, text: str = "") -> QuerySet[User]:
    """Users whose name, role, agency or team contains `text`, by name; with `has_factor`. For whoever manages them."""
    require(actor, UserPermission.MANAGE)
    factors = SecondFactor.objects.filter(user=OuterRef("pk")).exclude(kind=FactorKind.RECOVERY)
    found = User.objects.select_related("agency", "team").annotate(has_factor=Exists(factors)).order_by("username")
    needle = text.strip()
    if not needle:
        return found
    return found.filter(
        Q(username__icontains=needle)
        | Q(full_name__icontains=needle)
        | Q(role__icontains=needle)
        | Q(agency__name__icontains=needle)
        | Q(agency__name_zh__icontains=needle)
        | Q(team__name__icontains=needle)
    )


def user(actor: Actor, user_id: UUID) -> User:
    """One user; NotFound when there is none."""
    found = users(actor).filter(pk=user_id).first()
    if found is None:
        raise NotFound(Msg.NO_SUCH_USER)
    return found


def agencies(actor: Actor) -> QuerySet[Agency]:
    require(actor, UserPermission.MANAGE)
    return Agency.objects.all()


def teams(actor: Actor) -> QuerySet[Team]:
    require(actor, UserPermission.MANAGE)
    return Team.objects.select_related("agency")


def sessions_of(actor: Actor, user_id: UUID) -> QuerySet[UserSession]:
    """The browsers in which a user is signed in."""
    require(actor, UserPermission.MANAGE)
    return UserSession.objects.filter(user=user_id)


def service_accounts(actor: Actor) -> QuerySet[ServiceAccount]:
    require(actor, TokenPermission.MANAGE)
    return ServiceAccount.objects.all()


def service_tokens(actor: Actor) -> QuerySet[ServiceToken]:
    """All tokens, the newest first; their secrets are not kept."""
    require(actor, TokenPermission.MANAGE)
    return ServiceToken.objects.select_related("account")


def own_sessions(mine: User) -> QuerySet[UserSession]:
    """The browsers in which one is signed in oneself."""
    return UserSession.objects.filter(user=mine)


def own_factors(mine: User) -> QuerySet[SecondFactor]:
    """One's own authenticator app and passkeys."""
    return SecondFactor.objects.filter(user=mine).exclude(kind=FactorKind.RECOVERY)


def recovery_codes_left(mine: User) -> int:
    """How many of one's own recovery codes are not used yet."""
    kept = SecondFactor.objects.filter(user=mine, kind=FactorKind.RECOVERY).first()
    return len(kept.data["codes"]) if kept else 0


def signing_in(user_id: str) -> User | None:
    """The user whose password was right a moment ago, unless they were deactivated since."""
    return User.objects.filter(pk=user_id, is_active=True).first()
