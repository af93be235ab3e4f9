from __future__ import annotations

from django.apps import AppConfig


class ClaimsConfig(AppConfig):
    name = "accord.capabilities.claims"
    label = "claims"
