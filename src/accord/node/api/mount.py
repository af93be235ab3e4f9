"""Which API a node offers, by what kind of agency it is: a bank takes messages in, a centre what banks and partners tell."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, re_path
from django.views.decorators.http import require_safe
from ninja import NinjaAPI

from accord.node.api.problems import problem
from accord.node.api.requests import correlate


def mounted(agency_kind: str) -> list[URLPattern | Any]:
    """The API's addresses for this kind of node. Everything else below api/ is a problem document, never a page."""
    if agency_kind == "bank":
        from accord.node.api.bank import api as bank

        offered = {"api/bank/v1/": bank}
    else:
        from accord.node.api.centre import api as centre
        from accord.node.api.partner import api as partner

        offered = {"api/centre/v1/": centre, "api/partner/v1/": partner}
    return [*(path(prefix, _open_to_callers(api)) for prefix, api in offered.items()), re_path(r"^api/", _nothing_here)]


def _open_to_callers(api: NinjaAPI) -> Any:
    """Callers show tokens or signatures, not a session; each reply carries their own name for the call."""
    patterns, app, namespace = api.urls
    for pattern in patterns:
        assert isinstance(pattern, URLPattern)
        view: Any = pattern.callback
        if pattern.name == "api-root":  # the framework needs its name, and would answer with a page
            view = _nothing_here
        elif pattern.name == "openapi-json":  # the framework would answer any method
            view = require_safe(view)
        pattern.callback = _wrapped(view)
    return patterns, app, namespace


def _wrapped(view: Any) -> Any:
    def call(request: HttpRequest, *arguments: Any, **named: Any) -> HttpResponse:
        response: HttpResponse = view(request, *arguments, **named)
        if response.status_code == 405:
            allow = response.headers.get("Allow", "")
            response = problem(405, "this address takes other methods")
            response.headers["Allow"] = allow
        return correlate(request, response)

    call.csrf_exempt = True  # type: ignore[attr-defined]
    call.login_required = False  # type: ignore[attr-defined]
    return call


def _nothing_here(_request: HttpRequest) -> HttpResponse:
    return problem(404, "there is nothing at this address; the OpenAPI document lists what there is")


_nothing_here.csrf_exempt = True  # type: ignore[attr-defined]
_nothing_here.login_required = False  # type: ignore[attr-defined]
