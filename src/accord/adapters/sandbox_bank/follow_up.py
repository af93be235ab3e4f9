"""How a sandbox bank carries out orders about what it keeps already: give back, prolong, pay out. Keeps nothing itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from accord.adapters.sandbox_bank.holds import Hold, first_units
from accord.adapters.sandbox_bank.limits import Limit
from accord.capabilities.orders.kinds import OrderKind
from accord.capabilities.orders.ports import OrderAnswer, OrderMessage, Refusal
from accord.core.clock import from_micros, to_micros
from accord.engine.tracing.model import Parcel

FOR_EVER: Final = 2**62

Outcome = tuple[OrderAnswer, list[Hold]]
"""The answer, and the holds that have changed."""


def carry_out_follow_up(order: OrderMessage, hold: Hold | None, moment: int) -> Outcome:
    """What happens to an order about `hold` at that moment (epoch µs)."""
    answered_at = from_micros(moment)
    if hold is None:
        return OrderAnswer(answered_at, 0, Refusal.NO_SUCH_ORDER, "nothing is held under that order"), []
    if not hold.active(moment):
        return OrderAnswer(answered_at, 0, Refusal.ALREADY_ENDED, "what was held under that order is over"), []
    return _ACTS[order.kind](order, hold, moment)


def follow_up_limit(order: OrderMessage, limit: Limit, moment: int) -> tuple[OrderAnswer, Limit | None]:
    """What happens to an order about limits: lift or prolong them; there is nothing to pay out."""
    answered_at = from_micros(moment)
    if not limit.active(moment):
        return OrderAnswer(answered_at, 0, Refusal.ALREADY_ENDED, "what was in force under that order is over"), None
    if order.kind is OrderKind.RELEASE:
        return OrderAnswer(answered_at), replace(limit, released_at=moment)
    if order.kind is OrderKind.RENEWAL:
        until = max(limit.until, to_micros(order.until))
        return OrderAnswer(answered_at, until=from_micros(until)), replace(limit, until=until)
    return OrderAnswer(answered_at, 0, Refusal.NO_SUCH_ORDER, "nothing is held under that order"), None


def _release(order: OrderMessage, hold: Hold, moment: int) -> Outcome:
    amount = min(order.amount, hold.amount)
    rest = _less(hold, amount) if amount < hold.amount else replace(hold, released_at=moment)
    return OrderAnswer(from_micros(moment), amount), [rest]


def _renew(order: OrderMessage, hold: Hold, moment: int) -> Outcome:
    until = max(hold.until, to_micros(order.until))
    return OrderAnswer(from_micros(moment), until=from_micros(until)), [replace(hold, until=until)]


def _return(order: OrderMessage, hold: Hold, moment: int) -> Outcome:
    """What is paid out never comes back to the holder: it stays blocked for ever, under the return's own name."""
    amount = min(order.amount, hold.amount)
    units = first_units(hold.parcels, amount)
    paid = replace(hold, order_id=order.order_id, amount=amount, placed_at=moment, until=FOR_EVER, parcels=units)
    rest = _less(hold, amount) if amount < hold.amount else replace(hold, released_at=moment)
    return OrderAnswer(from_micros(moment), amount), [paid, rest]


def _less(hold: Hold, amount: int) -> Hold:
    """The hold without `amount` of it: the first units go."""
    gone = sum(parcel.end - parcel.start for parcel in first_units(hold.parcels, amount))
    parcels = []
    for parcel in hold.parcels:
        cut = min(gone, parcel.end - parcel.start)
        gone -= cut
        if parcel.start + cut < parcel.end:
            parcels.append(Parcel(parcel.transfer, parcel.start + cut, parcel.end))
    return replace(hold, amount=hold.amount - amount, parcels=tuple(parcels))


_ACTS: Final[dict[OrderKind, Callable[[OrderMessage, Hold, int], Outcome]]] = {
    OrderKind.RELEASE: _release,
    OrderKind.RENEWAL: _renew,
    OrderKind.RETURN: _return,
}
