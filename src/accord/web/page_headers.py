"""What every answer carries: what a page may load, and what time it is on the desk."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import resolve_url
from django_htmx.http import HttpResponseClientRedirect

from accord.core import clock

CYTOSCAPE_STYLE: Final = "sha256-pgvDUBa4IjFA2yuSJ2cqcyxmNYJMborsd0ORcRv9vw8="
"""Hash of the one style element that cytoscape adds to a page with a graph."""

CONTENT_SECURITY_POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        f"style-src 'self' '{CYTOSCAPE_STYLE}'",
        "img-src 'self' data: blob:",
        "connect-src 'self'",
        "font-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
"""Nothing from elsewhere, nothing inline. Tabler draws its small pictures as data: images; a graph is saved through a blob."""


class PageHeaders:
    """Sets the headers; turns the redirect of a session that ended into one that the whole page follows, not a fragment."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self._get_response(request)
        if request.headers.get("HX-Request") == "true" and self._leads_to_sign_in(response):
            response = HttpResponseClientRedirect(resolve_url(settings.LOGIN_URL))
        response.headers.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY)
        response.headers["X-Desk-Clock"] = str(clock.to_micros(clock.now()) // 1000)
        if getattr(request, "user", None) is not None and request.user.is_authenticated:
            response.headers.setdefault("Cache-Control", "no-store, private")
        return response

    @staticmethod
    def _leads_to_sign_in(response: HttpResponse) -> bool:
        location = response.headers.get("Location", "")
        return response.status_code == 302 and location.split("?")[0] == resolve_url(settings.LOGIN_URL)
