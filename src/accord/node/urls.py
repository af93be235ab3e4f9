from __future__ import annotations

from django.urls import include, path

urlpatterns = [
    path("i18n/", include("django.conf.urls.i18n")),
    path("account/", include("accord.sites.accounts.urls")),
    path("", include("accord.sites.desk.urls")),
]
