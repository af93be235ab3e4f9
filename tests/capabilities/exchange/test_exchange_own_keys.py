"""This node's own keys and card over the year: made once, renewed by the clock, withdrawn, destroyed when nobody needs them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from other_centre import OtherCentre, confirmed_partner

from accord.capabilities.exchange import cards, keyring
from accord.capabilities.exchange.errors import Refused
from accord.capabilities.exchange.models import KeyUse, OwnCard, OwnKey
from accord.capabilities.exchange.queries import partners as known
from accord.capabilities.exchange.services import own_cards, own_keys
from accord.capabilities.people.models import AuditEntry, User
from accord.capabilities.people.policy import OPERATOR
from accord.core import clock
from accord.core.clock import SteppedClock
from accord.core.errors import BadInput, Conflict, NotAllowed, NotFound

if TYPE_CHECKING:
    from pytest_django.fixtures import SettingsWrapper

pytestmark = [pytest.mark.database, pytest.mark.django_db, pytest.mark.usefixtures("centre")]

DAY = timedelta(days=1)


def newest_card() -> cards.Card:
    return cards.read_signed(OwnCard.objects.order_by("-serial")[0].signed)


def test_a_node_without_keys_says_how_to_make_them(officer: User) -> None:
    with pytest.raises(NotFound, match="accord partners keys make"):
        own_keys.current(KeyUse.SIGNING)
    with pytest.raises(NotFound, match="accord partners keys make"):
        own_cards.current()
    with pytest.raises(NotFound, match="accord partners keys make"):
        own_keys.rotate(OPERATOR)
    with pytest.raises(NotAllowed):
        own_keys.make_keys(officer)
    assert own_keys.rotate_due(clock.now()) == 0


def test_the_first_keys_and_card(day: SteppedClock) -> None:
    made = own_keys.make_keys(OPERATOR)
    assert [key.use for key in made] == ["signing", "encryption"]
    assert all("d" not in key.public for key in made)
    card = newest_card()
    assert (card.agency, card.name, card.jurisdiction, card.countries) == ("CN-ASC", "The centre of CN", "CN", ("CN",))
    assert card.signers == (own_keys.current(KeyUse.SIGNING).kid,)
    assert known.own_fingerprint(OPERATOR).words == tuple(cards.words(card, "en"))
    with pytest.raises(Conflict, match="rotate"):
        own_keys.make_keys(OPERATOR)
    told = list(AuditEntry.objects.order_by("seq").values_list("action", flat=True))
    assert told == ["card issued", "key made", "key made"]


def test_a_card_needs_the_agency_and_its_contact(settings: SettingsWrapper) -> None:
    for missing in ("ACCORD_CONTACT", "ACCORD_AGENCY"):
        setattr(settings, missing, "")
        with pytest.raises(BadInput, match=missing):
            own_keys.make_keys(OPERATOR)
    assert not OwnKey.objects.exists()


def test_rotation_keeps_the_old_keys_for_a_week(day: SteppedClock) -> None:
    signing, encryption = own_keys.make_keys(OPERATOR)
    day.advance_to(day.now() + DAY)
    own_keys.rotate(OPERATOR)
    card = newest_card()
    assert {signing.kid, encryption.kid} < {key.kid for key in card.keys}
    assert len(card.keys) == 4
    assert set(card.signers) == {signing.kid, own_keys.current(KeyUse.SIGNING).kid}
    ends = {key.kid: key.valid_until for key in card.keys}
    assert ends[signing.kid] == ends[encryption.kid] == day.now() + 7 * DAY
    assert own_keys.opening(encryption.kid).kid == encryption.kid
    assert own_keys.rotate_due(day.now() + 6 * DAY) == 0
    day.advance_to(day.now() + 7 * DAY)
    assert own_keys.rotate_due(day.now()) == 2
    for kid in (signing.kid, encryption.kid):
        with pytest.raises(NotFound):
            keyring.ring().sign(kid, b"")
    with pytest.raises(Refused):
        own_keys.opening(encryption.kid)
    assert own_keys.rotate_due(day.now()) == 0


def test_keys_are_renewed_by_their_age(day: SteppedClock) -> None:
    own_keys.make_keys(OPERATOR)
    first = {use: own_keys.current(use).kid for use in KeyUse}
    day.advance_to(day.now() + 30 * DAY)
    assert own_keys.rotate_due(day.now()) == 1
    assert own_keys.current(KeyUse.SIGNING).kid == first[KeyUse.SIGNING]
    assert own_keys.current(KeyUse.ENCRYPTION).kid != first[KeyUse.ENCRYPTION]
    assert own_keys.rotate_due(day.now()) == 0
    day.advance_to(day.now() + 335 * DAY)
    assert own_keys.rotate_due(day.now()) >= 2
    assert own_keys.current(KeyUse.SIGNING).kid != first[KeyUse.SIGNING]


def test_serials_go_up_by_the_clock(day: SteppedClock) -> None:
    """So that a node restored from yesterday's backup issues a card above the one that partners have seen."""
    own_keys.make_keys(OPERATOR)
    first = newest_card().serial
    own_keys.rotate(OPERATOR)
    assert newest_card().serial == first + 1
    day.advance_to(day.now() + DAY)
    own_keys.rotate(OPERATOR)
    assert newest_card().serial == first + 24 * 60


def test_a_revoked_key_is_used_no_more_and_the_card_says_so(day: SteppedClock) -> None:
    signing, encryption = own_keys.make_keys(OPERATOR)
    own_keys.revoke(OPERATOR, encryption.kid)
    assert own_keys.current(KeyUse.ENCRYPTION).kid != encryption.kid
    assert own_keys.current(KeyUse.SIGNING).kid == signing.kid
    assert newest_card().revoked == (encryption.kid,)
    with pytest.raises(Refused):
        own_keys.opening(encryption.kid)
    own_keys.revoke(OPERATOR, signing.kid)
    assert own_keys.current(KeyUse.SIGNING).kid != signing.kid
    assert set(newest_card().revoked) == {encryption.kid, signing.kid}
    with pytest.raises(Conflict):
        own_keys.revoke(OPERATOR, signing.kid)
    with pytest.raises(NotFound):
        own_keys.revoke(OPERATOR, "none")


def test_a_card_follows_the_settings(settings: SettingsWrapper) -> None:
    own_keys.make_keys(OPERATOR)
    card = own_cards.current()
    assert own_cards.renew(OPERATOR) == card
    assert own_cards.renew_due() == 0
    settings.ACCORD_PARTNER_URL = "https://cn.example"
    assert own_cards.renew_due() == 1
    assert newest_card().address == "https://cn.example"
    settings.ACCORD_PARTNER_URL = "http://cn.example"
    with pytest.raises(BadInput, match="https"):
        own_cards.renew(OPERATOR)


def test_an_own_card_is_no_partners() -> None:
    from accord.capabilities.exchange.services import partners

    own_keys.make_keys(OPERATOR)
    with pytest.raises(BadInput, match="own card"):
        partners.add(OPERATOR, cards.card_bytes(own_cards.current().signed))


def test_the_words_of_both_sides_agree() -> None:
    """What this node shows of itself is what a partner sees of its card."""
    own_keys.make_keys(OPERATOR)
    seen_there = cards.read_card(cards.card_bytes(known.own_card(OPERATOR).signed))
    for language in cards.LANGUAGES:
        assert known.own_fingerprint(OPERATOR, language).words == tuple(cards.words(seen_there, language))
    assert confirmed_partner(OtherCentre()).code == "SG-ASC"
