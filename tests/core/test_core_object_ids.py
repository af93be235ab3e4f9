"""Ids: in the order of their making; references that catch slips of the tongue."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accord.core.errors import BadInput
from accord.core.object_ids import new_id, new_reference, parse_reference

_CHARACTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def test_ids_are_version_7_and_carry_the_time() -> None:
    before = time.time_ns() // 1_000_000
    made = [new_id() for _ in range(200)]
    after = time.time_ns() // 1_000_000
    assert len(set(made)) == len(made)
    for identifier in made:
        assert (identifier.version, identifier.variant) == (7, "specified in RFC 4122")
        assert before <= identifier.int >> 80 <= after


def test_a_reference_reads_back_however_it_is_typed() -> None:
    for _ in range(100):
        reference = new_reference("R")
        assert re.fullmatch(r"R-[0-9A-Z]{4}-[0-9A-Z]{4}", reference)
        typed = " " + reference.lower().replace("-", " ").replace("r ", "r-", 1).replace("0", "o")
        assert parse_reference(typed) == reference


def test_every_wrong_character_and_every_swap_of_neighbours_is_caught() -> None:
    for _ in range(20):
        prefix, body = "R-", new_reference("R")[2:].replace("-", "")
        wrong = {body[:place] + other + body[place + 1 :] for place in range(8) for other in _CHARACTERS + "U"}
        wrong |= {body[:place] + body[place + 1] + body[place] + body[place + 2 :] for place in range(7)}
        for text in wrong - {body}:
            with pytest.raises(BadInput):
                parse_reference(prefix + text)


@given(st.text(max_size=20))
def test_any_text_is_a_reference_or_bad_input(text: str) -> None:
    try:
        reference = parse_reference(text)
    except BadInput:
        return
    assert parse_reference(reference) == reference
