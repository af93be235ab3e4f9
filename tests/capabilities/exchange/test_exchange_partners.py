"""Partners: known by a card, trusted by its words, refreshed to date by signatures, given up at once."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.db import transaction
from federation_kit.partner_centre import OtherCentre, confirmed_partner
from hypothesis import given
from hypothesis import strategies as st
from levels import examples

from accord.capabilities.exchange.errors import Refused
from accord.capabilities.exchange.models import Alarm, Partner, PartnerState
from accord.capabilities.exchange.partners import cards, trust_book
from accord.capabilities.exchange.partners import queries as known
from accord.capabilities.exchange.partners.services import partners
from accord.capabilities.people.models import AuditEntry, User
from accord.capabilities.people.policy import OPERATOR
from accord.core import clock
from accord.core.clock import SteppedClock
from accord.core.errors import BadInput, Conflict, NotAllowed, NotFound

if TYPE_CHECKING:
    from pytest_django.fixtures import SettingsWrapper

pytestmark = [pytest.mark.database, pytest.mark.django_db, pytest.mark.usefixtures("centre")]

DAY = timedelta(days=1)


def words_for(code: str, actor: object = OPERATOR, language: str = "en") -> dict[int, str]:
    """What the partner reads out for the places that this person is asked for."""
    partner = Partner.objects.get(code=code)
    words = cards.words(partners.fingerprint_of(partner), language)
    return {place: words[place - 1] for place in partners.asked_words(partner, actor)}  # type: ignore[arg-type]


def alarms() -> list[str]:
    return list(Alarm.objects.order_by("pk").values_list("what", flat=True))


def test_a_partner_counts_once_its_words_were_compared(day: SteppedClock) -> None:
    other = OtherCentre(address="https://sg.example")
    added = partners.add(OPERATOR, other.card())
    assert (added.code, added.state, added.address, added.countries) == ("SG-ASC", "pending", "https://sg.example", ["SG"])
    with pytest.raises(Refused) as refused:
        known.confirmed("SG-ASC")
    assert refused.value.clause == "partner"
    with pytest.raises(Refused):
        known.verifying_key("SG-ASC", other.signing_kids()[0], day.now())
    assert known.partner_of("DBSSSGSG") == ""
    confirmed = partners.confirm(OPERATOR, "SG-ASC", words_for("SG-ASC"))
    assert (confirmed.state, confirmed.confirmed_by, confirmed.confirmed_at) == ("confirmed", "operator", day.now())
    assert known.confirmed("SG-ASC") == confirmed
    assert known.verifying_key("SG-ASC", other.signing_kids()[0], day.now()) == other.key_of("signing")
    assert known.encryption_key("SG-ASC") == other.key_of("encryption")
    assert known.partner_of("DBSSSGSG") == "SG-ASC"
    told = list(AuditEntry.objects.order_by("seq").values_list("action", flat=True))
    assert told == ["partner added", "partner confirmed"]
    assert alarms() == []


def test_the_words_asked_for_are_not_on_the_screen(administrator: User) -> None:
    partners.add(OPERATOR, OtherCentre().card())
    partner = Partner.objects.get()
    for language in ("en", "zh-hans"):
        shown = known.fingerprint(administrator, "SG-ASC", language)
        words = cards.words(partners.fingerprint_of(partner), language)
        assert len(shown.asked) == 2
        assert [word == known.HIDDEN for word in shown.words] == [place in shown.asked for place in range(1, 9)]
        assert all(word in (known.HIDDEN, words[place]) for place, word in enumerate(shown.words))
    partners.confirm(administrator, "SG-ASC", words_for("SG-ASC", administrator, "zh-hans"))
    assert known.HIDDEN not in known.fingerprint(administrator, "SG-ASC").words


def test_wrong_words_confirm_nothing_and_raise_an_alarm() -> None:
    other = OtherCentre()
    partners.add(OPERATOR, other.card())
    right = words_for("SG-ASC")
    with pytest.raises(BadInput, match="not the words"):
        partners.confirm(OPERATOR, "SG-ASC", right | {min(right): "zoo"})
    with pytest.raises(BadInput, match=f"word {max(right)}"):
        partners.confirm(OPERATOR, "SG-ASC", {min(right): right[min(right)]})
    assert Partner.objects.get().state == PartnerState.PENDING
    assert alarms() == ["wrong_words"]
    shouted = {place: f" {word.upper()} " for place, word in right.items()}
    partners.confirm(OPERATOR, "SG-ASC", shouted)
    with pytest.raises(Conflict):
        partners.confirm(OPERATOR, "SG-ASC", right)


def test_an_exchanged_card_has_other_words() -> None:
    """Somebody between the two centres gives each a card of his own making."""
    real, false = OtherCentre(), OtherCentre()
    partners.add(OPERATOR, false.card())
    over_the_phone = cards.words(cards.read_card(real.card()), "en")
    asked = partners.asked_words(Partner.objects.get(), OPERATOR)
    with pytest.raises(BadInput):
        partners.confirm(OPERATOR, "SG-ASC", {place: over_the_phone[place - 1] for place in asked})


def test_rotation_with_overlap(day: SteppedClock) -> None:
    other = OtherCentre()
    confirmed_partner(other)
    (old,) = other.signing_kids()
    old_encryption = other.key_of("encryption")
    day.advance_to(day.now() + 30 * DAY)
    new = other.add_key("signing")
    other.add_key("encryption")
    for kid in (old, old_encryption["kid"]):
        other.end_key(kid, day.now() + 7 * DAY)
    partners.add(OPERATOR, other.card(signers=[new, old]))
    assert Partner.objects.get().state == PartnerState.CONFIRMED, "no words are compared again"
    for kid in (old, new):
        assert known.verifying_key("SG-ASC", kid, day.now())["kid"] == kid
    assert known.encryption_key("SG-ASC") == other.key_of("encryption") != old_encryption
    day.advance_to(day.now() + 8 * DAY)
    with pytest.raises(Refused) as refused:
        known.verifying_key("SG-ASC", old, day.now())
    assert refused.value.clause == "key"
    assert known.verifying_key("SG-ASC", new, day.now())["kid"] == new


def test_a_card_that_no_trusted_key_signed_is_refused() -> None:
    other = OtherCentre()
    confirmed_partner(other)
    before = Partner.objects.values().get()
    stranger = OtherCentre(address="https://elsewhere.example")
    with pytest.raises(NotAllowed, match="no key that is trusted"):
        partners.add(OPERATOR, stranger.card(serial=99))
    new = other.add_key("signing")
    with pytest.raises(NotAllowed):
        partners.add(OPERATOR, other.card(signers=[new], serial=100))
    assert Partner.objects.values().get() == before
    with pytest.raises(Refused):
        known.verifying_key("SG-ASC", new, clock.now())
    assert alarms() == ["unknown_signer"], "the same alarm again would only be noise"


def test_an_older_card_is_refused_and_the_same_one_changes_nothing() -> None:
    other = OtherCentre()
    first = other.card()
    partners.add(OPERATOR, first)
    partners.confirm(OPERATOR, "SG-ASC", words_for("SG-ASC"))
    second = other.card(address="https://new.example")
    partners.add(OPERATOR, second)
    partners.add(OPERATOR, second)
    with pytest.raises(NotAllowed, match="older"):
        partners.add(OPERATOR, first)
    with pytest.raises(NotAllowed, match="same serial"):
        partners.add(OPERATOR, other.card(serial=2, address="https://third.example"))
    assert Partner.objects.get().address == "https://new.example"
    assert alarms() == ["card_rollback", "card_changed"]


def test_a_key_that_a_card_revokes_ends_at_once() -> None:
    other = OtherCentre()
    new = other.add_key("signing")
    old = other.signing_kids()[1]
    confirmed_partner(other)
    other.revoked.append(old)
    partners.add(OPERATOR, other.card(signers=[new]))
    with pytest.raises(Refused, match="revoked"):
        known.verifying_key("SG-ASC", old, clock.now() - DAY)
    assert known.verifying_key("SG-ASC", new, clock.now())
    other.revoked.clear()
    partners.add(OPERATOR, other.card(signers=[new]))
    with pytest.raises(Refused, match="revoked"):
        known.verifying_key("SG-ASC", old, clock.now())


def test_a_partner_that_takes_back_its_only_key_is_compared_anew() -> None:
    other = OtherCentre()
    confirmed_partner(other)
    old = other.signing_kids()[0]
    other.add_key("signing")
    other.revoked.append(old)
    partners.add(OPERATOR, other.card())
    assert Partner.objects.get().state == PartnerState.PENDING
    assert alarms() == ["key_revoked"]
    with pytest.raises(Refused):
        known.confirmed("SG-ASC")
    partners.confirm(OPERATOR, "SG-ASC", words_for("SG-ASC"))
    assert known.verifying_key("SG-ASC", other.signing_kids()[0], clock.now())


def test_a_newer_card_does_not_draw_more_enquiries_by_itself() -> None:
    other = OtherCentre(institutions=["SGCASH"])
    confirmed_partner(other)
    partners.add(OPERATOR, other.card(countries=["SG", "MY"], institutions=["MYCASH"]))
    assert (known.partner_of("MBBEMYKL"), known.partner_of("MYCASH"), known.partner_of("SGCASH")) == ("", "", "")
    assert known.uncovered(OPERATOR, "SG-ASC") == ["MY", "MYCASH"]
    assert alarms() == ["covers_more"]
    partners.accept_coverage(OPERATOR, "SG-ASC")
    assert (known.partner_of("MBBEMYKL"), known.partner_of("MYCASH")) == ("SG-ASC", "SG-ASC")
    assert known.uncovered(OPERATOR, "SG-ASC") == []


def test_two_partners_do_not_answer_for_the_same_place() -> None:
    confirmed_partner(OtherCentre())
    second = OtherCentre("SG-OTHER", "SG")
    with pytest.raises(Conflict, match="SG-ASC answers for SG"):
        confirmed_partner(second)
    assert Partner.objects.get(code="SG-OTHER").state == PartnerState.PENDING


def test_a_revoked_partner_is_nobody_at_once_and_may_come_back() -> None:
    other = OtherCentre()
    confirmed_partner(other)
    with pytest.raises(BadInput, match="why"):
        partners.revoke(OPERATOR, "SG-ASC", " ")
    partners.revoke(OPERATOR, "SG-ASC", "the agency was dissolved")
    with pytest.raises(Conflict):
        partners.revoke(OPERATOR, "SG-ASC", "again")
    for question in (lambda: known.confirmed("SG-ASC"), lambda: known.encryption_key("SG-ASC")):
        with pytest.raises(Refused):
            question()
    assert known.partner_of("DBSSSGSG") == ""
    assert confirmed_partner(other).state == PartnerState.CONFIRMED


def test_a_key_that_is_revoked_here_stays_so_whatever_the_partner_says() -> None:
    other = OtherCentre()
    second = other.add_key("signing")
    first = other.signing_kids()[1]
    confirmed_partner(other)
    partners.revoke_key(OPERATOR, "SG-ASC", second, "seen on a paste site")
    assert Partner.objects.get().state == PartnerState.CONFIRMED
    partners.add(OPERATOR, other.card())
    with pytest.raises(Refused, match="revoked"):
        known.verifying_key("SG-ASC", second, clock.now())
    partners.revoke_key(OPERATOR, "SG-ASC", first, "seen too")
    assert Partner.objects.get().state == PartnerState.PENDING
    with pytest.raises(NotFound):
        partners.revoke_key(OPERATOR, "SG-ASC", "none", "why")


def test_whose_ledgers_hold_an_institution(settings: SettingsWrapper) -> None:
    settings.ACCORD_COVERS_INSTITUTIONS = ("GDBANK",)
    confirmed_partner(OtherCentre(institutions=["SGCASH", "SGBKCNBJ"]))
    confirmed_partner(OtherCentre("CN-GX", "CN-GX", countries=[], institutions=["GXBANK", "GXBKCNBN"]))
    answers = {
        "DBSSSGSG": "SG-ASC",
        "DBSSSGSGXXX": "SG-ASC",
        "SGCASH": "SG-ASC",
        "SGBKCNBJ": "SG-ASC",
        "GXBANK": "CN-GX",
        "GXBKCNBN": "CN-GX",
        "SG-ASC": "SG-ASC",
        "ICBKCNBJ": "",
        "GDBANK": "",
        "CHASUS33": "",
        "BANKSG": "",
        "": "",
    }
    assert {institution: known.partner_of(institution) for institution in answers} == answers


def test_who_may_not_keep_partners_sees_and_changes_nothing(officer: User, liaison: User, supervisor: User) -> None:
    from accord.capabilities.people import services as people
    from accord.capabilities.people.models import Role

    other = OtherCentre()
    confirmed_partner(other)
    auditor = people.create_user("auditor", "a-long-password", Role.AUDITOR)
    assert list(known.partners(auditor)) == []
    assert list(known.keys_of(auditor, "SG-ASC")) == []
    assert list(known.alarms(auditor)) == []
    assert list(known.own_keys(liaison)) == []
    with pytest.raises(NotFound):
        known.partner(auditor, "SG-ASC")
    with pytest.raises(NotAllowed):
        known.own_card(auditor)
    assert known.partner(liaison, "SG-ASC").name == "The centre of SG-ASC"
    for actor in (officer, liaison, supervisor, auditor):
        for refused in (
            lambda actor=actor: partners.add(actor, other.card()),
            lambda actor=actor: partners.confirm(actor, "SG-ASC", {}),
            lambda actor=actor: partners.accept_coverage(actor, "SG-ASC"),
            lambda actor=actor: partners.revoke(actor, "SG-ASC", "why"),
            lambda actor=actor: partners.revoke_key(actor, "SG-ASC", other.signing_kids()[0], "why"),
        ):
            with pytest.raises(NotAllowed):
                refused()
    with pytest.raises(NotAllowed):
        partners.note_test_call(auditor, "SG-ASC", "answered")


def test_the_contact_is_called_every_month(day: SteppedClock, officer: User) -> None:
    confirmed_partner(OtherCentre())
    assert list(known.tests_overdue()) == []
    day.advance_to(day.now() + 31 * DAY)
    (late,) = known.tests_overdue()
    partners.note_test_call(officer, "SG-ASC", "not_answered")
    assert list(known.tests_overdue()) == [late]
    partners.note_test_call(officer, "SG-ASC", "answered")
    assert list(known.tests_overdue()) == []
    tested = Partner.objects.get()
    assert (tested.tested_at, tested.test_due_at) == (day.now(), day.now() + 30 * DAY)
    with pytest.raises(BadInput):
        partners.note_test_call(officer, "SG-ASC", "perhaps")


def test_a_restored_partner_is_written_to_with_the_key_that_it_still_has(day: SteppedClock) -> None:
    """It renewed its key after the backup was taken, and knows nothing of that any more."""
    other = OtherCentre()
    confirmed_partner(other)
    kept = other.key_of("encryption")
    day.advance_to(day.now() + DAY)
    lost = other.add_key("encryption")
    partners.add(OPERATOR, other.card())
    assert known.encryption_key("SG-ASC")["kid"] == lost
    other.keys = [key for key in other.keys if key["public"]["kid"] != lost]
    partners.add(OPERATOR, other.card())
    day.advance_to(day.now() + DAY)
    assert known.encryption_key("SG-ASC") == kept


def test_alarms_are_looked_at(administrator: User, officer: User) -> None:
    from accord.capabilities.exchange.partners.services.alarms import note_seen

    confirmed_partner(OtherCentre())
    with pytest.raises(NotAllowed):
        partners.add(OPERATOR, OtherCentre().card(serial=9))
    (alarm,) = known.alarms(administrator, "SG-ASC")
    with pytest.raises(NotAllowed):
        note_seen(officer, alarm.pk)
    assert note_seen(administrator, alarm.pk).seen_by == "administrator"
    assert list(known.alarms(administrator)) == []
    with pytest.raises(Conflict):
        note_seen(administrator, alarm.pk)
    with pytest.raises(NotFound):
        note_seen(administrator, 0)


def test_what_counts_is_read_again_after_another_process_changed_it(monkeypatch: pytest.MonkeyPatch) -> None:
    from accord.capabilities.exchange.partners import trust_book

    confirmed_partner(OtherCentre())
    shelf = trust_book._Shelf()
    seconds = iter((0.0, 0.5, 0.9, 1.6, 1.7))
    monkeypatch.setattr(trust_book.time, "monotonic", lambda: next(seconds))
    assert shelf.book().partner_of("DBSSSGSG") == "SG-ASC"
    Partner.objects.update(state=PartnerState.REVOKED)
    assert shelf.book().partner_of("DBSSSGSG") == "SG-ASC", "for a second at most"
    assert shelf.book().partner_of("DBSSSGSG") == "SG-ASC"
    assert shelf.book().partner_of("DBSSSGSG") == ""


STEPS = st.lists(st.sampled_from(["renew", "take back", "stranger", "thief", "again", "widen"]), max_size=12)


@examples(20)
@given(steps=STEPS, data=st.data())
def test_whatever_cards_come_only_the_centres_own_keys_count(steps: list[str], data: st.DataObject) -> None:
    """The centre renews and takes back keys; strangers, and a thief of a key that was taken back, send cards in its name."""
    with transaction.atomic():
        _whatever_cards_come(steps, data)
        transaction.set_rollback(True)
    trust_book.forget()


def _whatever_cards_come(steps: list[str], data: st.DataObject) -> None:
    other = OtherCentre()
    confirmed_partner(other)
    own, withdrawn, sent, serial = {*other.signing_kids()}, set[str](), [other.card()], 0
    for step in steps:
        if step == "renew":
            own.add(other.add_key("signing"))
            sent.append(other.card())
        elif step == "take back" and len(left := [kid for kid in other.signing_kids() if kid not in other.revoked]) > 1:
            other.revoked.append(data.draw(st.sampled_from(left)))
            sent.append(other.card())
        elif step == "widen":
            sent.append(other.card(countries=["MY", "SG"]))
        card = sent[-1]
        if step == "stranger":
            card = OtherCentre(countries=["CN", "MY"]).card(serial=500)
        elif step == "thief":
            card = _stolen(other, sorted(withdrawn))
        elif step == "again":
            card = data.draw(st.sampled_from(sent))
        partners.take(OPERATOR, cards.read_card(card))
        withdrawn |= set(cards.read_signed(Partner.objects.get().card).revoked)
        now = Partner.objects.get()
        assert now.card_serial >= serial, "nothing goes back"
        serial = now.card_serial
        assert now.state == PartnerState.CONFIRMED, "a key that is left vouches for every card of the centre"
        assert now.countries == ["SG"], "what was confirmed, and no more"
        counted = set(trust_book.book().keys[other.code]) & _accepted(other)
        assert counted <= own - withdrawn
        assert counted, "and the centre is heard"


def _accepted(other: OtherCentre) -> set[str]:
    """The signing keys that are taken at this moment."""
    accepted = set()
    for kid in trust_book.book().keys[other.code]:
        try:
            accepted.add(known.verifying_key(other.code, kid, clock.now())["kid"])
        except Refused:
            continue
    return accepted


def _stolen(other: OtherCentre, withdrawn: list[str]) -> bytes:
    """A card with a key of the thief's own, signed by a key that was taken back; before there is one, a stranger's card."""
    thief = OtherCentre(countries=["CN"])
    if not withdrawn:
        return thief.card(serial=600)
    thief.keys += [key for key in other.keys if key["public"]["kid"] in withdrawn]
    thief.ring._keys |= other.ring._keys
    return thief.card(serial=600, signers=[thief.signing_kids()[0], withdrawn[0]])
