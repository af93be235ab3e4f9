from __future__ import annotations

from django.apps import AppConfig


class ExchangeConfig(AppConfig):
    name = "accord.capabilities.exchange"
    label = "exchange"

    def ready(self) -> None:
        """The node's key ring, and whoever handles a kind of message; nothing is read or written yet."""
        from django.conf import settings

        from accord.capabilities.exchange import keyring
        from accord.capabilities.exchange.key_files import FileKeyRing
        from accord.capabilities.exchange.services import (  # noqa: F401 - register their handlers
            agreement_news,
            chunks,
            partner_messages,
            relabelling,
            resync,
            retention,
        )

        keyring.install(FileKeyRing(settings.ACCORD_KEYS, settings.ACCORD_KEY_PASSPHRASE_FILE))
