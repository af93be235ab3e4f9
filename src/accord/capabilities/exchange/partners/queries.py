"""Who the partners are, which of their keys count, and whose ledgers each can ask."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db.models import QuerySet

from accord.capabilities.exchange.errors import Refused
from accord.capabilities.exchange.models import Alarm, KeyUse, OwnCard, OwnKey, Partner, PartnerKey, PartnerState
from accord.capabilities.exchange.partners import cards, trust_book
from accord.capabilities.exchange.partners.errors import Msg
from accord.capabilities.exchange.partners.jwk import Jwk
from accord.capabilities.exchange.partners.services.partners import asked_words, fingerprint_of
from accord.capabilities.exchange.permissions import ExchangePermission, PartnerPermission
from accord.capabilities.people.policy import Actor, allowed, require
from accord.core import clock
from accord.core.errors import NotFound

HIDDEN: Final = ""
"""Stands for a word that the partner has to read out."""


def partners(actor: Actor) -> QuerySet[Partner]:
    """All partners that the actor may see, by code."""
    return Partner.objects.visible_to(actor).order_by("code")


def partner(actor: Actor, code: str) -> Partner:
    """One of them; NotFound where there is none, or the actor may not see it."""
    found = partners(actor).filter(code=code).first()
    if found is None:
        raise NotFound(Msg.NO_SUCH_PARTNER, where=code)
    return found


def names() -> dict[str, tuple[str, str]]:
    """What all partners are called, by code: (English, Chinese). Whoever reads a code somewhere may read the name."""
    return {code: (name, name_zh) for code, name, name_zh in Partner.objects.values_list("code", "name", "name_zh")}


def keys_of(actor: Actor, code: str) -> QuerySet[PartnerKey]:
    """The keys of a partner's cards, the newest first."""
    return PartnerKey.objects.filter(partner__in=partners(actor).filter(code=code)).order_by("use", "-valid_from")


def alarms(actor: Actor, code: str | None = None) -> QuerySet[Alarm]:
    """What nobody has looked at yet, of one partner or of all."""
    if not (allowed(actor, ExchangePermission.READ) or allowed(actor, PartnerPermission.MANAGE)):
        return Alarm.objects.none()
    unseen = Alarm.objects.filter(seen_at=None).select_related("partner")
    return unseen if code is None else unseen.filter(partner_id=code)


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """The words of a card. Those at the places `asked` (1 to 8) are HIDDEN: the partner reads them out."""

    words: tuple[str, ...]
    asked: tuple[int, ...] = ()


def fingerprint(actor: Actor, code: str, language: str = "en") -> Fingerprint:
    """The words to compare with a partner; all of them where there is nothing to confirm."""
    found = partner(actor, code)
    words = cards.words(fingerprint_of(found), language)
    asked = asked_words(found, actor) if found.state == PartnerState.PENDING else ()
    return Fingerprint(tuple(HIDDEN if place in asked else word for place, word in enumerate(words, 1)), asked)


def own_fingerprint(actor: Actor, language: str = "en") -> Fingerprint:
    """The words of this node's own card, to read out to a partner. NotFound where there is no card yet."""
    return Fingerprint(tuple(cards.words(cards.read_signed(own_card(actor).signed), language)))


def own_card(actor: Actor) -> OwnCard:
    """This node's newest card. NotFound where there is none yet."""
    if not allowed(actor, ExchangePermission.READ):
        require(actor, PartnerPermission.MANAGE)
    card = OwnCard.objects.order_by("-serial").first()
    if card is None:
        raise NotFound(Msg.NODE_NO_CARD_YET)
    return card


def own_keys(actor: Actor) -> QuerySet[OwnKey]:
    """This node's keys, the newest first; none for whoever does not keep them."""
    if not allowed(actor, PartnerPermission.MANAGE):
        return OwnKey.objects.none()
    return OwnKey.objects.order_by("use", "-made_at")


def uncovered(actor: Actor, code: str) -> list[str]:
    """What a partner's newest card names and nobody has accepted: countries and institutions."""
    found = partner(actor, code)
    card = cards.read_signed(found.card)
    return sorted({*card.countries, *card.institutions} - {*found.countries, *found.institutions})


def tests_overdue() -> QuerySet[Partner]:
    """Confirmed partners whose round-the-clock contact should have been called by now."""
    return Partner.objects.filter(state=PartnerState.CONFIRMED, test_due_at__lt=clock.now()).order_by("test_due_at")


def confirmed(code: str) -> Partner:
    """A partner with whom messages are exchanged. Refused ("partner") for any other."""
    found = Partner.objects.filter(code=code, state=PartnerState.CONFIRMED).first()
    if found is None:
        raise Refused("partner", Msg.NO_CONFIRMED_PARTNER_CENTRE, code=code)
    return found


def verifying_key(code: str, kid: str, at: datetime) -> Jwk:
    """The public key that has signed something at a moment of this node's clock.

    Refused ("partner") for who is no confirmed partner; Refused ("key") for a key that it does not know, that was revoked at
    whatever time, or that had ended. When a key begins is not asked: its owner's clock may be ahead of ours.
    """
    key = _keys(code).get(kid)
    if key is None or key.use != KeyUse.SIGNING:
        raise Refused("key", Msg.NOT_KNOWN_TO_SIGN_WITH_KEY, code=code, key=kid)
    if key.revoked_at is not None:
        raise Refused("key", Msg.KEY_REVOKED, key=kid, code=code)
    if key.valid_until is not None and key.valid_until < at:
        raise Refused("key", Msg.KEY_ENDED, key=kid, code=code)
    return key.public


def encryption_key(code: str) -> Jwk:
    """The newest key to encrypt to a partner. Refused ("key") where it has none that may be used."""
    now = clock.now()
    usable = [
        key
        for key in _keys(code).values()
        if key.use == KeyUse.ENCRYPTION and key.revoked_at is None and (key.valid_until is None or now < key.valid_until)
    ]
    if not usable:
        raise Refused("key", Msg.NO_KEY_LEFT_TO_ENCRYPT, code=code)
    return max(usable, key=lambda key: key.valid_from).public


def partner_of(institution: str) -> str:
    """The confirmed partner who can ask the ledgers of an institution; "" where it is ours, or nobody's."""
    return trust_book.book().partner_of(institution)


def _keys(code: str) -> dict[str, trust_book.KnownKey]:
    keys = trust_book.book().keys.get(code)
    if keys is None:
        raise Refused("partner", Msg.NO_CONFIRMED_PARTNER_CENTRE, code=code)
    return keys
