"""This node's own keys: made, renewed before they are old, withdrawn, and destroyed when nobody needs them any more.

A new key counts from the moment when it is made; a partner may hear of it later. So the key before it stays for OVERLAP, and
longer while a partner has yet to get the card that names its successor: what such a partner sends can still be opened, and it
is spoken to with a key that it knows.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.db.models import Q, QuerySet

from accord.capabilities import unit_of_work
from accord.capabilities.exchange.audit import OwnKeyAudit
from accord.capabilities.exchange.errors import Refused
from accord.capabilities.exchange.models import KeyUse, OwnKey
from accord.capabilities.exchange.partners.card_news import card_news
from accord.capabilities.exchange.partners.errors import Msg
from accord.capabilities.exchange.partners.keyring import ring
from accord.capabilities.exchange.partners.services import own_cards
from accord.capabilities.exchange.partners.services.own_cards import LIFE, LONGEST_KEPT, OVERLAP
from accord.capabilities.exchange.permissions import PartnerPermission
from accord.capabilities.people.policy import NODE, Actor, require
from accord.core import clock
from accord.core.errors import AccordError, Conflict, NotFound

_TAKEN_IN: Final = timedelta(hours=1)
"""A new card has been read by then at a partner that can be reached."""


def current(use: KeyUse) -> OwnKey:
    """The key to use now. NotFound where there is none: says how to make one."""
    key = _usable(clock.now()).filter(use=use).order_by("-made_at", "kid").first()
    if key is None:
        raise NotFound(Msg.NODE_NO_KEYS_FOR_PARTNERS_YET)
    return key


def signing_for(partner_code: str) -> OwnKey:
    """The key that signs what goes to a partner now: the newest that it has been told of.

    While a card is still to be delivered, or was a moment ago, it knows the keys of the card before that one, whatever the
    clock showed meanwhile. A key that was revoked meanwhile signs too, for the partner has to learn of that by something that
    it can check.
    """
    on_its_way = card_news().oldest_on_its_way(partner_code, clock.now() - _TAKEN_IN)
    if on_its_way is not None:
        told = own_cards.keys_before(on_its_way)
        known = OwnKey.objects.filter(use=KeyUse.SIGNING, kid__in=told).order_by("-made_at", "kid").first()
        if known is not None:
            return known
    return current(KeyUse.SIGNING)


def answering() -> OwnKey:
    """The key that signs what anybody is answered at once: partners that can be reached know it by now.

    So it is the newest that is older than a moment; the one before it is accepted for OVERLAP.
    """
    since = clock.now() - _TAKEN_IN
    known = OwnKey.objects.filter(Q(retire_at=None) | Q(retire_at__gt=since), use=KeyUse.SIGNING, revoked_at=None)
    before = known.filter(made_at__lt=since).order_by("-made_at", "kid").first()
    return before or current(KeyUse.SIGNING)


def opening(kid: str) -> OwnKey:
    """The key of ours that an envelope was encrypted to. Refused where this node has no such key, or has revoked it."""
    key = OwnKey.objects.filter(kid=kid, use=KeyUse.ENCRYPTION, revoked_at=None).first()
    if key is None:
        raise Refused("key", Msg.ENVELOPE_ENCRYPTED_TO_KEY_NOT_OURS, key=kid)
    return key


@unit_of_work.change
def make_keys(actor: Actor) -> list[OwnKey]:
    """The first keys of this node, and its first card. Conflict where there are some: those are rotated."""
    require(actor, PartnerPermission.MANAGE)
    if _usable(clock.now()).exists():
        raise Conflict(Msg.NODE_KEYS_ALREADY)
    own_cards.check_settings()
    made = [_make(use) for use in KeyUse]
    own_cards.issue(actor)
    for key in made:
        unit_of_work.record(actor, OwnKeyAudit.KEY_MADE, subject=None, obj=key, use=key.use)
    return made


@unit_of_work.change
def rotate(actor: Actor) -> list[OwnKey]:
    """New keys of both uses; the old ones stay for OVERLAP, and every confirmed partner is sent the new card."""
    require(actor, PartnerPermission.MANAGE)
    return _replace(actor, list(KeyUse))


@unit_of_work.change
def revoke(actor: Actor, kid: str) -> OwnKey:
    """Withdraw a key that others may have: it is used no more from here on, and the new card names it as revoked.

    Without a signing key besides, partners have to compare the new card's words before they trust it. NotFound where there
    is no such key, Conflict where it is revoked already.
    """
    require(actor, PartnerPermission.MANAGE)
    key = OwnKey.objects.filter(kid=kid).first()
    if key is None:
        raise NotFound(Msg.NODE_HAS_NO_SUCH_KEY, key=kid)
    if key.revoked_at is not None:
        raise Conflict(Msg.KEY_REVOKED_ALREADY, key=kid)
    key.revoked_at = clock.now()
    key.save(update_fields=["revoked_at"])
    unit_of_work.record(actor, OwnKeyAudit.KEY_REVOKED, subject=None, obj=key, use=key.use)
    if _usable(clock.now()).filter(use=key.use).exists():
        own_cards.issue(actor)
    else:
        _replace(actor, [KeyUse(key.use)])
    return key


def rotate_due(now: datetime) -> int:
    """Renew what has reached its age, and destroy what nobody needs; how many keys that were. For the worker."""
    grown = [use for use, life in LIFE.items() if _all_older(use, now - life)]
    replaced = _rotate_grown(now) if grown else 0
    return replaced + (_destroy_spent(now) if _spent(now).exists() else 0)


@unit_of_work.change
def _rotate_grown(now: datetime) -> int:
    """In turn with any other worker that saw the same."""
    return len(_replace(NODE, [use for use, life in LIFE.items() if _all_older(use, now - life)]))


@unit_of_work.change
def _destroy_spent(now: datetime) -> int:
    keys = [key for key in _spent(now) if not _still_needed(key, now)]
    for key in keys:
        ring().destroy(key.kid)
        unit_of_work.record(NODE, OwnKeyAudit.KEY_DESTROYED, subject=None, obj=key, use=key.use)
        key.delete()
    return len(keys)


def _spent(now: datetime) -> QuerySet[OwnKey]:
    ended = now - OVERLAP
    return OwnKey.objects.filter(Q(retire_at__lte=ended) | Q(revoked_at__lte=ended))


def _still_needed(key: OwnKey, now: datetime) -> bool:
    """Whether a partner has yet to get a card that was issued when this key ended, and may still."""
    ended = min(moment for moment in (key.retire_at, key.revoked_at) if moment is not None)
    return now - ended < LONGEST_KEPT and card_news().any_waiting(ended)


def _replace(actor: Actor, uses: list[KeyUse]) -> list[OwnKey]:
    """Part of a running change."""
    if not uses:
        return []
    if not OwnKey.objects.exists():
        raise NotFound(Msg.NODE_NO_KEYS_TO_RENEW)
    now = clock.now()
    OwnKey.objects.filter(use__in=uses, retire_at=None).update(retire_at=now)
    made = [_make(use) for use in uses]
    own_cards.issue(actor)
    for key in made:
        unit_of_work.record(actor, OwnKeyAudit.KEY_RENEWED, subject=None, obj=key, use=key.use)
    return made


def _make(use: KeyUse) -> OwnKey:
    public = ring().make(use)
    try:
        return OwnKey.objects.create(kid=public["kid"], use=use, public=public, made_at=clock.now())
    except AccordError:
        ring().destroy(public["kid"])
        raise


def _usable(now: datetime) -> QuerySet[OwnKey]:
    return OwnKey.objects.filter(Q(retire_at=None) | Q(retire_at__gt=now), revoked_at=None)


def _all_older(use: KeyUse, moment: datetime) -> bool:
    """Whether this node has keys of a use, and made the newest before `moment`."""
    newest = OwnKey.objects.filter(use=use).order_by("-made_at").values_list("made_at", flat=True).first()
    return newest is not None and newest <= moment
