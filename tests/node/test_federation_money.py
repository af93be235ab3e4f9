"""Money that crosses two borders is followed and held in three countries, by three real centres."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from federation_kit.crossing_world import STANDING, number_of
from federation_kit.three_centres import AT_ONCE, Centres, three_centres

from accord.adapters.sandbox_bank import SandboxBanks
from accord.core import clock
from accord.core.clock import SteppedClock
from accord.node import exercise_clock

pytestmark = pytest.mark.slow


def held_at_banks(centres: Centres) -> dict[tuple[str, str], int]:
    """What the banks of the common world hold now, by account and currency: the last word on what was reached."""
    exercise_clock.install(centres.exercise)
    moment = clock.now()
    with clock.using(SteppedClock(moment)):
        banks: SandboxBanks = SandboxBanks.from_world(centres.exercise.world, centres.exercise.sandbox)
        banks.advance(moment)
        found: dict[tuple[str, str], int] = {}
        for hold in banks.placed_holds():
            if hold.released_at is None:
                key = (hold.ref.number, hold.currency)
                found[key] = found.get(key, 0) + hold.amount
        banks.close()
    return found


RELEASE = """
from accord.capabilities.orders import services as orders
from accord.capabilities.orders.models import Order
from accord.lab.federation.people import user
held = list(Order.objects.filter(state__in=["held", "held_partly"]))
for order in held:
    orders.ask_release(user("supervisor"), order.pk, "the caller was mistaken: it was no fraud")
answer = len(held)
"""


@pytest.fixture(scope="module")
def centres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Centres]:
    """Three centres that do everything at once; the second test begins where the first has given all back."""
    with three_centres(tmp_path_factory.mktemp("centres"), pacts=AT_ONCE) as running:
        yield running


def test_stolen_money_is_held_in_three_countries_and_given_back_in_all(centres: Centres) -> None:
    centres.cn.call("V1")
    centres.approve_until_quiet()
    expected = {(number_of(name), currency): amount for (name, currency), amount in STANDING.items()}
    assert held_at_banks(centres) == expected
    held = "SELECT currency, sum(held) AS held FROM orders_order WHERE state IN ('held', 'held_partly') GROUP BY currency"
    by_currency: dict[str, Any] = {row["currency"]: row["held"] for row in centres.cn.rows(held)}
    assert by_currency == {"CNY": 300_000, "SGD": 80_000, "THB": 1_500_000}
    assert centres.cn.run(RELEASE) == len(centres.cn.rows("SELECT 1 FROM orders_order WHERE kind = 'release'")) > 0
    centres.approve_until_quiet()
    assert held_at_banks(centres) == {}
    for centre in centres.all.values():
        assert not centre.rows("SELECT 1 FROM orders_order WHERE state IN ('held', 'held_partly')")
        assert not centre.rows("SELECT 1 FROM exchange_alarm")


def test_a_call_about_a_payment_abroad_reaches_the_partner_at_once(centres: Centres) -> None:
    centres.sg.call("V2")
    centres.approve_until_quiet()
    assert held_at_banks(centres)[number_of("m4"), "THB"] == 1_250_000
