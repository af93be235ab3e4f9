"""What a centre serves. A bank's node serves `bank_urls` instead: neither serves the other's pages."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from accord.capabilities.kinds_of_nodes import CENTRE
from accord.capabilities.plugin import declared
from accord.node.api.mount import mounted


def pages(kind: str) -> list[URLPattern | URLResolver]:
    """The pages of the installed apps for a node of this kind; those of a longer prefix are looked through first."""
    mounts = [mount for _, declaration in declared() for mount in declaration.mounts if kind in mount.kinds]
    return [path(mount.prefix, include(mount.urls)) for mount in sorted(mounts, key=lambda one: -len(one.prefix))]


urlpatterns = [*mounted(CENTRE), *pages(CENTRE)]

handler500 = "accord.web.errors.server_error"
