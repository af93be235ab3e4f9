"""The sums at the head of a claim, through conversions: each step shown, and never a tick over a gap."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

import pytest
from desk_claims_world import JOINT, MULE, NOON, answer, called, leg, officer
from django.test import Client
from django.urls import reverse

from accord.capabilities.claims import services as claims
from accord.capabilities.claims.balance import Conclusion, Conversion, balance_of, stated_conversions
from accord.capabilities.claims.joined_trace import JoinedStanding, JoinedTrace, join
from accord.capabilities.claims.ports import AccountKind, AccountStanding
from accord.core import clock
from accord.core.clock import SteppedClock
from accord.core.money import Money
from accord.engine.tracing.model import Parcel
from accord.sites.desk.presenters.figures import claim_figures, nothing_to_ask

pytestmark = [pytest.mark.database, pytest.mark.django_db]


@pytest.fixture(autouse=True)
def noon() -> Iterator[SteppedClock]:
    stepped = SteppedClock(NOON)
    with clock.using(stepped):
        yield stepped


def test_a_conversion_is_a_step_of_its_own_and_the_sums_go_on_beyond_it(client: Client) -> None:
    """500.00 of 1,000.00 CNY become 2,500.00 THB on a joint account."""
    actor = officer()
    client.force_login(actor)
    chase = called(actor)
    banks = answer(chase)
    changed = leg(f"T2-{chase.claim.reference}", ("MULEBANK", MULE), ("MULEBANK", JOINT), 50_000, 30)
    changed = replace(changed, counter_amount=250_000, counter_currency="THB")
    baht = AccountStanding(JOINT, 250_000, "THB", AccountKind.JOINT, (Parcel(changed.transfer, 0, 250_000),), 9_000)
    rest = (replace(banks.standing[0], amount=50_000, parcels=(Parcel(banks.flows[0].transfer, 50_000, 100_000),)), baht)
    claims.answered(chase.asked.pk, replace(banks, flows=(banks.flows[0], changed), standing=rest, onward=(), exits=()))

    trace = join(chase.claim)
    assert trace.conserved
    balance = balance_of("CNY", trace)
    assert [
        (one.currency, one.claimed, one.changed_into, one.changed_from, one.standing, one.gap) for one in balance.balances
    ] == [
        ("CNY", 100_000, 0, 50_000, 50_000, 0),
        ("THB", 0, 250_000, 0, 250_000, 0),
    ]
    assert balance.conclusion is Conclusion.ADDS_UP
    assert balance.worth("standing") == 100_000, "the baht cost 500.00 CNY"
    figures = claim_figures(chase.claim, trace, [])
    assert [(str(step.paid), str(step.got), step.rate, step.transfer) for step in figures.steps] == [
        ("500.00 CNY", "2,500.00 THB", Decimal("5.000000"), changed.transfer)
    ]
    assert sum(bar.width for bar in figures.bars) == 1_000, "the bar covers what was changed"
    html = client.get(reverse("desk:claim", args=[chase.claim.pk])).content.decode()
    assert "✓ Every cent accounted for" in html
    assert "Changed into another currency, 1 step" in html
    assert changed.transfer in re.split("claim-conversions", html)[1].split("</details>")[0]


def _trace(claimed: dict[str, int], conversions: list[Conversion], *standing: tuple[str, int, int]) -> JoinedTrace:
    rows = tuple(JoinedStanding("BANK", str(n), code, amount, held, "") for n, (code, amount, held) in enumerate(standing))
    return JoinedTrace("C", "fifo", claimed, (), rows, (), (), conserved=True, conversions=tuple(conversions))


def test_where_a_partner_states_only_sums_there_is_no_tick() -> None:
    """416.00 of 1,000.00 CNY became 2,080.00 THB in a country whose centre does not show how."""
    stated = stated_conversions([("CNY", 41_600), ("THB", -208_000)], "TH-AOC")
    balance = balance_of(
        "CNY", _trace({"CNY": 58_400, "THB": 208_000}, stated, ("CNY", 58_400, 10_000), ("THB", 208_000, 208_000))
    )
    own, baht = balance.balances
    assert (own.claimed, own.changed_from, own.gap) == (100_000, 41_600, 0)
    assert (baht.claimed, baht.changed_into, baht.gap) == (0, 208_000, 0)
    assert balance.conclusion is Conclusion.UP_TO_CONVERSION
    assert balance.worth("held") == 10_000 + 41_600


def test_a_second_conversion_starts_from_what_the_first_one_paid() -> None:
    steps = [Conversion(100_000, "CNY", 500_000, "THB", "T1", NOON), Conversion(250_000, "THB", 7_000, "USD", "T2", NOON)]
    balance = balance_of("CNY", _trace({"CNY": 100_000}, steps, ("THB", 250_000, 0), ("USD", 7_000, 7_000)))
    assert balance.conclusion is Conclusion.ADDS_UP
    assert (balance.worth("standing"), balance.worth("held")) == (50_000, 50_000)


def test_sums_of_several_currencies_are_not_paired_by_guessing() -> None:
    stated = stated_conversions([("CNY", 5), ("THB", -7), ("USD", -2)], "TH-AOC")
    assert [(one.amount, one.counter_amount, one.paired) for one in stated] == [(5, 0, False), (0, 7, False), (0, 2, False)]
    balance = balance_of("CNY", _trace({"CNY": 95, "THB": 7, "USD": 2}, stated, ("CNY", 95, 0), ("THB", 7, 0), ("USD", 2, 0)))
    assert {one.currency: one.gap for one in balance.balances} == {"CNY": 0, "THB": 0, "USD": 0}
    assert balance.conclusion is Conclusion.UP_TO_CONVERSION


def test_what_a_partner_counts_once_is_no_conversion() -> None:
    assert stated_conversions([("CNY", 500)], "TH-AOC") == []


def test_a_gap_is_named_and_never_ticked() -> None:
    balance = balance_of("CNY", _trace({"CNY": 100}, [], ("CNY", 60, 0)))
    assert balance.conclusion is Conclusion.DOES_NOT_ADD_UP
    assert Money(balance.balances[0].gap, "CNY") == Money(40, "CNY")


def test_nothing_to_ask_never_says_that_all_is_held_where_money_stands(client: Client) -> None:
    actor = officer()
    chase = called(actor)
    said = {}
    for name, held in (("standing", 0), ("held", 100)):
        figures = claim_figures(chase.claim, _trace({"CNY": 100}, [], ("CNY", 100, held)), [])
        said[name] = str(nothing_to_ask(figures))
    assert "not all money found is held" in said["standing"]
    assert "all money found is held." in said["held"]
    gone = claim_figures(chase.claim, _trace({}, []), [])
    assert "not located" in str(nothing_to_ask(gone))
