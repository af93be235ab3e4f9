from __future__ import annotations

import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from accord.adapters.bank_http.transport import Endpoint, Reply, Transport
from accord.adapters.partner_http.errors import Msg
from accord.capabilities.exchange.channel.receipts import Batch, SignedReply
from accord.core.errors import BadInput, Unavailable

PATH: Final = "api/partner/v1/envelopes"
"""Below the address that a partner's card names."""

_REPLIES: Final = msgspec.json.Decoder(SignedReply)
"""Made once, before there are threads that would make it at the same time."""

_MOST_REPLY: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Trust:
    """Whom this node trusts to vouch for partners' servers instead of the system's authorities, and what it shows of itself
    where they ask who calls (mutual TLS)."""

    ca: Path | None = None
    certificate: Path | None = None
    key: Path | None = None


class PartnerLines:
    """Lines to partners' nodes, opened when first used and anew when a card names another address. Safe for threads."""

    def __init__(self, trust: Trust) -> None:
        self._trust = trust
        self._lock = threading.Lock()
        self._open: dict[str, Transport] = {}

    def deliver(self, partner: str, address: str, batch: Batch) -> SignedReply:
        """Hand a batch over. Unavailable where nobody answers, or what answers is no node; nothing is proven here."""
        body = msgspec.json.encode(batch)
        headers = {"Content-Type": "application/json"}
        reply = self._line(partner, address).call("POST", PATH, headers, body, most=_MOST_REPLY)
        if reply.status != 200:
            raise Unavailable(Msg.DOES_NOT_TAKE_ENVELOPES_NOW, partner=partner, said=_said(reply))
        try:
            return _REPLIES.decode(reply.body)
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise Unavailable(Msg.WHAT_ANSWERS_AT_ADDRESS_NO_NODE, partner=partner) from None

    def close(self) -> None:
        with self._lock:
            for line in self._open.values():
                line.close()
            self._open.clear()

    def _line(self, partner: str, address: str) -> Transport:
        with self._lock:
            line = self._open.get(partner)
            if line is None or line.endpoint.url != address:
                line = self._open[partner] = self._opened(partner, address)
            return line

    def _opened(self, partner: str, address: str) -> Transport:
        trust = self._trust
        try:
            return Transport(Endpoint(partner, address, trust.ca, trust.certificate, trust.key))
        except BadInput as error:
            raise Unavailable(Msg.LINE_TO_CANNOT_BE_OPENED, partner=partner, error=error) from error


def _said(reply: Reply) -> str:
    """The status, and in a few words what a problem says."""
    try:
        stated = msgspec.json.decode(reply.body, type=dict[str, object])
    except (msgspec.DecodeError, UnicodeDecodeError):
        return str(reply.status)
    return f"{reply.status}: {str(stated.get('detail', ''))[:200]}"
