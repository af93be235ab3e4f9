"""However held money is shared: nobody gets more than is claimed, nothing more is given than is there, no unit is lost."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accord.capabilities.orders.remedies.distribution import Awards, Share, Source, in_proportion, pro_rata, stated, traced

CLAIMS = [UUID(int=number) for number in range(1, 5)]
AMOUNTS = st.integers(min_value=1, max_value=10**15)
SOURCES = st.lists(st.tuples(AMOUNTS, st.sampled_from([*CLAIMS, None])), max_size=6).map(
    lambda rows: [Source(key, amount, claim) for key, (amount, claim) in enumerate(rows)]
)
SHARES = st.lists(st.tuples(AMOUNTS, st.sampled_from([*CLAIMS, None]), st.integers(0, 10**15)), max_size=8).map(
    lambda rows: [Share(100 + key, claimed, claim, min(wanted, claimed)) for key, (claimed, claim, wanted) in enumerate(rows)]
)
RULES = [traced, pro_rata, stated]


def _by_share(awards: Awards, share: Share) -> int:
    return sum(amount for (_, key), amount in awards.items() if key == share.key)


def _by_source(awards: Awards, source: Source) -> int:
    return sum(amount for (key, _), amount in awards.items() if key == source.key)


@pytest.mark.parametrize("rule", RULES)
@given(sources=SOURCES, shares=SHARES)
def test_limits(
    rule: Callable[[Sequence[Source], Sequence[Share]], Awards], sources: list[Source], shares: list[Share]
) -> None:
    awards = rule(sources, shares)
    assert all(amount > 0 for amount in awards.values())
    assert all(_by_source(awards, source) <= source.amount for source in sources)
    assert all(_by_share(awards, share) <= share.claimed for share in shares)
    assert awards == rule(list(sources), list(shares)), "the same input gives the same awards"


@given(sources=SOURCES, shares=SHARES)
def test_pro_rata_gives_all_there_is_or_all_that_is_claimed(sources: list[Source], shares: list[Share]) -> None:
    there, claimed = sum(source.amount for source in sources), sum(share.claimed for share in shares)
    assert sum(pro_rata(sources, shares).values()) == min(there, claimed)


@given(sources=SOURCES, shares=SHARES)
def test_traced_money_goes_to_those_it_was_traced_for_alone(sources: list[Source], shares: list[Share]) -> None:
    claim_of = {source.key: source.claim for source in sources} | {share.key: share.claim for share in shares}
    awards = traced(sources, shares)
    assert all(claim_of[source] == claim_of[share] is not None for source, share in awards)
    for claim in CLAIMS:
        there = sum(source.amount for source in sources if source.claim == claim)
        wanted = sum(share.claimed for share in shares if share.claim == claim)
        given_ = sum(amount for (source, _), amount in awards.items() if claim_of[source] == claim)
        assert given_ == min(there, wanted)


@given(amount=st.integers(0, 10**16), claimed=st.lists(AMOUNTS, min_size=1, max_size=12))
def test_nobody_is_a_unit_away_from_their_exact_part(amount: int, claimed: list[int]) -> None:
    parts, total = in_proportion(amount, claimed), sum(claimed)
    assert sum(parts) == min(amount, total)
    for part, one in zip(parts, claimed, strict=True):
        assert abs(part * total - min(amount, total) * one) < total


@given(amount=AMOUNTS, claimed=st.lists(AMOUNTS, min_size=2, max_size=6))
def test_who_claims_more_never_gets_less(amount: int, claimed: list[int]) -> None:
    ordered = sorted(claimed, reverse=True)
    parts = in_proportion(amount, ordered)
    assert parts == sorted(parts, reverse=True)


def test_by_hand() -> None:
    """1.00 on two holds for three victims who claim 1.00, 1.00 and 0.50."""
    sources = [Source(1, 60, CLAIMS[0]), Source(2, 40, CLAIMS[1])]
    shares = [Share(7, 100, CLAIMS[0]), Share(8, 100, CLAIMS[1], 40), Share(9, 50, CLAIMS[1], 10)]
    assert pro_rata(sources, shares) == {(1, 7): 40, (1, 8): 20, (2, 8): 20, (2, 9): 20}
    assert traced(sources, shares) == {(1, 7): 60, (2, 8): 27, (2, 9): 13}
    assert stated(sources, shares) == {(1, 8): 40, (1, 9): 10}
    assert in_proportion(100, [1, 1, 1]) == [1, 1, 1]
    assert in_proportion(10, [10, 10, 10]) == [4, 3, 3]
