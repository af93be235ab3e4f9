"""Guessing is stopped: after a few failures a user name, and after more an address, must wait or be unlocked."""

from __future__ import annotations

import ipaddress
from typing import Any, Final

from axes.handlers.database import AxesDatabaseHandler
from axes.models import AccessAttempt
from django.conf import settings
from django.http import HttpRequest

PER_ADDRESS: Final = 5
"""One address may fail this many times as often as one name: a whole desk may sit behind one address."""


class Lockout(AxesDatabaseHandler):  # type: ignore[misc]  # django-axes carries no types
    """Counts failures by name, and by address with that allowance. Settings AXES_… say the limit and how long it lasts."""

    def get_failures(self, request: HttpRequest, credentials: dict[str, Any] | None = None) -> int:
        """The count that is compared with the limit. Parameters are ["username", "ip_address"], in this order."""
        by_name, by_address = (
            sum(attempts.values_list("failures_since_start", flat=True))
            for attempts in self.get_user_attempts(request, credentials)
        )
        return int(max(by_name, by_address // PER_ADDRESS))

    def reset_user_attempts(self, request: HttpRequest, credentials: dict[str, Any] | None = None) -> int:
        """Signing in forgets the failures of that name alone: who owns an account must not clear an address by it."""
        return forget(str((credentials or {}).get("username", "")))


def client_address(request: HttpRequest) -> str:
    """Where a request comes from: what the proxy that ends TLS adds last, where one stands before the node."""
    forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "") if settings.ACCORD_BEHIND_TLS else ""
    for stated in (forwarded.rpartition(",")[2].strip(), request.META.get("REMOTE_ADDR", "")):
        try:
            return str(ipaddress.ip_address(stated))
        except ValueError:
            continue
    return "0.0.0.0"  # noqa: S104 - stands for "not known"; nothing listens on it


def forget(username: str) -> int:
    """Forget the failures of one name; how many there were."""
    attempts = AccessAttempt.objects.filter(username=username)
    count: int = sum(attempts.values_list("failures_since_start", flat=True))
    attempts.delete()
    return count
