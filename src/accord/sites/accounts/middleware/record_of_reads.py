"""Keeps the purpose at hand during a request and writes down, before the page leaves, what case content it shows."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable
from typing import Final

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse

from accord.capabilities.people import services as people
from accord.capabilities.people.context import RequestContext, within_request
from accord.capabilities.people.models import User
from accord.capabilities.people.policy import ROLE_PURPOSES
from accord.core.errors import AccordError, Unavailable
from accord.sites.accounts.errors import Msg
from accord.web.errors import error_response

_log = logging.getLogger(__name__)

PURPOSE_KEY: Final = "purpose"
"""Where the session keeps the purpose that its user chose."""


class RecordOfReads:
    """Must stand inside the session and sign-in middleware. A page whose reads cannot be written down is not served."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with within_request(_context_of(request)) as context:
            response = self._get_response(request)
            try:
                people.write_reads(context)
            except (DatabaseError, AccordError):
                _log.exception("the record of reads cannot be written; the page is held back")
                error = Unavailable(Msg.RECORD_READS_CANNOT_BE_WRITTEN)
                return error_response(request, error)
        return response


def _context_of(request: HttpRequest) -> RequestContext:
    user = request.user
    if not isinstance(user, User):
        return RequestContext()
    chosen = str(request.session.get(PURPOSE_KEY, ""))
    purpose = chosen if chosen in ROLE_PURPOSES.get(user.role, ()) else ""
    return RequestContext(purpose=purpose, session=_name_of_session(request.session.session_key))


def _name_of_session(key: str | None) -> str:
    """Tells browsers apart in the record without giving away the key that opens one."""
    return hashlib.sha256(key.encode()).hexdigest()[:16] if key else ""
