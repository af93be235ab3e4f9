from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from accord.sites.bank.requests import reader


@require_GET
def show(request: HttpRequest) -> HttpResponse:
    """How the inbox works, on one page."""
    reader(request)
    context = {"acknowledge": settings.ACCORD_BANK_ACKNOWLEDGE_MINUTES, "execute": settings.ACCORD_BANK_EXECUTE_MINUTES}
    return render(request, "bank/help.html", context)
