"""One centre of the demo in its own process: a member of a federation that also plays its people's day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any
from uuid import UUID

from accord.core.clock import to_micros
from accord.lab.demo.outcomes import CallOutcome, CentreOutcome, OrderOutcome
from accord.lab.federation import centre, forking, kernels
from accord.lab.federation.centre import Centre
from accord.lab.federation.channel import Command
from accord.lab.federation.desk import Desk
from accord.lab.federation.people import OFFICER, SUPERVISOR, user
from accord.node import exercise_world
from accord.node.home import Home

if TYPE_CHECKING:
    from accord.capabilities.orders.models import Order
    from accord.lab.demo.day import Day, Taken


class Player(Centre):
    """The commands of a centre that plays."""

    _day: Day
    _country: str

    def commands(self) -> dict[str, Command]:
        return {
            **super().commands(),
            "begin": self.begin,
            "step": self.step,
            "told": self.told,
        }

    def begin(self, country: str) -> int:
        """Get ready for the calls of one country; how many there will be."""
        from accord.lab.demo.day import Day

        kernels.make_ready()
        world = exercise_world.of(self.home).world
        calls = [report for report in world.reports if report.country == country]
        people = [user(name) for name in (OFFICER, SUPERVISOR)]
        self._country = country
        self._day = Day(calls, self.worker, people, world.plan.seed)
        return len(calls)

    def step(self, act: bool, spent: list[dict[str, Any]]) -> dict[str, Any]:
        """Let people (where `act`) and the worker do what they do by now.

        How much was done, for which claims of ours and which cases of partners, and when this centre has something to do
        next (epoch µs). `spent`: the same of earlier moments, as far as they served this centre, and their real time.
        """
        for served in spent:
            cases = [(partner, case) for partner, case in served["cases"]]
            self._day.spent({UUID(claim) for claim in served["claims"]}, cases, served["seconds"])
        from accord.lab.demo import for_partners

        if act:
            self._day.act()
        worked, touched = self._day.sweep()
        own, cases = for_partners.own_and_cases(user(OFFICER), touched) if touched else ([], [])
        moment = self._day.next_moment()
        return {
            "worked": worked,
            "claims": [str(claim) for claim in own],
            "cases": cases,
            "next": None if moment is None else to_micros(moment),
            "calls": len(self._day.taken),
        }

    def told(self) -> dict[str, Any]:
        """What happened to this centre's calls, and what it told partners."""
        from accord.capabilities.orders import queries
        from accord.lab.demo import for_partners

        officer, taken = user(OFFICER), list(self._day.taken.values())
        orders = queries.by_claims(officer, [call.claim for call in taken])
        calls = [_call(self._country, call, orders[call.claim]) for call in taken]
        return asdict(CentreOutcome(calls, for_partners.sent_to_partners(officer)))


def _call(country: str, call: Taken, orders: list[Order]) -> CallOutcome:
    return CallOutcome(
        country,
        call.report.reference,
        to_micros(call.call_time),
        call.software,
        call.software_first,
        [_order(o) for o in orders],
    )


def _order(order: Order) -> OrderOutcome:
    from accord.capabilities.orders.life_cycle import HOLDING

    return OrderOutcome(
        institution=order.institution,
        account=order.account,
        currency=order.currency,
        held=order.held if order.state in HOLDING else 0,
        sent_at=None if order.sent_at is None else to_micros(order.sent_at),
        held_at=None if order.state not in HOLDING or order.answered_at is None else to_micros(order.answered_at),
        refused=bool(order.refusal),
    )


def main() -> None:
    player = Player(Home.from_environment())
    centre.run(player, player.commands())


def forked(environment: Mapping[str, str]) -> None:
    """The same in a process that was forked from the leader, with a desk that is forked before anything is opened."""
    home = forking.become(environment)
    player = Player(home, Desk())
    centre.run(player, player.commands())


if __name__ == "__main__":
    main()
