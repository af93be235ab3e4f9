"""What every call of the API has in common: its body within bounds, and who it is that calls."""

from __future__ import annotations

import math
import re
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.http import HttpRequest, HttpResponse

from accord.adapters.bank_wire import encode
from accord.capabilities.claims.ports import Acknowledged
from accord.capabilities.people.models import ServiceAccount
from accord.capabilities.people.policy import allowed
from accord.capabilities.people.tokens import service_account_of
from accord.capabilities.permissions import Permission
from accord.core import clock
from accord.core.errors import BadInput, NotAllowed
from accord.node.api.problems import Refused
from accord.node.errors import Msg

CORRELATION: Final = "X-Correlation-ID"
_CORRELATION_SHAPE: Final = re.compile(r"[A-Za-z0-9_.:-]{1,128}", re.ASCII)
_LONGEST_WAIT: Final = 15 * 60


def caller_of(request: HttpRequest, permission: Permission) -> ServiceAccount:
    """The service account whose token the call shows. 401 where there is none, 403 where it may not do this."""
    try:
        account = service_account_of(request.headers.get("Authorization", ""))
    except NotAllowed as error:
        raise Refused(401, error.wording) from error
    if not allowed(account, permission):
        raise NotAllowed(Msg.TOKEN_DOES_NOT_CARRY, permission=permission)
    return account


def body_of(request: HttpRequest, most: int) -> bytes:
    """The body, refused unread where it is announced as longer than `most`."""
    if request.content_type != "application/json":
        raise Refused(415, Msg.SEND_MESSAGE_APPLICATION_JSON)
    announced = request.META.get("CONTENT_LENGTH") or "0"
    if not announced.isdecimal() or int(announced) > most:
        raise Refused(413, Msg.AT_MOST_BYTES_TAKEN, most=most)
    return request.body


def check_idempotency_key(request: HttpRequest, message_id: UUID) -> None:
    """The key is the message's own id, so that a repeated call can be told whatever became of the first."""
    key = request.headers.get("Idempotency-Key", "")
    if not key:
        raise BadInput(Msg.HEADER_IDEMPOTENCY_KEY_MISSING, where="Idempotency-Key")
    try:
        same = UUID(key.strip('"')) == message_id
    except ValueError:
        same = False
    if not same:
        raise Refused(422, Msg.KEY_NOT_MESSAGE_ID, where="Idempotency-Key")


def reply_of(message: Any) -> HttpResponse:
    """200 with an answer; 202 with an acknowledgement, which says when to ask again."""
    if not isinstance(message, Acknowledged):
        return json(message)
    response = json(message, status=202)
    response.headers["Retry-After"] = str(_seconds_until(message.expected_at))
    return response


def json(message: Any, status: int = 200) -> HttpResponse:
    return HttpResponse(encode(message), status=status, content_type="application/json")


def correlate(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Hand the caller's own name for the call back, so that both sides' logs meet."""
    stated = request.headers.get(CORRELATION, "")
    if _CORRELATION_SHAPE.fullmatch(stated):
        response.headers[CORRELATION] = stated
    response.headers["Cache-Control"] = "no-store"
    return response


def _seconds_until(moment: datetime) -> int:
    return min(max(math.ceil((moment - clock.now()).total_seconds()), 1), _LONGEST_WAIT)
