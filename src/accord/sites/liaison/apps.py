from __future__ import annotations

from accord.capabilities.plugin import Capability, Declaration, Mount


class LiaisonConfig(Capability):
    name = "accord.sites.liaison"
    label = "liaison"

    def declare(self) -> Declaration:
        from django.utils.translation import gettext_lazy as _

        from accord.capabilities.navigation import Entry
        from accord.sites.liaison import navigation

        return Declaration(
            mounts=(Mount("partners/", "accord.sites.liaison.urls"),),
            navigation=(
                Entry(
                    label=_("Partners"),
                    page="liaison:overview",
                    rank=90,
                    needs=("exchange:read", "partners:manage"),
                    here=("liaison:*",),
                    count=navigation.waiting_for_partners,
                ),
            ),
        )

    def ready(self) -> None:
        from accord.capabilities.exchange.partners import queries as partners
        from accord.web import agency_names

        super().ready()
        agency_names.learn_from(partners.names)
