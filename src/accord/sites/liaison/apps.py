from __future__ import annotations

from django.apps import AppConfig


class LiaisonConfig(AppConfig):
    name = "accord.sites.liaison"
    label = "liaison"
