"""Everything that the page of one claim shows, read once a request."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any
from uuid import UUID

from accord.capabilities.claims import queries as claims
from accord.capabilities.claims.permissions import ClaimPermission
from accord.capabilities.claims.services.chase import CHASE_RULES
from accord.capabilities.orders import queries as orders
from accord.capabilities.orders.regime import KindRule, Regime, current_regime
from accord.capabilities.people import queries as people
from accord.capabilities.reports import queries as reports
from accord.core import clock
from accord.core.errors import BadInput
from accord.sites.desk.errors import Msg
from accord.sites.desk.presenters.comparison import Comparison, compare
from accord.sites.desk.presenters.figures import ClaimFigures, claim_figures
from accord.sites.desk.presenters.jurisdictions import AcrossBorders, across_borders
from accord.sites.desk.presenters.trace_graph import Names, graph_document
from accord.sites.desk.presenters.trace_rows import TraceRow, trace_rows
from accord.web.templatetags.accord import bank_name, masked

if TYPE_CHECKING:
    from accord.capabilities.claims.joined_trace import JoinedTrace
    from accord.capabilities.claims.models import Enquiry, PlanItem
    from accord.capabilities.orders.models import Order
    from accord.capabilities.people.models import AuditEntry
    from accord.capabilities.people.policy import Actor

HOLDS = ("hold", "enquire")


@dataclass(frozen=True, slots=True)
class PlanLists:
    """The plan as the officer works through it: holds to approve, actions on exits, what was decided with its order."""

    holds: tuple[PlanItem, ...]
    exits: tuple[PlanItem, ...]
    decided: tuple[tuple[PlanItem, Order | None], ...]


@dataclass(frozen=True, slots=True)
class AskedHolder:
    """One enquiry with how it stands now; `needs_person` when nobody will answer it by itself."""

    enquiry: Enquiry
    silent: bool

    @property
    def needs_person(self) -> bool:
        return self.silent or self.enquiry.state == "failed"

    @property
    def waits(self) -> bool:
        return self.enquiry.state in ("queued", "acknowledged")

    @property
    def amounts(self) -> list[tuple[int, str]]:
        """(minor units, currency) asked about."""
        sums: dict[str, int] = {}
        for credit in self.enquiry.credits:
            sums[credit["currency"]] = sums.get(credit["currency"], 0) + credit["amount"]
        return [(minor, currency) for currency, minor in sums.items()]


class ClaimPage:
    """Reads lazily: a poll for the picture does not load the history. `rule` is another rule to look through, or None."""

    def __init__(self, actor: Actor, claim_id: UUID, rule: str = "") -> None:
        self._actor = actor
        self.now: datetime = clock.now()
        self.claim = claims.get(actor, claim_id)
        if rule and rule not in CHASE_RULES:
            raise BadInput(Msg.UNKNOWN_RULE, rule=rule, rules=tuple(CHASE_RULES))
        self.other_rule = rule if rule != self.claim.rule else ""

    @cached_property
    def report(self) -> Any:
        """The report of the claim; None for a claim of another centre."""
        report_id = self.claim.report_id
        return reports.by_ids(self._actor, [report_id]).get(report_id) if report_id else None

    @cached_property
    def regime(self) -> Regime:
        return current_regime()

    @property
    def plan_rule(self) -> KindRule:
        """What the regime says of the orders of a hold plan."""
        return self.regime.rule(self.regime.plan_order)

    @property
    def rules(self) -> Sequence[str]:
        return CHASE_RULES

    @property
    def shown_rule(self) -> str:
        return self.other_rule or self.claim.rule

    @cached_property
    def own_trace(self) -> JoinedTrace:
        return claims.trace(self._actor, self.claim.pk)

    @cached_property
    def shown_trace(self) -> JoinedTrace:
        """The trace that picture, time line and table show."""
        return claims.trace(self._actor, self.claim.pk, self.other_rule) if self.other_rule else self.own_trace

    @cached_property
    def comparison(self) -> Comparison | None:
        return compare(self.own_trace, self.shown_trace) if self.other_rule else None

    @cached_property
    def orders(self) -> list[Order]:
        return orders.by_claims(self._actor, [self.claim.pk])[self.claim.pk]

    @cached_property
    def across_borders(self) -> AcrossBorders:
        """What each jurisdiction has of the claim, who asked about it, and what partners were asked."""
        return across_borders(self._actor, self.claim.pk, self.shown_trace, self.orders, self.now)

    @cached_property
    def figures(self) -> ClaimFigures:
        return claim_figures(self.claim, self.own_trace, self.orders)

    @cached_property
    def rows(self) -> list[TraceRow]:
        return trace_rows(self.shown_trace, self.now)

    @cached_property
    def plan(self) -> PlanLists:
        items = claims.plan(self._actor, self.claim.pk)
        by_item = {order.plan_item_id: order for order in self.orders}
        proposed = [item for item in items if item.state == "proposed"]
        decided = sorted((item for item in items if item.state != "proposed"), key=lambda item: item.decided_at or self.now)
        return PlanLists(
            holds=tuple(item for item in proposed if item.action in HOLDS),
            exits=tuple(item for item in proposed if item.action not in HOLDS),
            decided=tuple((item, by_item.get(item.pk)) for item in reversed(decided)),
        )

    @cached_property
    def enquiries(self) -> list[AskedHolder]:
        """Those that need a person first, then those under way, then the answered ones, newest first."""
        asked = [
            AskedHolder(enquiry, enquiry.state in ("queued", "acknowledged") and enquiry.answer_due_at < self.now)
            for enquiry in reversed(claims.enquiries(self._actor, self.claim.pk))
            if enquiry.state != "superseded" and enquiry.rule == self.shown_rule
        ]
        return sorted(asked, key=lambda holder: (not holder.needs_person, not holder.waits))

    @property
    def unanswered(self) -> list[AskedHolder]:
        return [holder for holder in self.enquiries if holder.waits or holder.needs_person]

    @property
    def answered(self) -> list[AskedHolder]:
        return [holder for holder in self.enquiries if not holder.waits and not holder.needs_person]

    @property
    def holders_needing_a_person(self) -> int:
        return sum(holder.needs_person for holder in self.enquiries)

    @cached_property
    def history(self) -> list[AuditEntry]:
        return list(reversed(people.history(self._actor, self.claim.pk, ClaimPermission.READ)))

    def graph(self) -> dict[str, Any]:
        return graph_document(self.shown_trace, self.orders, self.now, Names(bank_name, masked))
