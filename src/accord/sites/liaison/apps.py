from __future__ import annotations

from django.apps import AppConfig


class LiaisonConfig(AppConfig):
    name = "accord.sites.liaison"
    label = "liaison"

    def ready(self) -> None:
        from accord.capabilities.exchange.partners import queries as partners
        from accord.web import agency_names

        agency_names.learn_from(partners.names)
