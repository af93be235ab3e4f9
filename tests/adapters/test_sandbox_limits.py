"""Limits bite in the played world: what exceeds them does not happen, and afterwards everything is as before."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sandbox_town import NORTH, Town, at

from accord.adapters.sandbox_bank import SandboxBanks, StopReason
from accord.capabilities.orders.kinds import OrderKind
from accord.capabilities.orders.ports import Limits, OrderAnswer, OrderMessage, OrderStatus, Refusal
from accord.core.clock import SteppedClock
from accord.engine.tracing.model import Rule


@pytest.fixture
def town() -> Town:
    """Somebody at the north bank pays four times in one day and once on the next."""
    town = Town(openings={"n-1": 10_000, "s-1": 0})
    town.pay("first", 10, "n-1", "s-1", 300)
    town.pay("cash", 20, "n-1", "x-till", 500, kind="cash")
    town.pay("second", 30, "n-1", "s-1", 300, settles=40)
    town.pay("other", 50, "n-1", "s-2", 300)
    town.pay("tomorrow", 24 * 60 + 10, "n-1", "s-1", 300)
    return town


@pytest.fixture
def banks(town: Town, day: SteppedClock, tmp_path: Path) -> Iterator[SandboxBanks]:
    banks = town.open(tmp_path)
    yield banks
    banks.close()


def limit(limits: Limits | None = None, kind: OrderKind = OrderKind.LIMIT, **changed: Any) -> OrderMessage:
    order = OrderMessage(uuid4(), "O-LIMIT", kind, "a court", NORTH, "n-1", 0, "CNY", Rule.FIFO, at(72 * 60), limits=limits)
    return replace(order, **changed)


def carry_out(banks: SandboxBanks, order: OrderMessage) -> OrderAnswer:
    answer = banks.bank(NORTH).carry_out(order)
    assert isinstance(answer, OrderAnswer)
    return answer


@pytest.mark.parametrize(
    ("limits", "stopped"),
    [
        (Limits(), set()),
        (Limits(amount_per_day=300), {"cash", "second", "other"}),
        (Limits(amount_per_day=800), {"second", "other"}),
        (Limits(payees_per_day=1), {"other"}),
        (Limits(cash_per_day=0), {"cash"}),
        (Limits(cash_per_day=500), set()),
        (Limits(delay_minutes=30), {"first", "cash", "second", "other", "tomorrow"}),
        (Limits(amount_per_day=0), {"first", "cash", "second", "other", "tomorrow"}),
    ],
)
def test_what_exceeds_a_limit_does_not_happen(banks: SandboxBanks, limits: Limits, stopped: set[str]) -> None:
    assert carry_out(banks, limit(limits)).carried_out
    banks.advance(at(48 * 60))
    assert banks.stopped() == dict.fromkeys(stopped, StopReason.LIMITED)


def test_a_restriction_lets_only_living_costs_leave(banks: SandboxBanks) -> None:
    carry_out(banks, limit(kind=OrderKind.RESTRICTION, living_costs=300))
    banks.advance(at(48 * 60))
    assert set(banks.stopped()) == {"cash", "second", "other"}


def test_an_order_to_keep_data_stops_no_payment(banks: SandboxBanks) -> None:
    order = limit(kind=OrderKind.PRESERVATION)
    carry_out(banks, order)
    banks.advance(at(48 * 60))
    assert banks.stopped() == {}
    assert banks.bank(NORTH).status(order.order_id) == OrderStatus(0, order.until)


def test_limits_end_by_themselves_by_release_and_last_longer_by_renewal(banks: SandboxBanks, day: SteppedClock) -> None:
    order = limit(Limits(amount_per_day=0), until=at(15))
    carry_out(banks, order)
    longer = replace(order, order_id=uuid4(), kind=OrderKind.RENEWAL, target=order.order_id, until=at(60), limits=None)
    assert carry_out(banks, longer).until == at(60)
    day.advance_to(at(35))
    release = replace(longer, order_id=uuid4(), kind=OrderKind.RELEASE)
    assert carry_out(banks, release).carried_out
    assert banks.bank(NORTH).status(order.order_id) == OrderStatus(0, at(60), at(35))
    assert carry_out(banks, replace(release, order_id=uuid4())).refusal is Refusal.ALREADY_ENDED
    banks.advance(at(48 * 60))
    assert set(banks.stopped()) == {"first", "cash", "second"}


def test_limits_on_an_account_that_is_not_here_are_refused(banks: SandboxBanks) -> None:
    assert carry_out(banks, limit(Limits(), account="s-1")).refusal is Refusal.NO_SUCH_ACCOUNT
    assert carry_out(banks, limit(Limits(), authority=" ")).refusal is Refusal.NOT_AUTHORISED
    assert carry_out(banks, limit(Limits(), until=at(0))).refusal is Refusal.NOT_AUTHORISED


def test_another_process_sees_the_limits_and_plays_alike(banks: SandboxBanks, town: Town, tmp_path: Path) -> None:
    carry_out(banks, limit(Limits(amount_per_day=800)))
    banks.advance(at(25))
    other = town.open(tmp_path)
    try:
        other.advance(at(48 * 60))
        assert set(other.stopped()) == {"second", "other"}
    finally:
        other.close()
    banks.advance(at(48 * 60))
    assert set(banks.stopped()) == {"second", "other"}
