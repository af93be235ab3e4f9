from __future__ import annotations

from accord.capabilities.plugin import Capability, Declaration, Mount


class DeskConfig(Capability):
    name = "accord.sites.desk"
    label = "desk"

    def declare(self) -> Declaration:
        from django.utils.translation import gettext_lazy as _

        from accord.capabilities.navigation import Entry
        from accord.sites.desk import navigation

        return Declaration(
            mounts=(Mount("", "accord.sites.desk.urls"),),
            navigation=(
                Entry(label=_("Queue"), page="desk:queue", rank=10, needs=("reports:read",), here=("queue",)),
                Entry(label=_("New call"), page="desk:call-new", rank=20, needs=("reports:read",), here=("call-new",), key="n"),
                Entry(label=_("Reports"), page="desk:reports", rank=30, needs=("reports:read",), here=("reports", "report")),
                Entry(
                    label=_("Orders"), page="desk:orders", rank=40, needs=("orders:read",), here=("desk:orders", "desk:order")
                ),
                Entry(
                    label=_("To approve"),
                    page="desk:to-approve",
                    rank=50,
                    needs=("reports:read",),
                    here=("to-approve",),
                    count=navigation.drafts_to_approve,
                ),
                Entry(label=_("Appeals"), page="desk:appeals", rank=60, needs=("reports:read",), here=("appeal*",)),
                Entry(label=_("Returns"), page="desk:returns", rank=70, needs=("reports:read",), here=("return*",)),
                Entry(label=_("Shift"), page="desk:shift", rank=80, needs=("reports:read",), here=("shift",)),
                Entry(label=_("Audit"), page="desk:audit", rank=130, needs=("audit:read",), here=("audit",)),
                Entry(label=_("Help"), page="desk:help", rank=140, here=("help",), key="?"),
            ),
        )
