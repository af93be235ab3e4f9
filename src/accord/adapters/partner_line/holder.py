"""A partner's centre as whoever keeps the ledgers of its jurisdiction: asked like a bank, through the outbox of messages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from accord.capabilities.claims.ports import Acknowledged, EnquiryRequest
from accord.capabilities.exchange.crossborder.services.enquiries import sent_enquiries
from accord.core.errors import AccordError


@dataclass(frozen=True, slots=True)
class PartnerHolder:
    """The one ledger holder that a partner's jurisdiction is to us. `partner` is the partner's agency code."""

    partner: str

    def enquire(self, request: EnquiryRequest) -> Acknowledged:
        """Queue the question and say until when it is to be answered; the answer comes as a message of its own."""
        return sent_enquiries.ask(request)

    def enquire_all(self, requests: Sequence[EnquiryRequest]) -> list[Acknowledged | AccordError]:
        """The same for many questions, queued in one change, so that they leave together."""
        return sent_enquiries.ask_all(requests)
