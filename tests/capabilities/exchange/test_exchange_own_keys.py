"""This node's own keys and card over the year: made once, renewed by the clock, withdrawn, destroyed when nobody needs them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from federation_kit.partner_centre import OtherCentre, confirmed_partner

from accord.capabilities.exchange.channel.services import partner_messages
from accord.capabilities.exchange.channel.services.resync import open_new_epochs
from accord.capabilities.exchange.errors import Refused
from accord.capabilities.exchange.models import Incoming, KeyUse, Outgoing, OwnCard, OwnKey
from accord.capabilities.exchange.partners import cards, keyring
from accord.capabilities.exchange.partners import queries as known
from accord.capabilities.exchange.partners.services import own_cards, own_keys, partners
from accord.capabilities.people.models import AuditEntry, User
from accord.capabilities.people.policy import OPERATOR
from accord.core import clock
from accord.core.clock import SteppedClock
from accord.core.errors import BadInput, Conflict, NotAllowed, NotFound
from accord.core.object_ids import new_id

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


def test_every_confirmed_partner_is_sent_a_new_card_and_spoken_to_with_a_key_that_it_knows(day: SteppedClock) -> None:
    old, _ = own_keys.make_keys(OPERATOR)
    confirmed_partner(OtherCentre())
    partners.add(OPERATOR, OtherCentre("MY-NSRC", "MY").card())
    day.advance_to(day.now() + DAY)
    own_keys.rotate(OPERATOR)
    new = own_keys.current(KeyUse.SIGNING)
    (sent,) = Outgoing.objects.filter(kind="card")
    assert sent.partner_id == "SG-ASC", "a partner whose words were not compared is told nothing"
    assert cards.read_signed(sent.body) == newest_card()
    assert own_keys.signing_for("SG-ASC").kid == own_keys.answering().kid == old.kid
    assert own_keys.signing_for("MY-NSRC").kid == new.kid
    Outgoing.objects.update(state="delivered", delivered_at=day.now())
    assert own_keys.signing_for("SG-ASC").kid == old.kid, "it has the card, and may not have read it yet"
    day.advance_to(day.now() + timedelta(hours=2))
    assert own_keys.signing_for("SG-ASC").kid == own_keys.answering().kid == new.kid


def test_old_keys_stay_while_a_partner_is_away_and_not_for_ever(day: SteppedClock) -> None:
    old, encryption = own_keys.make_keys(OPERATOR)
    confirmed_partner(OtherCentre())
    day.advance_to(day.now() + DAY)
    own_keys.rotate(OPERATOR)
    day.advance_to(day.now() + 29 * DAY)
    own_keys.rotate_due(day.now())
    assert own_keys.signing_for("SG-ASC").kid == old.kid
    assert own_keys.opening(encryption.kid)
    for _ in range(4):
        day.advance_to(day.now() + 25 * DAY)
        own_keys.rotate_due(day.now())
    assert not OwnKey.objects.filter(kid__in=[old.kid, encryption.kid]).exists()


def test_a_revoked_signing_key_still_signs_the_news_of_it(day: SteppedClock) -> None:
    old, _ = own_keys.make_keys(OPERATOR)
    confirmed_partner(OtherCentre())
    day.advance_to(day.now() + DAY)
    own_keys.revoke(OPERATOR, old.kid)
    assert own_keys.current(KeyUse.SIGNING).kid != old.kid
    assert own_keys.signing_for("SG-ASC").kid == old.kid
    assert set(newest_card().signers) == {old.kid, own_keys.current(KeyUse.SIGNING).kid}


def test_after_a_restore_partners_are_told_which_keys_are_left(day: SteppedClock) -> None:
    assert own_cards.renew_due() == 0, "a node without keys has nothing to tell"
    own_keys.make_keys(OPERATOR)
    confirmed_partner(OtherCentre())
    own_keys.rotate(OPERATOR)
    Outgoing.objects.all().delete()
    day.advance_to(day.now() + DAY)
    open_new_epochs()
    assert own_cards.renew_due() == 1
    (sent,) = Outgoing.objects.filter(kind="card")
    assert cards.read_signed(sent.body).serial == newest_card().serial


def test_a_test_call_goes_out_once_and_is_answered(day: SteppedClock) -> None:
    confirmed_partner(OtherCentre())
    assert partner_messages.test_calls_due(day.now()) == 0
    day.advance_to(day.now() + 31 * DAY)
    assert partner_messages.test_calls_due(day.now()) == 1
    assert partner_messages.test_calls_due(day.now()) == 0
    (call,) = Outgoing.objects.filter(kind="test_call")
    row = Incoming(id=new_id(), partner_id="SG-ASC", kind="test_call", received_at=day.now())
    for _ in range(2):
        partner_messages.take_test_call(row, call.body)
    (answer,) = Outgoing.objects.filter(kind="test_call", in_reply_to=row.pk)
    assert answer.body["contact"] == "+86 10 6000 0000"
    reply = Incoming(id=new_id(), partner_id="SG-ASC", kind="test_call", in_reply_to=call.pk, received_at=day.now())
    partner_messages.take_test_call(reply, answer.body)
    assert Outgoing.objects.filter(kind="test_call").count() == 2, "an answer is not answered"
    assert AuditEntry.objects.filter(action="test call answered").count() == 1
    assert [partner.code for partner in known.tests_overdue()] == ["SG-ASC"], "a person still has to call"
    for nonsense in ({}, {"asked_at": 5}, "call", None):
        with pytest.raises(Refused):
            partner_messages.take_test_call(row, nonsense)


def test_a_card_that_a_partner_sends_is_taken_and_no_other() -> None:
    other = OtherCentre()
    confirmed_partner(other)
    row = Incoming(id=new_id(), partner_id="SG-ASC", kind="card", received_at=clock.now())
    partner_messages.take_card(row, cards.read_card(other.card(address="https://sg.example")).signed)
    assert known.confirmed("SG-ASC").address == "https://sg.example"
    partner_messages.take_card(row, cards.read_card(OtherCentre().card(serial=50)).signed)
    assert known.confirmed("SG-ASC").address == "https://sg.example"
    assert [alarm.what for alarm in known.alarms(OPERATOR)] == ["unknown_signer"]
    with pytest.raises(Refused):
        partner_messages.take_card(row, cards.read_card(OtherCentre("MY-NSRC", "MY").card()).signed)
    with pytest.raises(BadInput):
        partner_messages.take_card(row, {"payload": "x"})
