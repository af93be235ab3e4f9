from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse


def approve(request: HttpRequest, claim_id: UUID) -> HttpResponse:
    return HttpResponse(b"")


def decide(request: HttpRequest, item_id: UUID) -> HttpResponse:
    return HttpResponse(b"")


done = decide
