"""What a bank does as time goes by: ends without being asked, renewals within bounds."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from accord.adapters.contract_kit.bench import Bench, expect
from accord.adapters.contract_kit.case import case
from accord.capabilities.orders.kinds import OrderKind
from accord.capabilities.orders.ports import Refusal

_GRACE_SECONDS: Final = 60.0
"""A hold ends to the minute."""

_A_WHILE: Final = timedelta(minutes=10)
"""The longest time counts from when the bank decides, which is later than when the case began."""


@case
def hold_ends_by_itself(bench: Bench) -> None:
    """At its end a hold is over without anybody asking, and its money can be held for another claim."""
    standing = bench.data.standing
    seconds = bench.data.shortest_seconds
    order = bench.order(amount=standing.amount, until=bench.now() + timedelta(seconds=seconds))
    bench.held(order)
    bench.until(
        lambda: bench.in_force(order) == 0,
        seconds + _GRACE_SECONDS,
        "the hold has run out and is still in force a minute later",
    )
    status = bench.status(order)
    expect(status is not None and status.ended_at is not None, "the hold has run out and has no end")
    expect(bench.held(bench.order(amount=standing.amount)).amount == standing.amount, "what ran out cannot be held again")


@case
def late_order_holds_nothing(bench: Bench) -> None:
    """An order that has run out before it arrives is refused and holds nothing."""
    order = bench.order(until=bench.now() - timedelta(minutes=1))
    told = bench.answer(order)
    expect(told.refusal is not None and told.amount == 0, f"an order that had run out was carried out ({told.amount})")


@case
def renewal_moves_the_end(bench: Bench) -> None:
    """A renewal lets the hold last until the time it names, and no longer; the amount stays."""
    order = bench.order()
    bench.held(order)
    later = order.until + timedelta(hours=1)
    told = bench.held(bench.about(order, OrderKind.RENEWAL, until=later))
    expect(told.until is None or told.until <= later, "the renewal lasts longer than was ordered")
    status = bench.status(order)
    expect(status is not None and order.until < status.until <= later, f"after the renewal the hold ends at {status}")
    expect(bench.in_force(order) == order.amount, "the renewal has changed the amount")


@case
def renewal_has_a_cap(bench: Bench) -> None:
    """No renewal makes a hold last longer than the bank lets an order last."""
    order = bench.order()
    bench.held(order)
    cap = bench.now() + timedelta(days=bench.data.longest_days)
    told = bench.answer(bench.about(order, OrderKind.RENEWAL, until=cap + timedelta(days=3650)))
    status = bench.status(order)
    expect(
        status is not None and status.until <= cap + _A_WHILE,
        f"the hold now lasts until {status and status.until} ({told.refusal})",
    )


@case
def renewal_of_what_has_ended(bench: Bench) -> None:
    """What has ended is not renewed."""
    order = bench.order()
    bench.held(order)
    bench.held(bench.about(order, OrderKind.RELEASE))
    bench.refused(bench.about(order, OrderKind.RENEWAL), Refusal.ALREADY_ENDED)
