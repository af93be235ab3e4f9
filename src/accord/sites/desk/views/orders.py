from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse


def index(request: HttpRequest) -> HttpResponse:
    return HttpResponse(b"")


export = index


def show(request: HttpRequest, order_id: UUID) -> HttpResponse:
    return HttpResponse(b"")


release = show
