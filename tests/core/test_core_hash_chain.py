"""The hash chain: every change, removal, insertion and swap shows."""

from __future__ import annotations

import hashlib

from hypothesis import given
from hypothesis import strategies as st

from accord.core.hash_chain import GENESIS, first_broken, link

_ENTRIES = st.lists(
    st.dictionaries(st.sampled_from("abc"), st.integers(0, 9), max_size=2), min_size=2, max_size=8, unique_by=str
)


def _chain(entries: list[dict[str, int]]) -> list[tuple[dict[str, int], str]]:
    chained, previous = [], GENESIS
    for entry in entries:
        previous = link(previous, entry)
        chained.append((entry, previous))
    return chained


def test_a_link_is_what_the_definition_says() -> None:
    assert link(GENESIS, {"a": 1}) == hashlib.sha256(bytes(32) + b'{"a":1}').hexdigest()


@given(_ENTRIES)
def test_an_untouched_chain_holds_and_goes_on_from_any_link(entries: list[dict[str, int]]) -> None:
    chain = _chain(entries)
    assert first_broken(chain) is None
    assert first_broken(chain[1:], start=chain[0][1]) is None
    assert first_broken([]) is None


@given(_ENTRIES, st.data())
def test_any_tampering_is_found_where_it_is(entries: list[dict[str, int]], data: st.DataObject) -> None:
    chain = _chain(entries)
    place = data.draw(st.integers(0, len(chain) - 1))
    changed = [*chain]
    changed[place] = ({**chain[place][0], "z": 1}, chain[place][1])
    assert first_broken(changed) == place
    inserted = [*chain[:place], ({"z": 1}, chain[place][1]), *chain[place:]]
    assert first_broken(inserted) == place
    if place < len(chain) - 1:
        assert first_broken([*chain[:place], *chain[place + 1 :]]) == place
        swapped = [*chain[:place], chain[place + 1], chain[place], *chain[place + 2 :]]
        assert first_broken(swapped) == place
