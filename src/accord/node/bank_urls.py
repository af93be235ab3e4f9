"""What a bank's node serves: its inbox, and nothing of a centre's desk."""

from __future__ import annotations

from django.urls import include, path
from django.views.generic import RedirectView

from accord.node.api.mount import mounted
from accord.node.urls import COMMON

urlpatterns = [
    *COMMON,
    *mounted("bank"),
    path("bank/", include("accord.sites.bank.urls")),
    path("", RedirectView.as_view(pattern_name="bank:inbox")),
]

handler500 = "accord.web.errors.server_error"
