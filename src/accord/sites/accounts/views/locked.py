"""What whoever failed too often is told."""

from __future__ import annotations

from typing import Any

from axes.signals import user_locked_out
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from accord.capabilities.people import services as people


def show(
    request: HttpRequest, _response: HttpResponse | None = None, _credentials: dict[str, Any] | None = None
) -> HttpResponse:
    """The page in place of the answer to a sign-in that is locked out."""
    return render(request, "accounts/locked.html", status=429)


@receiver(user_locked_out, dispatch_uid="accounts_note_lockout")
def note(request: HttpRequest, username: str | None, **_others: object) -> None:
    """On record once, at the failure that locks; later attempts while locked carry no count."""
    if username and getattr(request, "axes_failures_since_start", None) is not None:
        people.note_lockout(username)
