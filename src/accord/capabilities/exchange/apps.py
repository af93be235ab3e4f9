from __future__ import annotations

from django.apps import AppConfig


class ExchangeConfig(AppConfig):
    name = "accord.capabilities.exchange"
    label = "exchange"

    def ready(self) -> None:
        """The node's key ring, whose ledgers are a partner's, and whoever handles a kind of message; nothing is read yet."""
        from django.conf import settings

        from accord.capabilities.claims import territory
        from accord.capabilities.exchange import keyring
        from accord.capabilities.exchange.key_files import FileKeyRing
        from accord.capabilities.exchange.queries import partners
        from accord.capabilities.exchange.services import (  # noqa: F401 - register their handlers
            agreement_news,
            chunks,
            enquiries,
            foreign_orders,
            partner_messages,
            relabelling,
            requests,
            resync,
            retention,
            sent_enquiries,
            sent_orders,
        )

        keyring.install(FileKeyRing(settings.ACCORD_KEYS, settings.ACCORD_KEY_PASSPHRASE_FILE))
        territory.connect(partners.partner_of)
