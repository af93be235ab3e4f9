"""The sums at the head of a claim: what was claimed, and where each part of it is now."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accord.capabilities.claims.joined_trace import JoinedTrace
from accord.capabilities.claims.models import EnquiryState
from accord.capabilities.orders.life_cycle import HOLDING
from accord.core.money import Money

if TYPE_CHECKING:
    from accord.capabilities.claims.models import Claim
    from accord.capabilities.orders.models import Order

_LABELS: Final[dict[str, Promise]] = {
    "held": _("Held"),
    "standing": _("Standing, not held"),
    "open": _("Being asked about"),
    "exits": _("Left"),
    "gone": _("Went on to another jurisdiction"),
    "unknown": _("Not located yet"),
    "converted": _("Changed into another currency"),
}


@dataclass(frozen=True, slots=True)
class Figure:
    """One part of the claim; `amounts` has one sum a currency. `share` is thousandths of the claim in its own currency."""

    key: str
    label: Promise
    amounts: tuple[Money, ...]
    share: int


@dataclass(frozen=True, slots=True)
class Bar:
    """A stretch of the bar under the figures; of a claim whose whole is 1,000 wide."""

    key: str
    x: int
    width: int


@dataclass(frozen=True, slots=True)
class ClaimFigures:
    """`share`s of the parts add up to at most 1,000; what was converted to another currency shows in `amounts` only."""

    claimed: Money
    parts: tuple[Figure, ...]
    located: bool

    @property
    def bars(self) -> list[Bar]:
        """The parts side by side, in thousandths of the claim."""
        bars, x = [], 0
        for part in self.parts:
            bars.append(Bar(part.key, x, min(part.share, 1_000 - x)))
            x += bars[-1].width
        return bars


def claim_figures(claim: Claim, trace: JoinedTrace, orders: Sequence[Order]) -> ClaimFigures:
    """The parts of the claim. Held is what banks confirm under orders that hold now, whatever the trace says meanwhile."""
    held = _sums((order.currency, order.held) for order in orders if order.state in HOLDING)
    standing = _sums((row.currency, row.amount - row.held) for row in trace.standing)
    located = bool(trace.claimed)
    gone = _sums((row.currency, row.amount) for row in trace.open if row.state == EnquiryState.LEFT)
    asked = _sums((row.currency, row.amount) for row in trace.open if row.state != EnquiryState.LEFT)
    parts = {"held": held, "standing": standing, "open": asked, "exits": trace.total("exits")}
    if gone:
        parts["gone"] = gone
    converted = trace.claimed.get(claim.currency, 0) - sum(sums.get(claim.currency, 0) for sums in parts.values())
    if converted > 0 and any(flow.leg.counter_currency for flow in trace.flows):
        parts["converted"] = {claim.currency: converted}
    if not located:
        parts["unknown"] = {claim.currency: max(0, claim.amount - held.get(claim.currency, 0))}
    return ClaimFigures(
        claimed=claim.money,
        parts=tuple(
            Figure(key, _LABELS[key], _amounts(sums, claim.currency), _share(sums.get(claim.currency, 0), claim.amount))
            for key, sums in parts.items()
        ),
        located=located,
    )


def _sums(amounts: Iterable[tuple[str, int]]) -> dict[str, int]:
    sums: dict[str, int] = {}
    for currency, minor in amounts:
        sums[currency] = sums.get(currency, 0) + minor
    return sums


def _amounts(sums: dict[str, int], own: str) -> tuple[Money, ...]:
    """The claim's own currency first, others only where there is something in them."""
    others = sorted(currency for currency, minor in sums.items() if minor and currency != own)
    mine = [own] if sums.get(own) or not others else []
    return tuple(Money(sums.get(currency, 0), currency) for currency in (*mine, *others))


def _share(minor: int, whole: int) -> int:
    return min(1_000, 1_000 * minor // whole) if whole else 0
