"""Another agency's centre, as this node sees it: keys of its own, and the cards that it issues."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from accord.core import clock

if TYPE_CHECKING:
    from accord.capabilities.exchange.models import KeyUse, Partner


class OtherCentre:
    """Signs with the ring that it holds; `card` gives its newest card, and what is named in `said` otherwise than before."""

    def __init__(self, code: str = "SG-ASC", jurisdiction: str = "SG", **said: Any) -> None:
        from accord.capabilities.exchange.partners.keyring import SoftwareRing

        self.code = code
        self.ring = SoftwareRing()
        self.serial = 1
        self.said: dict[str, Any] = {
            "agency": code,
            "name": f"The centre of {code}",
            "name_zh": "",
            "jurisdiction": jurisdiction,
            "address": "",
            "contact": "+65 6000 0000",
            "tls_sha256": "",
            "countries": [jurisdiction],
            "institutions": [],
            **said,
        }
        self.keys: list[dict[str, Any]] = []
        self.revoked: list[str] = []
        for use in ("signing", "encryption"):
            self.add_key(use)

    def add_key(self, use: str, lasts: timedelta = timedelta(days=120)) -> str:
        """A new key from now on; its kid."""
        from accord.capabilities.exchange.models import KeyUse

        kind: KeyUse = KeyUse(use)
        now = clock.now()
        ends = clock.to_iso(now + lasts)
        self.keys.insert(
            0, {"use": kind.value, "public": self.ring.make(kind), "valid_from": clock.to_iso(now), "valid_until": ends}
        )
        return str(self.keys[0]["public"]["kid"])

    def end_key(self, kid: str, at: datetime) -> None:
        """A key that has been replaced is accepted until then."""
        for key in self.keys:
            if key["public"]["kid"] == kid:
                key["valid_until"] = clock.to_iso(at)

    def signing_kids(self) -> list[str]:
        """The newest first."""
        return [key["public"]["kid"] for key in self.keys if key["use"] == "signing"]

    def key_of(self, use: str) -> dict[str, str]:
        """The newest public key for a use."""
        return next(key["public"] for key in self.keys if key["use"] == use)

    def card(self, *, signers: list[str] | None = None, serial: int | None = None, **said: Any) -> bytes:
        """A card as a file, signed with all its signing keys unless `signers` says otherwise; each one has a higher serial."""
        from accord.capabilities.exchange.partners import cards, keyring

        self.said |= said
        content = {
            "type": cards.TYPE,
            **self.said,
            "serial": serial or self.serial,
            "issued_at": clock.to_iso(clock.now()),
            "keys": self.keys,
            "revoked": self.revoked,
        }
        self.serial += 1
        with keyring.using(self.ring):
            return cards.card_bytes(cards.sign_card(content, self.signing_kids() if signers is None else signers))


def confirmed_partner(centre: OtherCentre) -> Partner:
    """The centre as a confirmed partner of this node: its card is added, and the words asked for are given."""
    from accord.capabilities.exchange.partners import cards
    from accord.capabilities.exchange.partners.services import partners
    from accord.capabilities.people.policy import OPERATOR

    added = partners.add(OPERATOR, centre.card())
    words = cards.words(partners.fingerprint_of(added), "en")
    asked = partners.asked_words(added, OPERATOR)
    return partners.confirm(OPERATOR, centre.code, {place: words[place - 1] for place in asked})
