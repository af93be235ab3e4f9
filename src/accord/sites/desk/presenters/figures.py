"""The sums at the head of a claim: what was claimed, where each part of it is now, and through which conversions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accord.capabilities.claims.balance import Balance, Conclusion, Conversion, balance_of
from accord.capabilities.orders.life_cycle import HOLDING
from accord.core.money import Money

if TYPE_CHECKING:
    from datetime import datetime
    from decimal import Decimal

    from accord.capabilities.claims.joined_trace import JoinedTrace
    from accord.capabilities.claims.models import Claim
    from accord.capabilities.orders.models import Order

_LABELS: Final[dict[str, Promise]] = {
    "held": _("Held"),
    "standing": _("Standing, not held"),
    "open": _("Being asked about"),
    "exits": _("Left"),
    "gone": _("Went on to another jurisdiction"),
    "unknown": _("Not located yet"),
}
_FIELDS: Final = {"held": "held", "standing": "standing", "open": "asked", "exits": "exits", "gone": "left"}
"""Part of the page → part of the balance."""

CONCLUSIONS: Final[dict[Conclusion, Promise]] = {
    Conclusion.NOT_LOCATED: _("The payment is not located yet: the first order asks for it."),
    Conclusion.ADDS_UP: _("Every cent accounted for"),
    Conclusion.UP_TO_CONVERSION: _("Accounted for up to a conversion that a partner does not show"),
    Conclusion.DOES_NOT_ADD_UP: _("The banks’ answers do not add up yet"),
}
"""What a page says of the sums, one sentence each."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One part of the claim; `amounts` has one sum a currency. `share` is thousandths of the claim, of money that was changed
    by what it cost."""

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
class ConversionStep:
    """One conversion as a line. An amount is None where a partner does not say; so are transfer, time and rate."""

    paid: Money | None
    got: Money | None
    rate: Decimal | None
    transfer: str
    time: datetime | None
    institution: str
    partner: str


@dataclass(frozen=True, slots=True)
class SumLine:
    """One currency as an addition that a reader can check."""

    claimed: Money
    changed_into: Money
    changed_from: Money
    held: Money
    standing: Money
    asked: Money
    left: Money
    exits: Money
    gap: Money


@dataclass(frozen=True, slots=True)
class ClaimFigures:
    """`held_percent` is None where nothing is held; it is about, where money was `changed` on its way."""

    claimed: Money
    parts: tuple[Figure, ...]
    conclusion: Conclusion
    steps: tuple[ConversionStep, ...]
    sums: tuple[SumLine, ...]
    held_percent: int | None
    beyond: tuple[Money, ...]
    """What banks hold under orders of the claim beyond what the trace says stands there now."""

    @property
    def sentence(self) -> Promise:
        return CONCLUSIONS[self.conclusion]

    @property
    def changed(self) -> bool:
        return bool(self.steps)

    @property
    def bars(self) -> list[Bar]:
        """The parts side by side, in thousandths of the claim."""
        bars, x = [], 0
        for part in self.parts:
            bars.append(Bar(part.key, x, min(part.share, 1_000 - x)))
            x += bars[-1].width
        return bars


def claim_figures(claim: Claim, trace: JoinedTrace, orders: Sequence[Order]) -> ClaimFigures:
    """The parts of the claim by its balance; before the payment is located, what banks confirm under the first orders."""
    balance = balance_of(claim.currency, trace)
    confirmed = _sums((order.currency, order.held) for order in orders if order.state in HOLDING)
    if not balance.located:
        unknown = {claim.currency: max(0, claim.amount - confirmed.get(claim.currency, 0))}
        parts = {"held": confirmed, "standing": {}, "open": {}, "exits": {}, "unknown": unknown}
        worth = {key: sums.get(claim.currency, 0) for key, sums in parts.items()}
    else:
        parts = {key: {one.currency: getattr(one, field) for one in balance.balances} for key, field in _FIELDS.items()}
        if not any(parts["gone"].values()):
            del parts["gone"]
        worth = {key: balance.worth(_FIELDS[key]) for key in parts}
    traced = {one.currency: one.held for one in balance.balances}
    beyond = {code: amount - traced.get(code, 0) for code, amount in confirmed.items() if balance.located}
    return ClaimFigures(
        claimed=claim.money,
        parts=tuple(
            Figure(key, _LABELS[key], _amounts(sums, claim.currency), _share(worth[key], claim.amount))
            for key, sums in parts.items()
        ),
        conclusion=balance.conclusion,
        steps=tuple(_step(conversion) for conversion in balance.conversions),
        sums=tuple(_sum_line(one) for one in balance.balances),
        held_percent=_share(worth["held"], claim.amount) // 10 if worth["held"] else None,
        beyond=tuple(Money(minor, code) for code, minor in sorted(beyond.items()) if minor > 0),
    )


def nothing_to_ask(figures: ClaimFigures) -> Promise:
    """Why asking the banks afresh asks nobody."""
    amounts = {part.key: any(money.minor for money in part.amounts) for part in figures.parts}
    if figures.conclusion is Conclusion.NOT_LOCATED:
        return CONCLUSIONS[Conclusion.NOT_LOCATED]
    if amounts["open"] or amounts.get("gone"):
        return _("Nothing to ask again: what is not found yet is being asked about, or went where this claim is not followed.")
    if amounts["standing"]:
        return _("Nothing to ask again, but not all money found is held: order a hold on what stands.")
    if amounts["held"]:
        return _("Nothing to ask again: all money found is held.")
    return _("Nothing to ask again: no money stands anywhere any more.")


def _step(conversion: Conversion) -> ConversionStep:
    paid = Money(conversion.amount, conversion.currency) if conversion.currency else None
    got = Money(conversion.counter_amount, conversion.counter_currency) if conversion.counter_currency else None
    return ConversionStep(
        paid, got, _rate(paid, got), conversion.transfer, conversion.time, conversion.institution, conversion.partner
    )


def _rate(paid: Money | None, got: Money | None) -> Decimal | None:
    """Units got for one unit paid, to six decimals; of these two amounts, not of a market."""
    if paid is None or got is None or not paid.minor:
        return None
    return round(got.decimal() / paid.decimal(), 6)


def _sum_line(one: Balance) -> SumLine:
    names = ("claimed", "changed_into", "changed_from", "held", "standing", "asked", "left", "exits", "gap")
    return SumLine(**{name: Money(getattr(one, name), one.currency) for name in names})


def _sums(amounts: Iterable[tuple[str, int]]) -> dict[str, int]:
    sums: dict[str, int] = {}
    for currency, minor in amounts:
        sums[currency] = sums.get(currency, 0) + minor
    return sums


def _amounts(sums: Mapping[str, int], own: str) -> tuple[Money, ...]:
    """The claim's own currency first, others only where there is something in them."""
    others = sorted(currency for currency, minor in sums.items() if minor and currency != own)
    mine = [own] if sums.get(own) or not others else []
    return tuple(Money(sums.get(currency, 0), currency) for currency in (*mine, *others))


def _share(minor: int, whole: int) -> int:
    return min(1_000, 1_000 * minor // whole) if whole else 0
