"""What the views of accounts share: who asks, and where one belongs after signing in."""

from __future__ import annotations

from typing import Final

from django.conf import settings
from django.http import HttpRequest

from accord.capabilities.people.models import User

PAGE_ROWS: Final = 50


def signed_in(request: HttpRequest) -> User:
    """The signed-in user; every view here but those of signing in has one."""
    assert isinstance(request.user, User)
    return request.user


def landing(user: User) -> str:
    """The page where someone of this role begins."""
    return str(settings.ACCORD_LANDING.get(user.role, settings.LOGIN_REDIRECT_URL))
