"""One centre of a benchmark of federations: a member that submits its calls and approves plans without delay.

The node itself (`accord node run`) runs beside it, in processes of its own.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from quiet_store import Watched

from accord.lab.federation import centre
from accord.lab.federation.centre import Centre
from accord.lab.federation.channel import Command
from accord.lab.federation.people import OFFICER, user
from accord.node.home import Home

SOON: Final = timedelta(minutes=2)
"""What is due so soon is under way: a call that has not come back is due again when its lease ends."""


class BenchCentre(Centre):
    def commands(self) -> dict[str, Command]:
        return {
            **super().commands(),
            "begin": self.begin,
            "submit": self.submit,
            "approve": self.approve,
            "figures": self.figures,
        }

    def begin(self, countries: list[str], warm_up: int) -> None:
        """Take the calls of these countries; the first `warm_up` of each country are only to warm up with."""
        from accord.engine.exercise import World

        reports = World.load(self.home.world).reports
        calls = [[report for report in reports if report.country == code] for code in countries]
        self._warm_up = [report for some in calls for report in some[:warm_up]]
        self._calls = [report for some in calls for report in some[warm_up:]]
        self._submitted: dict[Any, Any] = {}
        self._watched = Watched(self._approve_proposed, _due_soon)

    def submit(self, warm_up: bool) -> int:
        """Submit the calls, one after the other as fast as they go; how many."""
        from accord.capabilities.orders import services as orders
        from accord.core import clock
        from accord.lab.demo.day import facts_of

        officer = user(OFFICER)
        for report in self._warm_up if warm_up else self._calls:
            at = clock.now()
            self._submitted[orders.respond_to_call(officer, facts_of(report)).claim.pk] = None if warm_up else at
        return len(self._submitted)

    def approve(self) -> bool:
        """An officer without delay approves every hold proposed; whether there was anything to do, or is anything due soon."""
        return self._watched.look()

    def _approve_proposed(self) -> None:
        from accord.capabilities.claims import queries as claims
        from accord.capabilities.orders import services as orders
        from accord.core.errors import Conflict, NotFound

        officer = user(OFFICER)
        proposed: dict[Any, list[Any]] = {}
        lines = claims.proposed_items(officer).filter(action="hold", claim__origin="")
        for claim, item in lines.values_list("claim_id", "pk"):
            proposed.setdefault(claim, []).append(item)
        for claim, items in proposed.items():
            try:
                orders.approve_plan(officer, claim, items)
            except (Conflict, NotFound):
                continue  # an answer changed the plan meanwhile; the next round sees it

    def figures(self) -> dict[str, Any]:
        """For each call: seconds to its last confirmed hold, and what is held in all; counts of what was done."""
        from accord.capabilities.claims.models import Enquiry
        from accord.capabilities.exchange.models import Outgoing
        from accord.capabilities.orders.life_cycle import HOLDING
        from accord.capabilities.orders.models import Order

        claims = {claim: at for claim, at in self._submitted.items() if at is not None}
        last: dict[Any, float] = {}
        holds = list(Order.objects.filter(state__in=HOLDING, claim__in=list(claims)))
        for order in holds:
            seconds = (order.answered_at - claims[order.claim_id]).total_seconds()
            last[order.claim_id] = max(last.get(order.claim_id, 0.0), seconds)
        messages: dict[str, int] = {}
        for kind in Outgoing.objects.values_list("kind", flat=True):
            messages[kind] = messages.get(kind, 0) + 1
        return {
            "claims": len(claims),
            "seconds": sorted(last.values()),
            "holds": len(holds),
            "enquiries": Enquiry.objects.count(),
            "messages": messages,
        }


def _due_soon() -> bool:
    from accord.core import clock
    from accord.node.worker import next_due

    due = next_due()
    return due is not None and due <= clock.now() + SOON


if __name__ == "__main__":
    member = BenchCentre(Home.from_environment())
    centre.run(member, member.commands())
