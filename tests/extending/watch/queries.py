from __future__ import annotations

from django.db.models import QuerySet

from accord.capabilities.people.policy import Actor, allowed
from watch.models import Watch
from watch.permissions import WatchPermission


def watches(actor: Actor) -> QuerySet[Watch]:
    return Watch.objects.all() if allowed(actor, WatchPermission.READ) else Watch.objects.none()
