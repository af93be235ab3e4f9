"""Agreements as documents: every mistake is found before anybody signs; the hash means the document and not its spelling."""

from __future__ import annotations

import json
from datetime import timedelta, timezone
from typing import Any

import msgspec
import pytest
from federation_kit.terms import OFFENCE, STARTS, party, terms_between, with_party
from hypothesis import given
from hypothesis import strategies as st

from accord.capabilities.exchange.agreements import documents
from accord.capabilities.exchange.agreements.fields import disclosable
from accord.capabilities.exchange.agreements.templates import MOST_BYTES, read_file, template
from accord.capabilities.exchange.agreements.terms import AgreementTerms, Offence
from accord.capabilities.exchange.kinds import MessageKind
from accord.core.errors import BadInput

HERE, THERE = "CN-ASC", "SG-ASC"
WIDEST = terms_between(HERE, THERE)


def test_a_document_is_read_back_from_its_json() -> None:
    document = documents.document(WIDEST)
    carried = json.loads(json.dumps(document, ensure_ascii=False))
    assert documents.read(carried) == WIDEST
    assert documents.hash_of(carried) == documents.hash_of(document)


def test_the_hash_is_that_of_the_moment_and_not_of_its_zone() -> None:
    elsewhere = msgspec.structs.replace(WIDEST, starts_at=STARTS.astimezone(timezone(timedelta(hours=8))))
    assert documents.hash_of(documents.document(elsewhere)) == documents.hash_of(documents.document(WIDEST))


def _paths(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    if isinstance(value, dict):
        return [found for name, item in value.items() for found in _paths(item, (*path, name))]
    if isinstance(value, list) and value:
        return [found for place, item in enumerate(value) for found in _paths(item, (*path, place))]
    return [path]


def _changed(document: dict[str, Any], path: tuple[Any, ...], value: Any) -> dict[str, Any]:
    made: Any = json.loads(json.dumps(document))
    held = made
    for step in path[:-1]:
        held = held[step]
    held[path[-1]] = value
    changed: dict[str, Any] = made
    return changed


anything = st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=5) | st.just([]) | st.just({}) | st.just(1.5)


@given(st.sampled_from(_paths(json.loads(json.dumps(documents.document(WIDEST))))), anything)
def test_one_changed_value_is_another_agreement_or_none(path: tuple[Any, ...], value: Any) -> None:
    """Whatever is put in a place, the document is refused by its place, or it is another one, and the difference is shown."""
    before = json.loads(json.dumps(documents.document(WIDEST)))
    after = _changed(before, path, value)
    try:
        documents.read(after)
    except BadInput:
        return
    if after == before:
        return
    assert documents.hash_of(after) != documents.hash_of(before)
    assert documents.diff(before, after)


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"parties": (party(HERE), party(HERE))}, "parties"),
        ({"ends_at": STARTS}, "ends_at"),
        ({"starts_at": STARTS.replace(tzinfo=None)}, "starts_at"),
        ({"kinds": ()}, "kinds"),
        ({"kinds": (MessageKind.ENQUIRY_ANSWER,)}, "kinds"),
        ({"kinds": (MessageKind.ENQUIRY, MessageKind.HELLO)}, "kinds"),
        ({"kinds": (MessageKind.ENQUIRY,)}, "parties[0].quotas"),
        ({"offences": ()}, "offences"),
        ({"offences": (Offence(code="a", name="A", provisions={}),) * 2}, "offences"),
        ({"offences": (Offence(code="a", name="A", provisions={"MY-NFP": "s. 1"}),)}, "offences[a].provisions"),
        ({"purposes": ()}, "purposes"),
        ({"languages": ()}, "languages"),
    ],
)
def test_contradictions_are_found(changes: dict[str, Any], where: str) -> None:
    found = [path for path, _ in documents._mistakes(msgspec.structs.replace(WIDEST, **changes))]
    assert where in found


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"fields": {MessageKind.ENQUIRY: ("credits.colour",)}}, "parties[1].fields.enquiry"),
        ({"fields": {MessageKind.ENQUIRY: ("credits.amount",)}}, "parties[1].fields.enquiry"),  # always goes: no choice
        ({"fields": {MessageKind.CARD: ("name",)}}, "parties[1].fields"),
        ({"quotas": {MessageKind.ENQUIRY_ANSWER: 5}}, "parties[1].quotas"),
        ({"automatic": (MessageKind.REQUEST,)}, "parties[1].automatic"),
        ({"standing_authority": ""}, "parties[1].standing_authority"),
    ],
)
def test_contradictions_of_a_side_are_found(changes: dict[str, Any], where: str) -> None:
    with pytest.raises(BadInput) as refused:
        documents.read(json.loads(json.dumps(documents.document(with_party(WIDEST, THERE, **changes)))))
    assert refused.value.where == where


@pytest.mark.parametrize(
    "change", [{"colour": "red"}, {"retention_days": 0}, {"title": ""}, {"onward": "sometimes"}, {"parties": []}]
)
def test_what_is_not_known_or_not_possible_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(BadInput):
        documents.read({**documents.document(WIDEST), **change})


def test_sides_and_offences_are_compared_by_name_and_not_by_place() -> None:
    turned = msgspec.structs.replace(WIDEST, parties=WIDEST.parties[::-1])
    assert documents.diff(documents.document(WIDEST), documents.document(turned)) == []
    more = (*WIDEST.offences, Offence(code="theft", name="Theft", provisions={HERE: "art. 264"}))
    wider = msgspec.structs.replace(with_party(WIDEST, THERE, quotas={MessageKind.ORDER: 5}), offences=more[::-1])
    found = {one.path: (one.before, one.after) for one in documents.diff(documents.document(WIDEST), documents.document(wider))}
    assert found == {
        "parties[SG-ASC].quotas.enquiry": (1_000, None),
        "parties[SG-ASC].quotas.order": (1_000, 5),
        "parties[SG-ASC].quotas.request": (1_000, None),
        "offences[theft].code": (None, "theft"),
        "offences[theft].name": (None, "Theft"),
        "offences[theft].provisions.CN-ASC": (None, "art. 264"),
    }


def test_the_template_is_whole_strict_and_unfinished() -> None:
    text = template(HERE, THERE)
    terms = read_file(text.encode(), "agreement.toml")
    stated = {name for name in AgreementTerms.__struct_fields__ if f"\n{name} =" in text or f"[{name}]" in text}
    assert stated == set(AgreementTerms.__struct_fields__)  # a reader sees every field that there is
    assert {"liability", f"offences[{OFFENCE}].provisions.{HERE}"} <= set(documents.unfinished(terms))
    assert documents.unfinished(WIDEST) == []
    for side in terms.parties:
        assert (side.automatic, side.standing_authority_verified) == ((), False)
        assert not {"flows", "onward", "exits", "standing.bank"} & {*side.fields[MessageKind.ENQUIRY_ANSWER]}
        assert all({*names} <= {*disclosable(kind)} for kind, names in side.fields.items())


def test_the_same_agreement_as_json() -> None:
    data = json.dumps(documents.document(WIDEST)).encode()
    assert read_file(data, "agreement.json") == WIDEST
    assert read_file(b"\xef\xbb\xbf" + data, "agreement.json") == WIDEST


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_any_other_file_is_refused_in_words(data: bytes) -> None:
    with pytest.raises(BadInput) as refused:
        read_file(data, "some.toml")
    assert refused.value.where.startswith("some.toml")


def test_a_file_that_is_too_large_is_refused_unread() -> None:
    with pytest.raises(BadInput, match="at most"):
        read_file(b"#" * (MOST_BYTES + 1), "large.toml")
