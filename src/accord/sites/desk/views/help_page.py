from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from accord.capabilities.orders.regime import current_regime


@require_GET
def show(request: HttpRequest) -> HttpResponse:
    """How the desk works, on one page."""
    return render(request, "desk/help.html", {"regime": current_regime()})
