from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_world import NOON

from accord.capabilities.exchange.agreements import labelling
from accord.capabilities.exchange.agreements.labelling import (
    NOBODY,
    derive,
    from_json,
    is_no_looser,
    may_pass_on,
    may_show,
    relaxed_by,
    strictest,
    to_json,
)
from accord.capabilities.exchange.errors import Refused
from accord.core.labels import Handling, Label, Pap, Tlp

AGENCIES = ("A", "B", "C", "D")
agencies = st.sampled_from(AGENCIES)
some = st.lists(agencies, unique=True, max_size=3).map(lambda codes: tuple(sorted(codes)))
labels = st.builds(
    Label,
    originator=agencies,
    tlp=st.sampled_from(Tlp),
    handling=st.sets(st.sampled_from(Handling), min_size=1).map(lambda codes: tuple(sorted(codes))),
    handling_text=st.sampled_from(["", "Ask first.", "Not for the press."]),
    pap=st.sampled_from(Pap),
    source_grade=st.sampled_from(["", "A", "F"]),
    accuracy_grade=st.sampled_from(["", "1", "6"]),
    purposes=st.sampled_from([(), ("fraud_funds",), ("tax",), ("fraud_funds", "tax")]),
    recipients=some,
    onward=some,
    retain_until=st.none() | st.integers(0, 90).map(lambda days: NOON + timedelta(days=days)),
)


@given(labels, labels)
def test_what_two_labels_bind_is_bound_by_each(one: Label, other: Label) -> None:
    joint = strictest(one, other)
    assert is_no_looser(joint, one)
    assert is_no_looser(joint, other)


@given(st.lists(labels, min_size=1, max_size=5), st.randoms())
def test_the_order_of_combining_changes_nothing(some_labels: list[Label], random: Any) -> None:
    shuffled = random.sample(some_labels, len(some_labels))
    whole, other_way = strictest(*some_labels), strictest(*shuffled)
    assert is_no_looser(whole, other_way)
    assert is_no_looser(other_way, whole)
    assert is_no_looser(strictest(whole, *some_labels), whole)
    assert is_no_looser(whole, strictest(whole, *some_labels))


@given(st.lists(labels, min_size=1, max_size=4), agencies)
def test_nobody_sees_something_derived_who_may_not_see_all_of_it(parts: list[Label], agency: str) -> None:
    whole = derive(*parts)
    if may_show(whole, agency):
        assert all(may_show(part, agency) for part in parts)
    if may_pass_on(whole, agency):
        assert all(may_pass_on(part, agency) for part in parts)
    if labelling.may_order(whole):
        assert all(map(labelling.may_order, parts))


@given(labels, st.lists(st.tuples(agencies, st.booleans(), labels), max_size=8))
def test_no_sequence_of_steps_by_others_than_the_originator_loosens(first: Label, steps: list[tuple[str, bool, Label]]) -> None:
    """Others combine, derive, and try to put labels of their own in its place, also as the originator or as a joint one."""
    history = [first]
    for by, combines, other in steps:
        before = history[-1]
        if combines:
            history.append(derive(before, other))
            continue
        if by == first.originator:
            continue
        for forged in (
            other,
            replace(other, originator=before.originator),
            replace(other, originator=f"{by}+{first.originator}"),
        ):
            with suppress(Refused):
                history.append(relaxed_by(history[-1], forged, by))
    assert all(is_no_looser(after, before) for before, after in pairwise(history))
    assert is_no_looser(history[-1], first)


@given(labels, labels)
def test_the_originator_relaxes_what_is_its_own_alone(label: Label, other: Label) -> None:
    new = replace(other, originator=label.originator)
    assert relaxed_by(label, new, label.originator) is new
    joint = derive(label, replace(label, originator="Z"))
    loose = Label(originator=joint.originator, tlp=Tlp.CLEAR, pap=Pap.CLEAR)
    if not is_no_looser(loose, joint):
        for by in (label.originator, "Z", joint.originator):
            with pytest.raises(Refused):
                relaxed_by(joint, loose, by)


@given(labels)
def test_a_label_is_written_and_read_back(label: Label) -> None:
    assert from_json(to_json(label)) == label


@given(labels, labels)
def test_a_joint_label_is_written_and_read_back(one: Label, other: Label) -> None:
    assert from_json(to_json(strictest(one, other))) == strictest(one, other)


def test_recipients_with_nothing_in_common_are_nobody_and_not_everybody() -> None:
    joint = strictest(Label(originator="A", recipients=("B",)), Label(originator="C", recipients=("D",)))
    assert joint.recipients == NOBODY
    assert not any(may_show(joint, agency) for agency in AGENCIES)
    again = strictest(joint, Label(originator="A", tlp=Tlp.CLEAR))
    assert again.recipients == NOBODY


def test_what_two_agencies_told_each_other_both_may_see() -> None:
    joint = derive(Label(originator="A", recipients=("B",)), Label(originator="B", recipients=("A",)))
    assert [agency for agency in AGENCIES if may_show(joint, agency)] == ["A", "B"]


@pytest.mark.parametrize("tlp", [Tlp.RED, Tlp.AMBER_STRICT, Tlp.AMBER])
def test_without_recipients_a_strict_code_shows_nothing_to_others(tlp: Tlp) -> None:
    label = Label(originator="A", tlp=tlp)
    assert may_show(label, "A")
    assert not may_show(label, "B")


@pytest.mark.parametrize(
    "change",
    [
        {"tlp": "purple"},
        {"handling": ["h9"]},
        {"handling": []},
        {"handling": ["h0", "h0"]},
        {"pap": "blue"},
        {"source_grade": "G"},
        {"accuracy_grade": "7"},
        {"embargo": "2027"},
        {"retain_until": "tomorrow"},
        {"retain_until": "2026-03-02T12:00:00"},
        {"originator": ""},
        {"originator": "A+"},
        {"recipients": ["a b"]},
        {"onward": "C"},
    ],
)
def test_what_is_not_known_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(Refused) as refused:
        from_json({**to_json(Label(originator="A")), **change})
    assert refused.value.clause == "labels"


@pytest.mark.parametrize("document", [None, [], "red", 7, {}])
def test_no_label_is_no_label(document: Any) -> None:
    with pytest.raises(Refused):
        from_json(document)
