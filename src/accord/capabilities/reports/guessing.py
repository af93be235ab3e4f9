"""Codes that the public types are few characters long, so guessing them is slowed down: by address and by reference.

After five wrong ones within ten minutes neither that address nor anybody for that reference is heard until the first of
them is ten minutes old. What is refused does not count, so nobody can keep a reporter out for longer than that at a time.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings

from accord.capabilities.reports.errors import Msg
from accord.capabilities.reports.models import WrongTry
from accord.core import clock
from accord.core.errors import NotFound, Unavailable

MOST_WRONG: Final = 5
WITHIN: Final = timedelta(minutes=10)


class TooManyTries(Unavailable):
    """Too many wrong codes from here, or for this reference; the right one is not heard either until some time has passed."""


@contextmanager
def slowed(address: str, reference: str) -> Iterator[None]:
    """Look something up by reference and code in the with block; a NotFound that leaves it counts as a wrong try.

    The try is counted before the look-up, outside of any transaction, and taken back when the code was right, so that many
    tries at one moment get no more answers than as many one after another. Raises TooManyTries. The machine's clock counts:
    guessing is real where the node plays an exercise too.
    """
    now = clock.machine_now()
    WrongTry.objects.filter(at__lte=now - WITHIN).delete()
    keys = [_key("address", _network(address)), _key("reference", reference)]
    counted = [WrongTry.objects.create(key=key, at=now) for key in keys]
    wrong = False
    try:
        if any(_tries(key, now) > MOST_WRONG for key in keys):
            raise TooManyTries(Msg.TOO_MANY_WRONG_CODES)
        yield
    except NotFound:
        wrong = True
        raise
    finally:
        if not wrong:
            WrongTry.objects.filter(pk__in=[row.pk for row in counted]).delete()


def _tries(key: str, now: datetime) -> int:
    return WrongTry.objects.filter(key=key, at__gt=now - WITHIN).count()


def _network(address: str) -> str:
    """Whoever has one IPv6 address has 2^64 of them: the network counts (RFC 6177)."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    return str(ipaddress.ip_network((parsed, 64), strict=False)) if parsed.version == 6 else str(parsed)


def _key(kind: str, value: str) -> str:
    """Neither addresses nor references lie about in a table of guesses."""
    return hmac.new(settings.SECRET_KEY.encode(), f"wrong try {kind} {value}".encode(), hashlib.sha256).hexdigest()
