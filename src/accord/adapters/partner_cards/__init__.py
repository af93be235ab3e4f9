"""A partner's card from its address: https alone (http on this machine), small, soon, and from nowhere else."""

from __future__ import annotations

import time
from importlib.metadata import version
from typing import Final

import httpx

from accord.adapters.partner_cards.errors import Msg
from accord.capabilities.exchange.partners.cards import MOST_BYTES, check_address
from accord.capabilities.exchange.partners.errors import Msg as PartnersMsg
from accord.core.errors import BadInput, Unavailable

_SILENT_SECONDS: Final = 10.0
_WHOLE_SECONDS: Final = 20.0


def fetch_card(url: str) -> bytes:
    """The bytes at an address; whether they are a card, and whose, is for the reader to check.

    BadInput for an address that is not taken or too much at it, Unavailable where nothing comes. Certificates are checked,
    redirects not followed, and proxies of the environment not used.
    """
    check_address(url)
    headers = {"User-Agent": f"accord/{version('accord')}", "Accept": "application/json", "Accept-Encoding": "identity"}
    deadline = time.monotonic() + _WHOLE_SECONDS
    try:
        with (
            httpx.Client(trust_env=False, follow_redirects=False, timeout=_SILENT_SECONDS, headers=headers) as client,
            client.stream("GET", url) as reply,
        ):
            if reply.status_code != 200:
                raise Unavailable(Msg.NO_CARD_AT_ADDRESS, status=reply.status_code, where=url)
            received = bytearray()
            for part in reply.iter_raw():
                received += part
                if len(received) > MOST_BYTES:
                    raise BadInput(PartnersMsg.LARGER_THAN_ANY_CARD, limit=MOST_BYTES, where=url)
                if time.monotonic() > deadline:
                    raise Unavailable(Msg.CARD_TAKES_TOO_LONG, seconds=_WHOLE_SECONDS, where=url)
            return bytes(received)
    except httpx.HTTPError as error:
        raise Unavailable(Msg.DOES_NOT_ANSWER, kind=type(error).__name__, where=url) from error
