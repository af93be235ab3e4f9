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
        raise BadInput(f"{name!r} cannot be a service account's name; use letters, digits and . _ -", where="name")
    if ServiceAccount.objects.filter(name=name).exists():
        raise BadInput(f"there is already a service account {name!r}; choose another name", where="name")
    if not Agency.objects.filter(code=agency_code).exists():
        raise BadInput(f"there is no agency {agency_code!r}; add it first", where="agency")
    account = ServiceAccount.objects.create(name=name, agency_code=agency_code)
    unit_of_work.record(actor, ServiceAudit.SERVICE_ACCOUNT_ADDED, subject=None, obj=account, name=name, agency=agency_code)
    return account


@unit_of_work.change
def set_service_account_active(actor: Actor, account_id: UUID, active: bool) -> ServiceAccount:
    """Let a service account in again, or shut it out at once with all its tokens."""
    require(actor, TokenPermission.MANAGE)
    account = ServiceAccount.objects.select_for_update().filter(pk=account_id).first()
    if account is None:
        raise NotFound("there is no such service account")
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
        raise BadInput("a token needs at least one permission", where="permissions")
    if refused := [permission for permission in granted if permission not in grantable()]:
        allowed = ", ".join(sorted(grantable()))
        raise BadInput(f"a token cannot carry {', '.join(refused)}; it can carry {allowed}", where="permissions")
    if not timedelta(0) < lasts <= LONGEST_LIFE:
        raise BadInput(f"a token lasts at most {LONGEST_LIFE.days} days", where="lasts")
    if not account.is_active:
        raise Conflict(f"the service account {account.name} is deactivated; reactivate it first")
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
        raise NotFound("there is no such token")
    if token.revoked_at is not None:
        raise Conflict(f"the token {prefix} is revoked already")
    token.revoked_at = clock.machine_now()
    token.save(update_fields=["revoked_at"])
    account = ServiceAccount.objects.get(pk=token.account_id)
    unit_of_work.record(actor, ServiceAudit.TOKEN_REVOKED, subject=None, obj=account, name=account.name, token=prefix)
    return token


def digest_of(secret: str) -> str:
    """What is kept of a secret. It is random and long, so that one round of SHA-256 is enough."""
    return hashlib.sha256(secret.encode()).hexdigest()
