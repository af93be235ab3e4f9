"""Pages that are the same for everyone, and leaving."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from accord.sites.public import visits


@login_not_required
@require_GET
def home(request: HttpRequest) -> HttpResponse:
    return render(request, "public/home.html", {"hotline": settings.ACCORD_HOTLINE})


@login_not_required
@require_GET
def help_page(request: HttpRequest) -> HttpResponse:
    return render(request, "public/help.html", {"hotline": settings.ACCORD_HOTLINE})


@login_not_required
@require_GET
def accessibility(request: HttpRequest) -> HttpResponse:
    return render(request, "public/accessibility.html", {"hotline": settings.ACCORD_HOTLINE})


@login_not_required
@never_cache
@require_POST
def leave(request: HttpRequest) -> HttpResponse:
    """Whoever opens the browser after this must type the code again."""
    visits.close(request)
    return redirect("public:home")
