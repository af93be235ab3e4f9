from __future__ import annotations

from django.apps import AppConfig


class SupervisionConfig(AppConfig):
    name = "accord.capabilities.supervision"
    label = "supervision"
