"""Whatever happens: only claimed units are held, none twice, and never more than the account has.

The oracle moves single units of money by name through queues or stacks, knows nothing of holds, and shares no code with
the sandbox. It says which unit of money each unit of each transfer was.
"""

from __future__ import annotations

import tempfile
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st
from levels import examples
from sandbox_town import NORTH, Town, at, hold_order, question, release_order

from accord.adapters.sandbox_bank import SandboxBanks
from accord.capabilities.claims.ports import Credit, EnquiryAnswer, check_answer
from accord.capabilities.orders.checks import check_order_answer
from accord.capabilities.orders.ports import OrderAnswer
from accord.core.clock import SteppedClock, to_micros, using
from accord.engine.tracing.model import Rule

ACCOUNTS = ("n-a", "n-b", "n-c", "x-abroad")


class Money:
    """Named units on accounts; `carried[transfer]` lists the units that it moved, in order. What comes from abroad is new."""

    def __init__(self, openings: dict[str, int], rule: Rule) -> None:
        self._take_last = rule is Rule.LIFO
        self.carried: dict[str, list[str]] = {}
        self.on: defaultdict[str, list[str]] = defaultdict(list)
        for account, amount in openings.items():
            self.on[account] = [f"{account}:{unit}" for unit in range(amount)]

    def move(self, transfer: str, debtor: str, creditor: str, amount: int) -> None:
        units = self.on[debtor]
        taken = [units.pop(-1 if self._take_last else 0) for _ in range(amount)]
        if debtor == "x-abroad":
            taken = [f"{transfer}:{unit}" for unit in range(amount)]
        self.carried[transfer] = taken
        self.on[creditor].extend(taken)


@dataclass(frozen=True)
class Plan:
    """What happens, minute by minute: ("pay", debtor, creditor, amount), ("hold", which, first, size, account, limit,
    minutes) or ("release", which)."""

    openings: dict[str, int]
    steps: list[tuple[Any, ...]]
    rule: Rule


amounts = st.integers(1, 12)
accounts = st.sampled_from(ACCOUNTS)
ours = st.sampled_from(ACCOUNTS[:3])
pays = st.tuples(st.just("pay"), ours, accounts, amounts)
arrivals = st.tuples(st.just("pay"), st.just("x-abroad"), ours, amounts)
orders = st.tuples(st.just("hold"), st.integers(0, 20), st.integers(0, 6), amounts, ours, amounts, st.integers(1, 15))
releases = st.tuples(st.just("release"), st.integers(0, 5))
plans = st.builds(
    Plan,
    openings=st.fixed_dictionaries({name: st.integers(0, 10) for name in ACCOUNTS[:3]}).map(
        lambda own: {**own, "x-abroad": 300}
    ),
    steps=st.lists(st.one_of(arrivals, pays, pays, orders, orders, releases), min_size=4, max_size=24),
    rule=st.sampled_from([Rule.FIFO, Rule.LIFO]),
)


@examples(80)
@given(plan=plans)
def test_only_claimed_units_are_held_and_none_twice(plan: Plan) -> None:
    with tempfile.TemporaryDirectory() as folder, using(SteppedClock(at(0))) as clock:
        assert isinstance(clock, SteppedClock)
        banks = town_of(plan).open(Path(folder))
        claims: dict[UUID, set[str]] = {}
        for minute, step in enumerate(plan.steps, 1):
            clock.advance_to(at(minute))
            banks.advance(at(minute))
            money = replayed(plan, banks)
            if step[0] == "hold":
                ordered(banks, plan, step, minute, money, claims)
            elif step[0] == "release" and step[1] < len(claims):
                released = hold_order(ACCOUNTS[0], 10**9, order_id=list(claims)[step[1]])
                banks.bank(NORTH).carry_out(release_order(released))
            assert_exact(banks, minute, money, claims)
        banks.close()


def town_of(plan: Plan) -> Town:
    town = Town(openings=plan.openings)
    for minute, step in enumerate(plan.steps, 1):
        if step[0] == "pay":
            town.pay(f"T{minute}", minute, *step[1:])
    town.pay("end", 99, "x-abroad", "n-a", 1)
    return town


def replayed(plan: Plan, banks: SandboxBanks) -> Money:
    """The oracle after everything that has really happened so far."""
    money = Money(plan.openings, plan.rule)
    for row in banks.booked().to_pylist():
        money.move(row["id"], row["debtor"], row["creditor"], row["amount"])
    return money


def ordered(
    banks: SandboxBanks, plan: Plan, step: tuple[Any, ...], minute: int, money: Money, claims: dict[UUID, set[str]]
) -> None:
    """Order a hold about some units of some transfer that came from abroad, and ask about the same units."""
    _, which, first, size, account, limit, minutes = step
    arrived = {unit.partition(":")[0] for units in money.carried.values() for unit in units} & money.carried.keys()
    transfers = sorted(name for name in arrived if len(money.carried[name]) > first)
    if not transfers:
        return
    transfer = transfers[which % len(transfers)]
    units = money.carried[transfer][first : first + size]
    credit = Credit(transfer, len(units), "CNY", ((first, first + len(units)),))
    order = hold_order(account, limit, [credit], rule=plan.rule, until=at(minute + minutes))
    claims[order.order_id] = set(units)
    north = banks.bank(NORTH)
    before = {hold.order_id for hold in banks.placed_holds()}
    answer = north.carry_out(order)
    assert isinstance(answer, OrderAnswer)
    check_order_answer(order, answer)
    assert ({hold.order_id for hold in banks.placed_holds()} - before == {order.order_id}) == bool(answer.amount)
    request = question(north, credit, rule=plan.rule)
    told = north.enquire(request)
    assert isinstance(told, EnquiryAnswer)
    check_answer(request, told)
    assert answer.amount <= sum(place.amount for place in told.standing if place.account == account)


def assert_exact(banks: SandboxBanks, minute: int, money: Money, claims: dict[UUID, set[str]]) -> None:
    active = [hold for hold in banks.placed_holds() if hold.active(to_micros(at(minute)))]
    named = {hold.order_id: [unit for parcel in hold.parcels for unit in units_of(parcel, money)] for hold in active}
    for hold in active:
        assert hold.amount == len(named[hold.order_id]), "the hold is as large as its units"
        assert set(named[hold.order_id]) <= claims[hold.order_id], "innocent money is never held"
    counted = Counter(unit for units in named.values() for unit in units)
    assert not [unit for unit, times in counted.items() if times > 1], "no unit is held twice"
    for account in ACCOUNTS[:3]:
        assert sum(hold.amount for hold in active if hold.ref.number == account) <= len(money.on[account])


def units_of(parcel: Any, money: Money) -> list[str]:
    return money.carried[parcel.transfer][parcel.start : parcel.end]


def test_the_oracle_itself_tells_first_in_from_last_in() -> None:
    for rule, taken in ((Rule.FIFO, ["a:0", "a:1"]), (Rule.LIFO, ["b:0", "a:2"])):
        money = Money({"a": 3, "b": 1}, rule)
        money.move("T1", "b", "a", 1)
        money.move("T2", "a", "c", 2)
        assert money.carried["T2"] == taken
