from __future__ import annotations

from accord.capabilities.kinds_of_nodes import CENTRE
from accord.capabilities.plugin import Capability, Check, Declaration, Vocabulary
from accord.capabilities.ports import Offer, Port


class ExchangeConfig(Capability):
    name = "accord.capabilities.exchange"
    label = "exchange"

    def declare(self) -> Declaration:
        from django.utils.translation import gettext_lazy as _

        from accord.capabilities.claims import budgets as claim_budgets
        from accord.capabilities.claims import territory
        from accord.capabilities.exchange import audit, doctor, tasks
        from accord.capabilities.exchange.agreements.terms import RefusalGround
        from accord.capabilities.exchange.crossborder.queries import budgets
        from accord.capabilities.exchange.crossborder.retention_rules import RETENTION
        from accord.capabilities.exchange.message_handlers import HANDLERS
        from accord.capabilities.exchange.models import KeyUse
        from accord.capabilities.exchange.partners import queries
        from accord.capabilities.exchange.permissions import GRANTS
        from accord.capabilities.exchange.vocabulary import Clause, OrderNews

        return Declaration(
            grants=GRANTS,
            tasks=(
                *tasks.CLOCKS,
                *tasks.JOBS,
                *tasks.DISPATCHES,
            ),
            retention=RETENTION,
            handlers=HANDLERS,
            needs=(Port("exchange.lines", "how envelopes get to partners", by_node=True, kinds=frozenset({CENTRE})),),
            offers=(
                Offer("claims.territory", lambda: territory.connect(queries.partner_of)),
                Offer("claims.budgets", lambda: claim_budgets.connect(budgets.floors_of, budgets.answer_due_at)),
            ),
            checks=(Check("partners", doctor.examine, kinds=frozenset({CENTRE})),),
            vocabulary=Vocabulary(
                actions=(
                    audit.PartnerAudit,
                    audit.OwnKeyAudit,
                    audit.ChannelAudit,
                    audit.AgreementAudit,
                    audit.ForeignEnquiryAudit,
                    audit.ForeignOrderAudit,
                    audit.RequestAudit,
                ),
                details=(audit.ExchangeDetail,),
                values={"ground": (RefusalGround,), "clause": (Clause,), "use": (KeyUse,), "reason": (OrderNews,)},
                rows={
                    "foreignorder": _("partner’s order"),
                    "foreignenquiry": _("partner’s enquiry"),
                    "agreement": _("agreement"),
                    "incoming": _("partner’s message"),
                    "partnerrequest": _("request between centres"),
                    "outgoing": _("message to a partner"),
                },
            ),
        )

    def ready(self) -> None:
        """The node's key ring, and what the packages of this app ask of each other; nothing is read yet."""
        from django.conf import settings

        from accord.capabilities.exchange.agreements.gate import AgreementGate
        from accord.capabilities.exchange.channel import admission
        from accord.capabilities.exchange.channel.services.card_delivery import CardDelivery
        from accord.capabilities.exchange.partners import card_news, keyring
        from accord.capabilities.exchange.partners.key_files import FileKeyRing

        super().ready()
        keyring.install(FileKeyRing(settings.ACCORD_KEYS, settings.ACCORD_KEY_PASSPHRASE_FILE))
        card_news.connect(CardDelivery())
        admission.connect(AgreementGate())
