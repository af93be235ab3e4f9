from __future__ import annotations

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accord.sites.accounts"
    label = "accounts"

    def ready(self) -> None:
        """Signals of signing in are heard from the start, not only once a page was asked for."""
        from accord.sites.accounts.middleware import session_limits
        from accord.sites.accounts.views import locked

        assert session_limits
        assert locked
