"""A partner's centre as whoever keeps the ledgers of its jurisdiction: asked like a bank, through the outbox of messages."""

from __future__ import annotations

from dataclasses import dataclass

from accord.capabilities.claims.ports import Acknowledged, EnquiryRequest
from accord.capabilities.exchange.crossborder.services.enquiries import sent_enquiries


@dataclass(frozen=True, slots=True)
class PartnerHolder:
    """The one ledger holder that a partner's jurisdiction is to us. `partner` is the partner's agency code."""

    partner: str

    def enquire(self, request: EnquiryRequest) -> Acknowledged:
        """Queue the question and say until when it is to be answered; the answer comes as a message of its own."""
        return sent_enquiries.ask(request)
