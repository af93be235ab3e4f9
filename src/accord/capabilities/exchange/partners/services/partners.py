"""Other agencies' centres: made known by their card, confirmed when its words were compared, and given up.

A newer card of a confirmed partner counts when a key that this node trusts has signed it. What such a card may change by
itself is the partner's own business: its keys, names, address. That it answers for more countries or institutions than
before is not: enquiries would go to it that went elsewhere. That waits for a person.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from django.conf import settings
from django.db.models import QuerySet

from accord.capabilities import unit_of_work
from accord.capabilities.exchange.audit import PartnerAudit
from accord.capabilities.exchange.models import KeyUse, Partner, PartnerKey, PartnerState
from accord.capabilities.exchange.partners import cards, trust_book
from accord.capabilities.exchange.partners.cards import Card
from accord.capabilities.exchange.partners.cycle import LIFE, PartnerEvent
from accord.capabilities.exchange.partners.errors import Msg
from accord.capabilities.exchange.partners.services.raising import raise_alarm
from accord.capabilities.exchange.permissions import ExchangePermission, PartnerPermission
from accord.capabilities.exchange.vocabulary import TestResult
from accord.capabilities.people.policy import Actor, allowed, require
from accord.capabilities.transitions import transition
from accord.core import clock
from accord.core.errors import BadInput, Conflict, NotAllowed, NotFound
from accord.core.wording import Wording

TEST_EVERY: Final = timedelta(days=30)
"""How often the contact that answers at any hour is called to see whether it does."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """Why a card is not taken. `alarm`: the code of what happened, for the partner's page."""

    alarm: str
    words: Wording


def add(actor: Actor, data: bytes) -> Partner:
    """Take a partner's card from its file: a new partner waits for its words to be compared; a known one is brought up to date.

    BadInput where the file is no card. NotAllowed where the card of a confirmed partner is signed by no key that is trusted, or
    is older than the one that is known; that raises an alarm.
    """
    require(actor, PartnerPermission.MANAGE)
    card = cards.read_card(data)
    if card.agency == settings.ACCORD_AGENCY:
        raise BadInput(Msg.NODE_OWN_CARD, where="card")
    doubt = take(actor, card)
    if doubt is not None:
        raise NotAllowed(doubt.words, where=f"card of {card.agency}")
    return Partner.objects.get(code=card.agency)


@unit_of_work.change
def take(actor: Actor, card: Card) -> Doubt | None:
    """What happened to a card: None when it counts now. A doubt has raised an alarm and changed nothing else."""
    partner = Partner.objects.select_for_update().filter(code=card.agency).first()
    doubt = None if partner is None else _doubt(partner, card)
    if partner is not None and doubt is not None:
        raise_alarm(partner.code, doubt.alarm, doubt.words)
        unit_of_work.record(actor, PartnerAudit.CARD_REFUSED, subject=None, obj=partner, serial=card.serial, reason=doubt.alarm)
        return doubt
    if partner is None or partner.state != PartnerState.CONFIRMED:
        _introduce(actor, partner, card)
    elif card.signed != partner.card:
        _bring_up_to_date(actor, partner, card)
    return None


def _doubt(partner: Partner, card: Card) -> Doubt | None:
    if card.serial < partner.card_serial:
        return Doubt("card_rollback", Msg.CARD_ROLLBACK.with_())
    if card.serial == partner.card_serial and card.signed != partner.card:
        return Doubt("card_changed", Msg.CARD_CHANGED.with_())
    if partner.state != PartnerState.CONFIRMED:
        return None
    if not _trusted_signers(partner, card):
        return Doubt("unknown_signer", Msg.UNKNOWN_CARD_SIGNER.with_())
    if card.jurisdiction != partner.jurisdiction:
        return Doubt("other_jurisdiction", Msg.OTHER_JURISDICTION.with_())
    return None


def _trusted_signers(partner: Partner, card: Card) -> set[str]:
    """Which of the card's signers were trusted before it came."""
    return set(card.signers) & set(_signing_keys(partner).values_list("kid", flat=True))


def _signing_keys(partner: Partner) -> QuerySet[PartnerKey]:
    """Those that count now."""
    return PartnerKey.objects.filter(partner=partner, use=KeyUse.SIGNING, revoked_at=None, valid_until__gt=clock.now())


def _introduce(actor: Actor, partner: Partner | None, card: Card) -> None:
    """A partner whose words are to be compared: a new one, one that was not confirmed yet, one that was given up."""
    now = clock.now()
    action = PartnerAudit.ADDED if partner is None else PartnerAudit.CARD_TAKEN
    partner = partner or Partner(code=card.agency, added_at=now)
    _write_names(partner, card)
    partner.countries, partner.institutions = list(card.countries), list(card.institutions)
    partner.state, partner.confirmed_by, partner.confirmed_at = LIFE.next(partner.state, PartnerEvent.INTRODUCE), "", None
    partner.save()
    PartnerKey.objects.filter(partner=partner).exclude(kid__in=[key.kid for key in card.keys]).filter(revoked_at=None).update(
        revoked_at=now
    )
    _write_keys(partner, card)
    unit_of_work.record(actor, action, subject=None, obj=partner, serial=card.serial)


def _bring_up_to_date(actor: Actor, partner: Partner, card: Card) -> None:
    """A newer card of a confirmed partner. Where it takes back the only keys that vouch for it, its words are compared anew."""
    still = _trusted_signers(partner, card) - set(card.revoked)
    added = sorted({*card.countries, *card.institutions} - {*partner.countries, *partner.institutions})
    _write_names(partner, card)
    partner.countries = [code for code in card.countries if code in partner.countries]
    partner.institutions = [code for code in card.institutions if code in partner.institutions]
    if not still:
        partner.state, partner.confirmed_by, partner.confirmed_at = LIFE.next(partner.state, PartnerEvent.LOSE_KEYS), "", None
        partner.countries, partner.institutions = list(card.countries), list(card.institutions)
        raise_alarm(partner.code, "key_revoked", Msg.OWN_KEY_TAKEN_BACK.with_())
    elif added:
        raise_alarm(partner.code, "covers_more", Msg.CARD_COVERS_MORE.with_(names=tuple(added)[:50]))
    partner.save()
    _write_keys(partner, card)
    unit_of_work.record(actor, PartnerAudit.CARD_TAKEN, subject=None, obj=partner, serial=card.serial)


def _write_names(partner: Partner, card: Card) -> None:
    for name in ("name", "name_zh", "jurisdiction", "address", "contact"):
        setattr(partner, name, getattr(card, name))
    partner.card, partner.card_serial = card.signed, card.serial
    trust_book.forget()


def _write_keys(partner: Partner, card: Card) -> None:
    """Keys that the card no longer names end now (a restored node has lost them); those that it revokes end for good."""
    now = clock.now()
    gone = PartnerKey.objects.filter(partner=partner, valid_until__gt=now).exclude(kid__in=[key.kid for key in card.keys])
    gone.update(valid_until=now)
    for key in card.keys:
        row, _ = PartnerKey.objects.get_or_create(
            partner=partner, kid=key.kid, defaults={"use": key.use, "public": key.public, "valid_from": key.valid_from}
        )
        row.valid_until = key.valid_until
        row.save(update_fields=["valid_until"])
    PartnerKey.objects.filter(partner=partner, kid__in=card.revoked, revoked_at=None).update(revoked_at=now)
    trust_book.forget()


def asked_words(partner: Partner, actor: Actor) -> tuple[int, int]:
    """Which two of the eight words (1 to 8) this person is asked for: always the same two for one card, others for another."""
    seed = int(cards.fingerprint(f"{partner.code} {actor.username}", [fingerprint_of(partner)]), 16)
    first = seed % cards.WORDS
    second = (first + 1 + (seed // cards.WORDS) % (cards.WORDS - 1)) % cards.WORDS
    return (min(first, second) + 1, max(first, second) + 1)


def fingerprint_of(partner: Partner) -> str:
    return cards.read_signed(partner.card).fingerprint()


def confirm(actor: Actor, code: str, told: Mapping[int, str]) -> Partner:
    """Trust a partner from here on: the words that it read out over another channel are those of its card.

    `told`: the words at the two places that `asked_words` names, in English or Chinese. BadInput where one is wrong; that
    raises an alarm, for it is what an exchanged card looks like. Conflict where another partner answers for the same.
    """
    require(actor, PartnerPermission.MANAGE)
    if not _words_are_right(actor, code, told):
        raise BadInput(Msg.THESE_NOT_WORDS_CARD)
    return _confirm(actor, code)


@unit_of_work.change
def _words_are_right(actor: Actor, code: str, told: Mapping[int, str]) -> bool:
    partner = locked(code)
    if partner.state != PartnerState.PENDING:
        raise Conflict(Msg.NOT_WAITING_FOR_WORDS, code=code)
    lists = [cards.words(fingerprint_of(partner), language) for language in cards.LANGUAGES]
    given = {place: told.get(place, "").strip().lower() for place in asked_words(partner, actor)}
    if missing := [place for place, word in given.items() if not word]:
        raise BadInput(Msg.GIVE_WORD_TOO, place=missing[0], where="words")
    right = all(word in {listed[place - 1] for listed in lists} for place, word in given.items())
    if not right:
        raise_alarm(partner.code, "wrong_words", Msg.WRONG_WORDS_GIVEN.with_(user=actor.username))
        unit_of_work.record(actor, PartnerAudit.WORDS_WRONG, subject=None, obj=partner, serial=partner.card_serial)
    return right


@unit_of_work.change
def _confirm(actor: Actor, code: str) -> Partner:
    partner = locked(code)
    refuse_covered_twice(partner, [*partner.countries, *partner.institutions])
    now = clock.now()
    partner.state = LIFE.next(partner.state, PartnerEvent.CONFIRM)
    partner.confirmed_by, partner.confirmed_at = actor.username, now
    partner.test_due_at = partner.test_due_at or now + TEST_EVERY
    partner.save()
    trust_book.forget()
    unit_of_work.record(actor, PartnerAudit.CONFIRMED, subject=None, obj=partner, serial=partner.card_serial)
    return partner


@unit_of_work.change
def accept_coverage(actor: Actor, code: str) -> Partner:
    """Let a partner answer for all that its newest card names. Conflict where another partner does already."""
    require(actor, PartnerPermission.MANAGE)
    partner = locked(code)
    card = cards.read_signed(partner.card)
    refuse_covered_twice(partner, [*card.countries, *card.institutions])
    added = sorted({*card.countries, *card.institutions} - {*partner.countries, *partner.institutions})
    partner.countries, partner.institutions = list(card.countries), list(card.institutions)
    partner.save(update_fields=["countries", "institutions"])
    trust_book.forget()
    unit_of_work.record(actor, PartnerAudit.COVERAGE_ACCEPTED, subject=None, obj=partner, covers=", ".join(added)[:500])
    return partner


def refuse_covered_twice(partner: Partner, codes: list[str]) -> None:
    """Conflict where one place would be two partners' at once: nobody would know whom to ask."""
    for other in Partner.objects.filter(state=PartnerState.CONFIRMED).exclude(code=partner.code).order_by("code"):
        if both := sorted({*other.countries, *other.institutions} & set(codes)):
            raise Conflict(Msg.ANSWERS_FOR_ALREADY, code=other.code, other=both[0])


@unit_of_work.change
def revoke(actor: Actor, code: str, reason: str) -> Partner:
    """End the exchange with a partner at once. Its card can be added again, and is then compared anew."""
    require(actor, PartnerPermission.MANAGE)
    if not reason.strip():
        raise BadInput(Msg.SAY_WHY_PARTNER_REVOKED, where="reason")
    partner = locked(code)
    if partner.state == PartnerState.REVOKED:
        raise Conflict(Msg.REVOKED_ALREADY, code=code)
    said = {"reason": reason.strip()[:500]}
    transition(LIFE, partner, PartnerEvent.REVOKE, actor, PartnerAudit.REVOKED, subject=None, details=said)
    trust_book.forget()
    return partner


@unit_of_work.change
def revoke_key(actor: Actor, code: str, kid: str, reason: str) -> PartnerKey:
    """Trust one key of a partner no longer, whatever its cards say. Without a key to sign with, its words are compared anew."""
    require(actor, PartnerPermission.MANAGE)
    if not reason.strip():
        raise BadInput(Msg.SAY_WHY_KEY_REVOKED, where="reason")
    partner = locked(code)
    key = PartnerKey.objects.filter(partner=partner, kid=kid).first()
    if key is None:
        raise NotFound(Msg.PARTNER_HAS_NO_SUCH_KEY, code=code, key=kid)
    if key.revoked_at is not None:
        raise Conflict(Msg.KEY_REVOKED_ALREADY, key=kid)
    key.revoked_at = clock.now()
    key.save(update_fields=["revoked_at"])
    if partner.state == PartnerState.CONFIRMED and not _signing_keys(partner).exists():
        partner.state, partner.confirmed_by, partner.confirmed_at = LIFE.next(partner.state, PartnerEvent.LOSE_KEYS), "", None
        partner.save(update_fields=["state", "confirmed_by", "confirmed_at"])
    trust_book.forget()
    unit_of_work.record(actor, PartnerAudit.KEY_REVOKED, subject=None, obj=partner, key=kid, reason=reason.strip()[:500])
    return key


@unit_of_work.change
def note_test_call(actor: Actor, code: str, result: str) -> Partner:
    """Somebody called the contact that answers at any hour: "answered" puts the next call off by a month, else it stays due."""
    if not allowed(actor, PartnerPermission.MANAGE):
        require(actor, ExchangePermission.ASK)
    if result not in TestResult.values:
        raise BadInput(Msg.SAY_HOW_CALL_WENT, results=tuple(TestResult.values), where="result")
    partner = locked(code)
    if partner.state != PartnerState.CONFIRMED:
        raise Conflict(Msg.NO_CONFIRMED_PARTNER, code=code)
    if result == "answered":
        partner.tested_at = clock.now()
        partner.test_due_at = partner.tested_at + TEST_EVERY
        partner.save(update_fields=["tested_at", "test_due_at"])
    unit_of_work.record(actor, PartnerAudit.TEST_CALL_NOTED, subject=None, obj=partner, state=result)
    return partner


def locked(code: str) -> Partner:
    partner = Partner.objects.select_for_update().filter(code=code).first()
    if partner is None:
        raise NotFound(Msg.NO_SUCH_PARTNER, where=code)
    return partner
