"""What views share: who asks, where to go afterwards, which part of a list."""

from __future__ import annotations

from typing import Any, Final, TypeVar

from django.core.paginator import Page, Paginator
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, resolve_url
from django_htmx.http import HttpResponseClientRedirect

from accord.capabilities.people.models import User

PAGE_ROWS: Final = 50

_Row = TypeVar("_Row", bound=Model)


def officer(request: HttpRequest) -> User:
    """The signed-in user; every view behind the sign-in has one."""
    assert isinstance(request.user, User)
    return request.user


def is_htmx(request: HttpRequest) -> bool:
    """Whether htmx asked, so that a fragment of the page is wanted."""
    return request.headers.get("HX-Request") == "true"


def go(request: HttpRequest, to: str, *arguments: Any, fragment: str = "") -> HttpResponse:
    """To the page named `to` after a change; htmx is told to load it as a whole page."""
    address = resolve_url(to, *arguments) + (f"#{fragment}" if fragment else "")
    return HttpResponseClientRedirect(address) if is_htmx(request) else redirect(address)


def page_of(request: HttpRequest, rows: QuerySet[_Row], size: int = PAGE_ROWS) -> Page[_Row]:
    """The page of a list that `?page=` asks for; the nearest one where there is no such page."""
    return Paginator(rows, size).get_page(request.GET.get("page"))
