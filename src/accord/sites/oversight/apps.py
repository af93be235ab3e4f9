from __future__ import annotations

from accord.capabilities.kinds_of_nodes import EVERYWHERE
from accord.capabilities.plugin import Capability, Declaration, Mount


class OversightConfig(Capability):
    name = "accord.sites.oversight"
    label = "oversight"

    def declare(self) -> Declaration:
        from django.utils.translation import gettext_lazy as _

        from accord.capabilities.navigation import Entry

        return Declaration(
            mounts=(Mount("oversight/", "accord.sites.oversight.urls", EVERYWHERE),),
            navigation=(
                Entry(label=_("Figures"), page="oversight:figures", rank=120, needs=("figures:read",), here=("figures",)),
            ),
        )
