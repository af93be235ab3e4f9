"""A ledger that grew by rows, late ones too, answers as one built from all of them at once."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from levels import examples
from tracing_worlds import World, agree, balances_table, transfers_table, worlds

from accord.core.errors import BadInput
from accord.engine.tracing import Ledger, Rule, state


def grown(world: World, sizes: list[int], openings_with: int) -> Ledger:
    """The world's ledger, loaded in batches of these sizes; the opening balances come with one of them."""
    table = transfers_table(world.moves)
    balances = balances_table(world.openings)
    made = Ledger.from_tables(table.slice(0, sizes[0]), balances if openings_with == 0 else None)
    start = sizes[0]
    for number, size in enumerate([*sizes[1:], len(world.moves)], 1):
        made = made.appended(table.slice(start, size), balances if openings_with == number else None)
        start += size
    return made if openings_with <= len(sizes) else made.appended(table.slice(0, 0), balances)


@pytest.mark.parametrize("small_tail", [10**6, 2])
def test_grown_in_batches_is_as_built_at_once(small_tail: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(state, "_SMALL_TAIL", small_tail)

    @examples(100)
    @given(worlds(most=24), st.lists(st.integers(0, 8), min_size=1, max_size=6), st.integers(0, 7))
    def check(world: World, sizes: list[int], openings_with: int) -> None:
        made = grown(world, sizes, openings_with)
        assert len(made) == len(world.moves)
        for rule in Rule:
            agree(made.trace(world.starts, rule, world.options()), world.expected(rule))

    check()


@examples(100)
@given(worlds(most=12), worlds(most=12))
def test_two_ledgers_grown_from_one_do_not_disturb_each_other(world: World, other: World) -> None:
    for number, move in enumerate(other.moves):
        move.seq, move.id = len(world.moves) + number, f"u{number}"
    first = world.ledger()
    before = {rule: first.trace(world.starts, rule, world.options()) for rule in Rule}
    second = first.appended(transfers_table(other.moves))
    third = first.appended(transfers_table(other.moves[:1]))
    for rule in Rule:
        assert first.trace(world.starts, rule, world.options()) == before[rule]
        for moves, made in ((other.moves, second), (other.moves[:1], third)):
            union = World([*world.moves, *moves], world.openings, world.starts, world.stops)
            agree(made.trace(world.starts, rule, world.options()), union.expected(rule))


@given(worlds(most=4))
def test_rows_already_held_are_refused(world: World) -> None:
    with pytest.raises(BadInput, match="seq above"):
        world.ledger().appended(transfers_table(world.moves[-1:]))
