"""What tests of the desk share: the moment at which they begin, and the kinds of their fixtures."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from django.test import Client

if TYPE_CHECKING:
    from accord.capabilities.orders.services.decide import FirstResponse
    from accord.capabilities.people.models import User

NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)  # 12:00 in Shanghai
PASSWORD = "correct horse battery staple"

SignedIn = Callable[["User"], Client]
TakeCall = Callable[..., "FirstResponse"]
