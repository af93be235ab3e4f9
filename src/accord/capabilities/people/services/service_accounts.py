"""Service accounts of other systems, and the tokens that they show."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Iterable
from datetime import timedelta
from typing import Final
from uuid import UUID

from accord.capabilities import unit_of_work
from accord.capabilities.people.audit import ServiceAudit
from accord.capabilities.people.errors import Msg
from accord.capabilities.people.models import Agency, ServiceAccount, ServiceToken
from accord.capabilities.people.permissions import TokenPermission
from accord.capabilities.people.policy import Actor, grantable, require
from accord.capabilities.permissions import Permission
from accord.core import clock
from accord.core.errors import BadInput, Conflict, NotFound

DEFAULT_LIFE: Final = timedelta(days=90)
LONGEST_LIFE: Final = timedelta(days=366)
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_PREFIX_BYTES: Final = 6
_SECRET_BYTES: Final = 32


@unit_of_work.change
def add_service_account(actor: Actor, name: str, agency_code: str) -> ServiceAccount:
    """An account for another system; BadInput when the name is taken or cannot be one, or there is no such agency."""
    require(actor, TokenPermission.MANAGE)
    if not _NAME.fullmatch(name):
        raise BadInput(Msg.CANNOT_BE_SERVICE_ACCOUNT_NAME, name=name, where="name")
    if ServiceAccount.objects.filter(name=name).exists():
        raise BadInput(Msg.ALREADY_SERVICE_ACCOUNT, name=name, where="name")
    if not Agency.objects.filter(code=agency_code).exists():
        raise BadInput(Msg.NO_AGENCY, code=agency_code, where="agency")
    account = ServiceAccount.objects.create(name=name, agency_code=agency_code)
    unit_of_work.record(actor, ServiceAudit.SERVICE_ACCOUNT_ADDED, subject=None, obj=account, name=name, agency=agency_code)
    return account


@unit_of_work.change
def set_service_account_active(actor: Actor, account_id: UUID, active: bool) -> ServiceAccount:
    """Let a service account in again, or shut it out at once with all its tokens."""
    require(actor, TokenPermission.MANAGE)
    account = ServiceAccount.objects.select_for_update().filter(pk=account_id).first()
    if account is None:
        raise NotFound(Msg.NO_SUCH_SERVICE_ACCOUNT)
    account.is_active = active
    account.save(update_fields=["is_active"])
    action = ServiceAudit.SERVICE_ACCOUNT_REACTIVATED if active else ServiceAudit.SERVICE_ACCOUNT_DEACTIVATED
    unit_of_work.record(actor, action, subject=None, obj=account, name=account.name)
    return account


@unit_of_work.change
def issue_token(
    actor: Actor, account: ServiceAccount, permissions: Iterable[Permission], lasts: timedelta = DEFAULT_LIFE
) -> tuple[ServiceToken, str]:
    """A new token and its secret, "accord_<prefix>_<secret>", which is shown this once and not kept.

    BadInput for permissions that a token cannot carry, none at all, or a life that is not between nothing and 366 days.
    """
    require(actor, TokenPermission.MANAGE)
    granted = sorted(set(permissions))
    if not granted:
        raise BadInput(Msg.TOKEN_NEEDS_AT_LEAST_ONE_PERMISSION, where="permissions")
    if refused := [permission for permission in granted if permission not in grantable()]:
        allowed = ", ".join(sorted(grantable()))
        raise BadInput(Msg.TOKEN_CANNOT_CARRY, refused=tuple(refused), allowed=allowed, where="permissions")
    if not timedelta(0) < lasts <= LONGEST_LIFE:
        raise BadInput(Msg.TOKEN_LASTS_AT_MOST_DAYS, days=LONGEST_LIFE.days, where="lasts")
    if not account.is_active:
        raise Conflict(Msg.SERVICE_ACCOUNT_DEACTIVATED, name=account.name)
    prefix = secrets.token_hex(_PREFIX_BYTES)
    secret = f"accord_{prefix}_{secrets.token_urlsafe(_SECRET_BYTES)}"
    now = clock.machine_now()
    token = ServiceToken.objects.create(
        account=account,
        prefix=prefix,
        digest=digest_of(secret),
        permissions=[permission.value for permission in granted],
        issued_by=actor.username,
        issued_at=now,
        expires_at=now + lasts,
    )
    details = {"permissions": ", ".join(token.permissions), "token": prefix, "until": clock.to_iso(token.expires_at)}
    unit_of_work.record(actor, ServiceAudit.TOKEN_ISSUED, subject=None, obj=account, name=account.name, **details)
    return token, secret


@unit_of_work.change
def revoke_token(actor: Actor, prefix: str) -> ServiceToken:
    """End a token at once; NotFound when there is none with this prefix, Conflict when it has ended already."""
    require(actor, TokenPermission.MANAGE)
    token = ServiceToken.objects.select_for_update().filter(prefix=prefix).first()
    if token is None:
        raise NotFound(Msg.NO_SUCH_TOKEN)
    if token.revoked_at is not None:
        raise Conflict(Msg.TOKEN_REVOKED_ALREADY, prefix=prefix)
    token.revoked_at = clock.machine_now()
    token.save(update_fields=["revoked_at"])
    account = ServiceAccount.objects.get(pk=token.account_id)
    unit_of_work.record(actor, ServiceAudit.TOKEN_REVOKED, subject=None, obj=account, name=account.name, token=prefix)
    return token


def digest_of(secret: str) -> str:
    """What is kept of a secret. It is random and long, so that one round of SHA-256 is enough."""
    return hashlib.sha256(secret.encode()).hexdigest()
