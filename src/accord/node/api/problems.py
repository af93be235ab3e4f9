"""Errors as RFC 9457 problems: what is wrong, in words, with the status of its kind. Nothing else of the node leaks out."""

from __future__ import annotations

import logging
from typing import Any, Final

from django.core.exceptions import DisallowedHost, RequestDataTooBig
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.http.request import UnreadablePostError
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError

from accord.adapters.bank_wire import Problem, encode
from accord.capabilities.claims.ports import Nonsense
from accord.core.errors import AccordError, BadInput, Conflict, NotAllowed, NotFound, Unavailable
from accord.core.wording import Messages, Wording

_log = logging.getLogger(__name__)

PROBLEM_JSON: Final = "application/problem+json"
AGAIN_SECONDS: Final = 30

_TITLES: Final = {
    400: "The message cannot be accepted",
    401: "Who calls is not known",
    403: "Not allowed",
    404: "Not found",
    405: "The method is not offered here",
    409: "The state of things refuses it",
    413: "The message is too long",
    415: "The message must be application/json",
    422: "The request contradicts itself",
    500: "Something is wrong on this side",
    503: "Not available now",
}
_STATUSES: Final[tuple[tuple[type[AccordError], int], ...]] = (
    (NotFound, 404),
    (BadInput, 400),
    (Nonsense, 422),
    (NotAllowed, 403),
    (Conflict, 409),
    (Unavailable, 503),
)


class Refused(AccordError):
    """A request refused before anything was asked of a capability; `status` says how."""

    def __init__(self, status: int, message: Messages | Wording, /, *, where: str = "", **params: object) -> None:
        super().__init__(message, where=where, **params)
        self.status = status


def problem(status: int, detail: str) -> HttpResponse:
    """The response for one problem."""
    body = encode(Problem(status, _TITLES.get(status, _TITLES[400 if status < 500 else 500]), detail))
    response = HttpResponse(body, status=status, content_type=PROBLEM_JSON)
    if status == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    if status == 503:
        response.headers["Retry-After"] = str(AGAIN_SECONDS)
    return response


def problem_of(error: AccordError) -> HttpResponse:
    """The response for one of our own errors."""
    status = error.status if isinstance(error, Refused) else status_of(error)
    if status == 500:
        _log.error("a call to the API met stored data that cannot be used: %s", error)
        return problem(500, "tell whoever runs this node; nothing was changed")
    return problem(status, str(error))


def status_of(error: AccordError) -> int:
    return next((status for kind, status in _STATUSES if isinstance(error, kind)), 500)


def answer_errors(api: NinjaAPI) -> None:
    """Let every error that leaves a view of `api` become a problem."""

    def ours(_request: HttpRequest, error: Any) -> HttpResponse:
        return problem_of(error)

    def badly_called(_request: HttpRequest, error: Any) -> HttpResponse:
        first = error.errors[0] if error.errors else {}
        where = ".".join(str(part) for part in first.get("loc", ()))
        return problem(422, f"{where}: {first.get('msg', 'cannot be read')}"[:300])

    def http(_request: HttpRequest, error: Any) -> HttpResponse:
        return problem(error.status_code, str(error)[:300])

    def broken_off(_request: HttpRequest, _error: Any) -> HttpResponse:
        return problem(400, "the request's body cannot be read whole")

    def too_long(_request: HttpRequest, _error: Any) -> HttpResponse:
        return problem(413, "the message is longer than this node takes in")

    def store_away(_request: HttpRequest, _error: Any) -> HttpResponse:
        _log.exception("the operational store does not answer")
        return problem(503, "this node's store does not answer now; send the same message again")

    api.add_exception_handler(AccordError, ours)
    api.add_exception_handler(ValidationError, badly_called)
    api.add_exception_handler(HttpError, http)
    api.add_exception_handler(UnreadablePostError, broken_off)
    api.add_exception_handler(DisallowedHost, broken_off)
    api.add_exception_handler(RequestDataTooBig, too_long)
    api.add_exception_handler(OperationalError, store_away)
