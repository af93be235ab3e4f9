from __future__ import annotations

from django.http import HttpRequest, HttpResponse


def show(request: HttpRequest, **_kwargs: object) -> HttpResponse:
    return HttpResponse(status=501)


def hand_over(request: HttpRequest, **_kwargs: object) -> HttpResponse:
    return HttpResponse(status=501)


def acknowledge(request: HttpRequest, **_kwargs: object) -> HttpResponse:
    return HttpResponse(status=501)

