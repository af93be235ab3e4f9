from __future__ import annotations

from django.http import HttpRequest, HttpResponse


def show(request: HttpRequest, **_kwargs: object) -> HttpResponse:
    return HttpResponse(status=501)


def rows(request: HttpRequest, **_kwargs: object) -> HttpResponse:
    return HttpResponse(status=501)

