from __future__ import annotations

from accord.capabilities.kinds_of_nodes import EVERYWHERE
from accord.capabilities.plugin import Capability, Declaration, Mount


class AccountsConfig(Capability):
    name = "accord.sites.accounts"
    label = "accounts"

    def declare(self) -> Declaration:
        from django.utils.translation import gettext_lazy as _

        from accord.capabilities.navigation import Entry

        return Declaration(
            mounts=(Mount("account/", "accord.sites.accounts.urls", EVERYWHERE),),
            navigation=(
                Entry(
                    label=_("Users"),
                    page="accounts:users",
                    rank=100,
                    needs=("users:manage",),
                    here=("users", "user", "user-add"),
                    kinds=EVERYWHERE,
                ),
                Entry(
                    label=_("Agencies and teams"),
                    page="accounts:teams",
                    rank=101,
                    needs=("users:manage",),
                    here=("teams",),
                    kinds=EVERYWHERE,
                ),
                Entry(
                    label=_("Service accounts"),
                    page="accounts:services",
                    rank=102,
                    needs=("users:manage",),
                    here=("services",),
                    kinds=EVERYWHERE,
                ),
            ),
        )

    def ready(self) -> None:
        """Signals of signing in are heard from the start, not only once a page was asked for."""
        from accord.sites.accounts.middleware import session_limits
        from accord.sites.accounts.views import locked

        super().ready()
        assert session_limits
        assert locked
