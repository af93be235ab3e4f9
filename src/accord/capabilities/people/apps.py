"""Who works here and what they may do; the audit of what they did."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class PeopleConfig(AppConfig):
    name = "accord.capabilities.people"
    label = "people"

    def ready(self) -> None:
        """Every capability that has something to remove in time says how, in its module `retention_rules`."""
        autodiscover_modules("retention_rules")
