from __future__ import annotations

from django.apps import AppConfig


class ExchangeConfig(AppConfig):
    name = "accord.capabilities.exchange"
    label = "exchange"

    def ready(self) -> None:
        """The node's key ring, whose ledgers are a partner's, what a partner's question may use, and whoever handles a kind of
        message; nothing is read yet."""
        from django.conf import settings

        from accord.capabilities.claims import budgets as claim_budgets
        from accord.capabilities.claims import territory
        from accord.capabilities.exchange.queries import budgets, partners

        # imported so that each registers the kinds of message that it handles
        from accord.capabilities.exchange.services import requests  # noqa: F401
        from accord.capabilities.exchange.services.agreements import agreement_news, relabelling, retention  # noqa: F401
        from accord.capabilities.exchange.services.delivery import chunks, resync  # noqa: F401
        from accord.capabilities.exchange.services.enquiries import enquiries, sent_enquiries  # noqa: F401
        from accord.capabilities.exchange.services.orders import foreign_orders, sent_orders  # noqa: F401
        from accord.capabilities.exchange.services.trust import partner_messages  # noqa: F401
        from accord.capabilities.exchange.trust import keyring
        from accord.capabilities.exchange.trust.key_files import FileKeyRing

        keyring.install(FileKeyRing(settings.ACCORD_KEYS, settings.ACCORD_KEY_PASSPHRASE_FILE))
        territory.connect(partners.partner_of)
        claim_budgets.connect(budgets.floors_of, budgets.answer_due_at)
