from __future__ import annotations

from django.apps import AppConfig


class OversightConfig(AppConfig):
    name = "accord.sites.oversight"
    label = "oversight"
