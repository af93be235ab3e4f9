from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from accord.capabilities.people.models import User
from accord.capabilities.people.policy import require
from watch.permissions import WatchPermission
from watch.queries import watches


@require_GET
def show(request: HttpRequest) -> HttpResponse:
    assert isinstance(request.user, User)
    require(request.user, WatchPermission.READ)
    return render(request, "watch/list.html", {"watches": watches(request.user)})
