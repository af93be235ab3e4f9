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
        from accord.capabilities.exchange.agreements.gate import AgreementGate

        # imported so that each registers the kinds of message that it handles
        from accord.capabilities.exchange.agreements.services import agreement_news  # noqa: F401
        from accord.capabilities.exchange.channel import admission
        from accord.capabilities.exchange.channel.services import chunks, partner_messages, resync  # noqa: F401
        from accord.capabilities.exchange.channel.services.card_delivery import CardDelivery
        from accord.capabilities.exchange.crossborder.queries import budgets
        from accord.capabilities.exchange.crossborder.services import requests  # noqa: F401
        from accord.capabilities.exchange.crossborder.services.enquiries import enquiries, sent_enquiries  # noqa: F401
        from accord.capabilities.exchange.crossborder.services.labels import relabelling, retention  # noqa: F401
        from accord.capabilities.exchange.crossborder.services.orders import foreign_orders, sent_orders  # noqa: F401
        from accord.capabilities.exchange.partners import card_news, keyring, queries
        from accord.capabilities.exchange.partners.key_files import FileKeyRing

        keyring.install(FileKeyRing(settings.ACCORD_KEYS, settings.ACCORD_KEY_PASSPHRASE_FILE))
        card_news.connect(CardDelivery())
        admission.connect(AgreementGate())
        territory.connect(queries.partner_of)
        claim_budgets.connect(budgets.floors_of, budgets.answer_due_at)
