"""Errors that a person can act on become pages that say what happened and what to do, in the reader's language."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Final

from django.db import InterfaceError, OperationalError, connections
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accord.core.errors import AccordError, BadInput, Conflict, NotAllowed, NotFound, Unavailable
from accord.web.wording import message_of

_KINDS: Final = (
    (NotFound, 404, gettext_lazy("Not found."), gettext_lazy("Look for it in the list of reports or orders.")),
    (BadInput, 400, gettext_lazy("This cannot be accepted."), gettext_lazy("Put it right and try again.")),
    (NotAllowed, 403, gettext_lazy("You may not do this."), ""),
    (
        Conflict,
        409,
        gettext_lazy("Things have changed meanwhile."),
        gettext_lazy("Load the page afresh and look at how it stands now."),
    ),
    (Unavailable, 503, gettext_lazy("Not available now."), gettext_lazy("Try again in a moment.")),
)


def server_error(request: HttpRequest) -> HttpResponse:
    """Whatever no view has foreseen: 503 where the store is away or has no room, so that nothing was saved; else 500.

    The page asks the store for nothing.
    """
    store_away = isinstance(sys.exc_info()[1], OperationalError | InterfaceError)
    if store_away:
        _let_go_of_the_store()
    page = render_to_string("accord/server_error.html", {"store_away": store_away})
    return HttpResponse(page, status=503 if store_away else 500)


def _let_go_of_the_store() -> None:
    """The next request begins on a fresh connection: after a failed write SQLite may refuse everything on the old one."""
    for connection in connections.all(initialized_only=True):
        if not connection.in_atomic_block:
            connection.close()


class AccordErrors:
    """Middleware: an AccordError that leaves a view becomes its HTTP status; any other exception is not ours to hide."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self._get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, AccordError):
            return None
        return error_response(request, exception)


def error_response(request: HttpRequest, error: AccordError) -> HttpResponse:
    """A page, or for htmx an alert that takes its place among the page's messages."""
    status, title, advice = _explain(error)
    context = {"title": title, "message": message_of(error), "advice": advice, "back": _back(request)}
    if request.headers.get("HX-Request") == "true":
        response = render(request, "accord/_error.html", context, status=status)
        response.headers["HX-Retarget"], response.headers["HX-Reswap"] = "#alerts", "innerHTML show:top"
        return response
    return render(request, "accord/error.html", context, status=status)


def _explain(error: AccordError) -> tuple[int, str, str]:
    for kind, status, title, advice in _KINDS:
        if isinstance(error, kind):
            return status, str(title), str(advice)
    return 500, _("Something is damaged."), _("Tell whoever runs this node; nothing was changed.")


def _back(request: HttpRequest) -> str:
    """The page that the reader came from, if it is one of ours and not this very address."""
    referer = request.headers.get("Referer", "")
    if not url_has_allowed_host_and_scheme(referer, {request.get_host()}, require_https=request.is_secure()):
        return ""
    return "" if referer == request.build_absolute_uri() and request.method == "GET" else referer
