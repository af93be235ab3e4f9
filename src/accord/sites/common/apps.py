from __future__ import annotations

from django.apps import AppConfig


class CommonConfig(AppConfig):
    name = "accord.sites.common"
    label = "common_pages"
