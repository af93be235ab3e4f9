from __future__ import annotations

from django.http import HttpRequest, HttpResponse


def index(request: HttpRequest, **_kwargs: object) -> HttpResponse:
    return HttpResponse(status=501)


def export(request: HttpRequest, **_kwargs: object) -> HttpResponse:
    return HttpResponse(status=501)


def show(request: HttpRequest, **_kwargs: object) -> HttpResponse:
    return HttpResponse(status=501)


def narrative(request: HttpRequest, **_kwargs: object) -> HttpResponse:
    return HttpResponse(status=501)


def identifier(request: HttpRequest, **_kwargs: object) -> HttpResponse:
    return HttpResponse(status=501)


def statement(request: HttpRequest, **_kwargs: object) -> HttpResponse:
    return HttpResponse(status=501)


def start(request: HttpRequest, **_kwargs: object) -> HttpResponse:
    return HttpResponse(status=501)


def lock(request: HttpRequest, **_kwargs: object) -> HttpResponse:
    return HttpResponse(status=501)


def unlock(request: HttpRequest, **_kwargs: object) -> HttpResponse:
    return HttpResponse(status=501)


def called_back(request: HttpRequest, **_kwargs: object) -> HttpResponse:
    return HttpResponse(status=501)


def close(request: HttpRequest, **_kwargs: object) -> HttpResponse:
    return HttpResponse(status=501)


def reopen(request: HttpRequest, **_kwargs: object) -> HttpResponse:
    return HttpResponse(status=501)

