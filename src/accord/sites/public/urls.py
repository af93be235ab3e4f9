from __future__ import annotations

from django.urls import path

from accord.sites.public.views import appeals, pages, reports

app_name = "public"
urlpatterns = [
    path("", pages.home, name="home"),
    path("help/", pages.help_page, name="help"),
    path("accessibility/", pages.accessibility, name="accessibility"),
    path("leave/", pages.leave, name="leave"),
    path("report/", reports.find, name="report"),
    path("report/status/", reports.show, name="report-status"),
    path("appeal/", appeals.new, name="appeal"),
    path("appeal/received/", appeals.received, name="appeal-received"),
    path("appeal/follow/", appeals.find, name="appeal-follow"),
    path("appeal/status/", appeals.show, name="appeal-status"),
]
