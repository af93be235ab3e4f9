"""One byte sequence per document."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accord.core.canonical import canonical_json, content_hash
from accord.core.errors import BadInput

_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
_DOCUMENTS: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | _TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_TEXT, inner, max_size=4),
    max_leaves=12,
)


def test_the_sorting_example_of_rfc_8785() -> None:
    names = ["\u20ac", "\r", "\ufb33", "1", "\U0001f600", "\u0080", "\u00f6"]
    ordered = ["\r", "1", "\u0080", "\u00f6", "\u20ac", "\U0001f600", "\ufb33"]
    assert list(json.loads(canonical_json(dict.fromkeys(names, 0)))) == ordered


def test_the_string_example_of_rfc_8785() -> None:
    text = '\u20ac$\u000f\nA\'B"\\\\"/'
    assert canonical_json([text]) == '["\u20ac$\\u000f\\nA\'B\\"\\\\\\\\\\"/"]'.encode()


@given(_DOCUMENTS)
def test_it_reads_back_and_does_not_depend_on_the_order_of_keys(document: Any) -> None:
    canonical = canonical_json(document)
    assert json.loads(canonical) == document
    assert canonical_json(_reversed(document)) == canonical


def _reversed(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _reversed(value[key]) for key in reversed(value)}
    return [_reversed(item) for item in value] if isinstance(value, list) else value


def test_tuples_are_arrays_and_spelling_does_not_count() -> None:
    assert content_hash({"b": (1, 2), "a": "é"}) == content_hash({"a": "é", "b": [1, 2]})
    assert content_hash({"a": 1}) != content_hash({"a": "1"})


@pytest.mark.parametrize("document", [1.5, {"a": [0.0]}, {"a": {"b": float("nan")}}])
def test_floats_are_refused(document: Any) -> None:
    with pytest.raises(BadInput, match="float"):
        canonical_json(document)


@pytest.mark.parametrize("document", [{1: "a"}, {None: 1}, {True: 1}])
def test_keys_must_be_strings(document: Any) -> None:
    with pytest.raises(BadInput, match="key"):
        canonical_json(document)


def test_half_a_character_is_refused() -> None:
    with pytest.raises(BadInput, match="surrogate"):
        canonical_json({"a": "\ud83d"})
