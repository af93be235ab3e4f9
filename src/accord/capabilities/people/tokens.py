"""Who calls with a token."""

from __future__ import annotations

import hmac
import re
from datetime import timedelta
from typing import Final

from django.db.models import Q

from accord.capabilities.people.errors import Msg
from accord.capabilities.people.models import ServiceAccount, ServiceToken
from accord.capabilities.people.policy import grantable
from accord.capabilities.people.services.service_accounts import digest_of
from accord.core import clock
from accord.core.errors import NotAllowed

_HEADER: Final = re.compile(r"Bearer (accord_([0-9a-f]{12})_[A-Za-z0-9_-]{43})", re.ASCII)
_USE_NOTED_EVERY: Final = timedelta(minutes=1)


def service_account_of(header: str) -> ServiceAccount:
    """The account whose token an Authorization header shows ("Bearer accord_…"), holding what that token grants.

    NotAllowed, with one message for all, when the token is unknown, expired or revoked or its account deactivated. A
    permission that this version does not know, or that no token may carry, is not granted.
    """
    shown = _HEADER.fullmatch(header)
    if shown is None:
        raise NotAllowed(Msg.TOKEN_NOT_VALID_HERE)
    token = ServiceToken.objects.filter(prefix=shown[2]).select_related("account").first()
    now = clock.machine_now()
    if token is None or not hmac.compare_digest(token.digest, digest_of(shown[1])):
        raise NotAllowed(Msg.TOKEN_NOT_VALID_HERE)
    if token.revoked_at is not None or token.expires_at <= now or not token.account.is_active:
        raise NotAllowed(Msg.TOKEN_NOT_VALID_HERE)
    _note_use(token)
    account = token.account
    account.permissions = frozenset(permission for permission in grantable() if permission.value in token.permissions)
    return account


def _note_use(token: ServiceToken) -> None:
    """At most once a minute, so that a busy line does not write at every call."""
    now = clock.machine_now()
    stale = Q(last_used_at=None) | Q(last_used_at__lt=now - _USE_NOTED_EVERY)
    if token.last_used_at is None or token.last_used_at < now - _USE_NOTED_EVERY:
        ServiceToken.objects.filter(stale, pk=token.pk).update(last_used_at=now)
