"""What agencies are called: institutions and this agency by the settings, other agencies by those who know them.

Pages show names, messages carry codes. Who knows names of further agencies (the cards of partners) says so once, when the
node starts. They are asked once in each request, when its page first needs it, and never outside of requests.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any, Final

from django.conf import settings
from django.core.signals import request_finished, request_started

Names = tuple[str, str]
"""(English, Chinese); the latter may be "" where there is none."""
Source = Callable[[], Mapping[str, Names]]

_sources: Final[list[Source]] = []


class _OfRequest(threading.local):
    """Of the request that this thread serves: what was told, None before anybody was asked."""

    serving = False
    told: dict[str, Names] | None = None


_request: Final = _OfRequest()


def learn_from(source: Source) -> None:
    """Ask this one too, from now on."""
    _sources.append(source)


def names_of(code: str) -> Names | None:
    """What the agency of this code is called; None where nobody knows it."""
    stated: Mapping[str, Names] = getattr(settings, "ACCORD_INSTITUTIONS", {})
    if code in stated:
        return stated[code]
    if code and code == getattr(settings, "ACCORD_AGENCY", ""):
        return settings.ACCORD_AGENCY_NAME, settings.ACCORD_AGENCY_NAME_ZH
    if not code or not _request.serving:
        return None
    if _request.told is None:
        _request.told = {one: names for source in _sources for one, names in source().items()}
    return _request.told.get(code)


def _begin(**_signal: Any) -> None:
    _request.serving, _request.told = True, None


def _end(**_signal: Any) -> None:
    _request.serving, _request.told = False, None


request_started.connect(_begin, dispatch_uid="names of agencies may be asked for")
request_finished.connect(_end, dispatch_uid="names of agencies are forgotten")
