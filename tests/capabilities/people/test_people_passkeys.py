"""Passkeys: what a real key answers is taken once; anything else is refused with one message and changes nothing."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from software_key import HOST, SoftwareKey

from accord.capabilities.people import passkeys
from accord.capabilities.people.models import SecondFactor, User
from accord.capabilities.people.services import second_factors
from accord.core.errors import NotAllowed

pytestmark = [pytest.mark.database, pytest.mark.django_db]


def enrol(user: User, key: SoftwareKey) -> list[str]:
    options, state = passkeys.ask_to_register(HOST, user.pk.bytes, user.username, [])
    return second_factors.enrol_passkey(user, "ring", HOST, state, key.make(options))


def asked(user: User) -> tuple[dict[str, Any], passkeys.State]:
    return passkeys.ask_to_sign(HOST, second_factors.passkey_credentials(user))


def test_a_key_is_enrolled_and_signs_in_again_and_again(officer: User) -> None:
    key = SoftwareKey()
    assert len(enrol(officer, key)) == 10
    assert second_factors.has_second_factor(officer)
    for count in (1, 2):
        options, state = asked(officer)
        second_factors.use_passkey(officer, HOST, state, key.sign(options))
        assert SecondFactor.objects.get(kind="passkey").data["count"] == count


def test_a_second_key_brings_no_second_set_of_recovery_codes(officer: User) -> None:
    enrol(officer, SoftwareKey())
    assert enrol(officer, SoftwareKey()) == []
    assert len(second_factors.passkey_credentials(officer)) == 2


def test_what_is_no_answer_of_this_key_to_this_question_is_refused(officer: User, colleague: User) -> None:
    mine, stranger = SoftwareKey(), SoftwareKey()
    enrol(officer, mine)
    enrol(colleague, stranger)
    options, state = asked(officer)
    other_options, _ = asked(officer)
    spoilt = mine.sign(options)
    spoilt["response"] = spoilt["response"] | {"signature": spoilt["response"]["signature"][:-4] + "AAAA"}
    answers: list[Any] = [
        mine.sign(other_options),  # to another question
        mine.sign(options, origin="https://desk.example.evil.test"),  # on a false page
        mine.sign(options, host="evil.test"),
        stranger.sign(options),
        spoilt,
        mine.make(options),
        None,
        "text",
        {},
        [],
        {"id": "x", "rawId": "y", "response": {}},
    ]
    for answer in answers:
        with pytest.raises(NotAllowed, match="not accepted"):
            second_factors.use_passkey(officer, HOST, state, answer)
    with pytest.raises(NotAllowed):
        second_factors.use_passkey(officer, HOST, {}, mine.sign(options))
    with pytest.raises(NotAllowed):
        second_factors.use_passkey(officer, "other.example", state, mine.sign(options))
    assert SecondFactor.objects.filter(last_used_at=None, kind="passkey").count() == 2


def test_a_key_whose_counter_goes_back_was_copied(officer: User) -> None:
    key = SoftwareKey()
    enrol(officer, key)
    copied = copy.copy(key)
    options, state = asked(officer)
    second_factors.use_passkey(officer, HOST, state, key.sign(options))
    options, state = asked(officer)
    with pytest.raises(NotAllowed):
        second_factors.use_passkey(officer, HOST, state, copied.sign(options))


def test_registration_is_refused_for_another_question_page_or_nonsense(officer: User) -> None:
    key = SoftwareKey()
    options, state = passkeys.ask_to_register(HOST, officer.pk.bytes, officer.username, [])
    others, _ = passkeys.ask_to_register(HOST, officer.pk.bytes, officer.username, [])
    for answer in (key.make(others), key.make(options, origin="https://evil.test"), key.sign(options), None, {}, "x", [1]):
        with pytest.raises(NotAllowed):
            second_factors.enrol_passkey(officer, "ring", HOST, state, answer)
    with pytest.raises(NotAllowed):
        second_factors.enrol_passkey(officer, "ring", HOST, {}, key.make(options))
    assert not SecondFactor.objects.exists()
