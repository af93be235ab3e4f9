"""This node's own card: what it says of itself, from the settings and its keys; issued anew when either has changed."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any, Final

from django.conf import settings
from django.db.models import QuerySet

from accord.capabilities import unit_of_work
from accord.capabilities.exchange.audit import OwnKeyAudit
from accord.capabilities.exchange.models import KeyUse, OwnCard, OwnKey, Partner, PartnerState
from accord.capabilities.exchange.partners import cards
from accord.capabilities.exchange.partners.card_news import card_news
from accord.capabilities.exchange.partners.errors import Msg
from accord.capabilities.exchange.partners.keyring import ring
from accord.capabilities.exchange.permissions import PartnerPermission
from accord.capabilities.people.policy import NODE, Actor, require
from accord.core import clock
from accord.core.errors import AccordError, BadInput, NotFound

_log = logging.getLogger(__name__)

LIFE: Final = {KeyUse.SIGNING: timedelta(days=365), KeyUse.ENCRYPTION: timedelta(days=30)}
"""The age at which a key is replaced."""

OVERLAP: Final = timedelta(days=7)
"""How long a key that has been replaced still opens, and is still accepted by who knows that it has been."""

LONGEST_KEPT: Final = timedelta(days=90)
"""The same for who does not know: a partner that took no card for so long has to be met anew."""

_MINUTE: Final = 60_000_000
_SAID_OF_KEYS: Final = ("keys", "revoked")


def current() -> OwnCard:
    """The card that counts now. NotFound where this node has issued none."""
    card = OwnCard.objects.order_by("-serial").first()
    if card is None:
        raise NotFound(Msg.NODE_NO_CARD_YET)
    return card


@unit_of_work.change
def renew(actor: Actor) -> OwnCard:
    """The card that counts now; a new one where the settings say something else than it does. Partners are sent a new one."""
    require(actor, PartnerPermission.MANAGE)
    card = current()
    return card if is_up_to_date(card) else issue(actor)


def renew_due() -> int:
    """The same for the worker, which finds out when it starts: settings do not change while it runs.

    A restored node issues one above all that partners have seen, so that they write to the keys that it still has.
    """
    card = OwnCard.objects.order_by("-serial").first()
    if card is None or not _is_due(card):
        return 0
    _renew_by_node()
    return 1


def _is_due(card: OwnCard) -> bool:
    return not is_up_to_date(card) or card_news().restored_since(card.issued_at)


@unit_of_work.change
def _renew_by_node() -> None:
    if _is_due(current()):
        issue(NODE)


def check_settings() -> None:
    """BadInput that names what a card lacks."""
    if not settings.ACCORD_AGENCY:
        raise BadInput(Msg.CARD_NAMES_AGENCY, where="agency")
    if not settings.ACCORD_CONTACT:
        raise BadInput(Msg.CARD_NAMES_CONTACT_ANSWERS_AT_ANY, where="contact")


def issue(actor: Actor) -> OwnCard:
    """A new card, signed with every signing key that a partner may know, to every confirmed partner. Part of a change."""
    check_settings()
    now = clock.now()
    before = OwnCard.objects.order_by("-serial").first()
    # by the clock, so that a node restored from an older backup goes on above what partners have seen
    serial = max(clock.to_micros(now) // _MINUTE, before.serial + 1 if before else 1)
    content = {**_wanted(), "serial": serial, "issued_at": clock.to_iso(now)}
    signed = cards.sign_card(content, _signers())
    card = OwnCard.objects.create(serial=serial, signed=signed, issued_at=now)
    unit_of_work.record(actor, OwnKeyAudit.CARD_ISSUED, subject=None, obj=card, serial=serial)
    for partner in Partner.objects.filter(state=PartnerState.CONFIRMED).order_by("code"):
        card_news().announce(partner.code, signed)
    return card


def _signers() -> list[str]:
    """The signing keys, newest first. Where an older one cannot be used any more (its passphrase is lost), the card goes
    without its signature: partners that knew no other key have to compare words again."""
    kids = list(OwnKey.objects.filter(use=KeyUse.SIGNING).order_by("-made_at", "kid").values_list("kid", flat=True))
    return [kid for place, kid in enumerate(kids) if place == 0 or _can_sign(kid)]


def _can_sign(kid: str) -> bool:
    try:
        ring().sign(kid, b"")
    except AccordError:
        _log.exception("the key %s cannot be used; the new card goes without its signature", kid)
        return False
    return True


def keys_before(signed: dict[str, Any]) -> list[str]:
    """The kids that the card before this one of ours named; none where this was the first."""
    serial = cards.content_of(signed)["serial"]
    card = OwnCard.objects.filter(serial__lt=serial).order_by("-serial").first()
    return [] if card is None else [key["public"]["kid"] for key in cards.content_of(card.signed)["keys"]]


def _wanted() -> dict[str, Any]:
    """What a card of now says, without its serial number and time."""
    keys = list(_keys())
    return {
        "type": cards.TYPE,
        "agency": settings.ACCORD_AGENCY,
        "name": settings.ACCORD_AGENCY_NAME,
        "name_zh": settings.ACCORD_AGENCY_NAME_ZH,
        "jurisdiction": settings.ACCORD_JURISDICTION,
        "address": settings.ACCORD_PARTNER_URL,
        "contact": settings.ACCORD_CONTACT,
        "tls_sha256": settings.ACCORD_PARTNER_TLS_SHA256,
        "countries": list(settings.ACCORD_COVERS_COUNTRIES),
        "institutions": list(settings.ACCORD_COVERS_INSTITUTIONS),
        "keys": [_as_stated(key) for key in keys],
        "revoked": [key.kid for key in keys if key.revoked_at is not None],
    }


def is_up_to_date(card: OwnCard) -> bool:
    """Whether a card says what the settings say; whatever changes keys issues a card by itself."""
    said, wanted = cards.content_of(card.signed), _wanted()
    return all(said.get(name) == wanted[name] for name in wanted if name not in _SAID_OF_KEYS)


def _keys() -> QuerySet[OwnKey]:
    return OwnKey.objects.order_by("-made_at", "kid")


def _as_stated(key: OwnKey) -> dict[str, Any]:
    """A key that was replaced ends soon; one that is in use says when it ends for a partner that hears nothing more of it."""
    ends = key.retire_at + OVERLAP if key.retire_at else key.made_at + LIFE[KeyUse(key.use)] + LONGEST_KEPT
    return {"use": key.use, "public": key.public, "valid_from": clock.to_iso(key.made_at), "valid_until": clock.to_iso(ends)}
