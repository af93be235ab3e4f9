"""How held money is shared among its claimants. Pure arithmetic on minor units: the same input gives the same awards.

No claimant gets more than is claimed, nothing more is given than is there, and no unit is lost to rounding: what cannot be
divided goes by the largest remainder, between equal ones to whoever was named first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Source:
    """A hold whose money is shared: how much of it, and for which claim it was traced (None: no trace reached it)."""

    key: int
    amount: int
    claim: UUID | None


@dataclass(frozen=True, slots=True)
class Share:
    """Somebody who claims a part. `stated` is what a court or an agreement gives them."""

    key: int
    claimed: int
    claim: UUID | None = None
    stated: int = 0


Awards = dict[tuple[int, int], int]
"""(source key, claimant key) → minor units, without noughts."""


def in_proportion(amount: int, claimed: Sequence[int]) -> list[int]:
    """`amount` shared in proportion to `claimed`, to the unit; everybody gets all of theirs where there is enough."""
    total = sum(claimed)
    if amount >= total:
        return list(claimed)
    parts = [amount * part // total for part in claimed]
    by_remainder = sorted(range(len(parts)), key=lambda place: (-(amount * claimed[place] % total), place))
    for place in by_remainder[: amount - sum(parts)]:
        parts[place] += 1
    return parts


def traced(sources: Sequence[Source], shares: Sequence[Share]) -> Awards:
    """The money of each hold to those who stand on the claim that it was traced for; the rest stays held."""
    left = {share.key: share.claimed for share in shares}
    awards: Awards = {}
    for source in sources:
        mine = [share for share in shares if share.claim is not None and share.claim == source.claim]
        for share, part in zip(mine, in_proportion(source.amount, [left[share.key] for share in mine]), strict=True):
            _add(awards, source, share, part)
            left[share.key] -= part
    return awards


def pro_rata(sources: Sequence[Source], shares: Sequence[Share]) -> Awards:
    """All the money together, in proportion to what each claims."""
    total = sum(source.amount for source in sources)
    return _laid_out(sources, shares, in_proportion(total, [share.claimed for share in shares]))


def stated(sources: Sequence[Source], shares: Sequence[Share]) -> Awards:
    """What is stated for each, never above what is claimed; in proportion where less is there than is stated."""
    total = sum(source.amount for source in sources)
    wanted = [min(share.stated, share.claimed) for share in shares]
    return _laid_out(sources, shares, in_proportion(total, wanted))


def _laid_out(sources: Sequence[Source], shares: Sequence[Share], parts: Sequence[int]) -> Awards:
    """Which hold pays which part of an award: one hold after the other, so that as few payments as possible are made."""
    awards: Awards = {}
    waiting = [(share, part) for share, part in zip(shares, parts, strict=True) if part][::-1]
    for source in sources:
        room = source.amount
        while room and waiting:
            share, part = waiting.pop()
            paid = min(room, part)
            _add(awards, source, share, paid)
            room -= paid
            if paid < part:
                waiting.append((share, part - paid))
    return awards


def _add(awards: Awards, source: Source, share: Share, amount: int) -> None:
    if amount:
        awards[source.key, share.key] = awards.get((source.key, share.key), 0) + amount
