"""What a visitor has opened with a code. It is kept in the session for ten minutes, or until the visitor leaves.

So the code is typed once, never stands in an address or a page, and a page left open tells nothing more after that time.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final, NamedTuple

from django.http import HttpRequest, HttpResponse
from django.shortcuts import resolve_url

from accord.core import clock

OPEN_FOR: Final = timedelta(minutes=10)
REPORT: Final = "public-report"
APPEAL: Final = "public-appeal"


class Opened(NamedTuple):
    reference: str
    code: str


def open_with(request: HttpRequest, what: str, reference: str, code: str) -> None:
    """Keep what the visitor may see from now on. A stranger's session gets a new key, whoever may know the old one."""
    if not request.user.is_authenticated:
        request.session.cycle_key()
        request.session.set_expiry(OPEN_FOR)
    request.session[what] = [reference, code, clock.to_micros(clock.machine_now() + OPEN_FOR)]


def opened(request: HttpRequest, what: str) -> Opened | None:
    """What the visitor opened not long ago."""
    kept = request.session.get(what)
    if kept is None or clock.to_micros(clock.machine_now()) >= kept[2]:
        return None
    return Opened(kept[0], kept[1])


def closes_by_itself(response: HttpResponse, then: str) -> HttpResponse:
    """The browser leaves the page once it is closed here: what it shows must not lie open, and there is no script to do it."""
    response.headers["Refresh"] = f"{int(OPEN_FOR.total_seconds())}; url={resolve_url(then)}"
    return response


def close(request: HttpRequest) -> None:
    """Forget what was opened; someone who is signed in stays so."""
    if request.user.is_authenticated:
        for what in (REPORT, APPEAL):
            request.session.pop(what, None)
    else:
        request.session.flush()
