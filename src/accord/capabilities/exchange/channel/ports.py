"""What the exchange needs of the outside: a way to hand a partner's node envelopes."""

from __future__ import annotations

from typing import Protocol

from accord.capabilities.exchange.channel.receipts import Batch, SignedReply


class PartnerTransport(Protocol):
    """A line to partners' nodes. Safe for threads; touches no database."""

    def deliver(self, partner: str, address: str, batch: Batch) -> SignedReply:
        """Hand a batch to the node at `address` and bring its answer back, unchecked.

        Unavailable where nobody answers, or what answers is no node; the same batch may be handed over again.
        """
        ...
