"""What a centre serves. A bank's node serves `bank_urls` instead: neither serves the other's pages."""

from __future__ import annotations

from django.urls import include, path

from accord.node.api.mount import mounted

COMMON = [
    path("account/", include("accord.sites.accounts.urls")),
    path("oversight/", include("accord.sites.oversight.urls")),
]
"""What every node serves."""

urlpatterns = [
    *COMMON,
    path("partners/", include("accord.sites.liaison.urls")),
    path("public/", include("accord.sites.public.urls")),
    *mounted("centre"),
    path("", include("accord.sites.desk.urls")),
]

handler500 = "accord.web.errors.server_error"
