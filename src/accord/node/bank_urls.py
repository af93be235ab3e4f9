"""What a bank's node serves: its inbox, and nothing of a centre's desk."""

from __future__ import annotations

from django.urls import path
from django.views.generic import RedirectView

from accord.capabilities.kinds_of_nodes import BANK
from accord.node.api.mount import mounted
from accord.node.urls import pages

urlpatterns = [*mounted(BANK), *pages(BANK), path("", RedirectView.as_view(pattern_name="bank:inbox"))]

handler500 = "accord.web.errors.server_error"
