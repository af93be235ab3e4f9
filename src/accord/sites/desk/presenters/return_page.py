"""A return step by step: what it would give to whom, what stands in the way, what is next."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from accord.capabilities.claims import queries as claims
from accord.capabilities.claims.models import Claim
from accord.capabilities.orders.models import (
    Claimant,
    ClaimantKind,
    Objection,
    Order,
    Payout,
    Restitution,
    RestitutionSource,
    RestitutionState,
)
from accord.capabilities.orders.permissions import ReturnPermission
from accord.capabilities.orders.remedies import queries as remedies
from accord.capabilities.orders.remedies import returns
from accord.capabilities.people.models import User
from accord.capabilities.people.policy import allowed
from accord.capabilities.reports import queries as reports
from accord.capabilities.reports.models import Report
from accord.core import clock
from accord.core.money import Money
from accord.web.wording import text_of

STEPS: Final = (
    (RestitutionState.PREPARED, _("Prepared")),
    (RestitutionState.NOTICED, _("Notice given")),
    (RestitutionState.DECIDED, _("Decided")),
    (RestitutionState.PAYING, _("Being paid")),
    (RestitutionState.CLOSED, _("Closed")),
)


@dataclass(frozen=True, slots=True)
class SourceRow:
    """A hold, how much of it is returned, and how much of that nobody gets by the rule."""

    source: RestitutionSource
    order: Order
    part: Money
    unshared: Money
    lapses: bool


@dataclass(frozen=True, slots=True)
class ClaimantRow:
    """Somebody who is to get a part, and what they get by the rule as things stand."""

    claimant: Claimant
    claimed: Money
    award: Money
    failed: bool


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A victim who has not been named yet: the form is filled in with what the report says."""

    claim: Claim
    report: Report | None
    claimed: str


class ReturnPage:
    """One return as `actor` sees it."""

    def __init__(self, actor: User, restitution_id: UUID) -> None:
        self._actor = actor
        self.restitution: Restitution = remedies.restitution(actor, restitution_id)
        self.now = clock.now()

    def money(self, minor: int) -> Money:
        return Money(minor, self.restitution.currency)

    @property
    def state(self) -> str:
        return str(self.restitution.state)

    @property
    def steps(self) -> list[tuple[Any, str]]:
        """(name, "done", "now" or "") of each step on the straight way."""
        if self.state == RestitutionState.ABANDONED:
            return [(_("Abandoned"), "now")]
        place = next(number for number, (state, _label) in enumerate(STEPS) if state == self.state)
        last = len(STEPS) - 1
        return [
            (label, "done" if number < place or place == last else "now" if number == place else "")
            for number, (_state, label) in enumerate(STEPS)
        ]

    @cached_property
    def awards(self) -> dict[tuple[int, int], int]:
        """As decided once that has happened, else as the rule gives now."""
        if self.payouts:
            return {(part.source_id, part.claimant_id): part.amount for part in self.payouts}
        return returns.planned_awards(self.restitution)

    @cached_property
    def sources(self) -> list[SourceRow]:
        lapsing = {order.pk for order in returns.lapsing_sources(self.restitution, self.now)}
        return [
            SourceRow(
                source=row,
                order=row.order,
                part=self.money(row.amount),
                unshared=self.money(row.amount - sum(got for (key, _), got in self.awards.items() if key == row.pk)),
                lapses=row.order_id in lapsing,
            )
            for row in self.restitution.sources.select_related("order").order_by("id")
        ]

    @property
    def lapsing(self) -> list[Order]:
        return [row.order for row in self.sources if row.lapses]

    @cached_property
    def claimants(self) -> list[ClaimantRow]:
        failed = {part.claimant_id for part in self.payouts if part.failed}
        return [
            ClaimantRow(
                claimant=claimant,
                claimed=self.money(claimant.claimed),
                award=self.money(sum(got for (_, key), got in self.awards.items() if key == claimant.pk)),
                failed=claimant.pk in failed,
            )
            for claimant in returns.claimants_of(self.restitution)
        ]

    @property
    def total(self) -> Money:
        return self.money(sum(row.part.minor for row in self.sources))

    @property
    def shared(self) -> Money:
        return self.money(sum(self.awards.values()))

    @property
    def unshared(self) -> Money:
        return self.total - self.shared

    @cached_property
    def payouts(self) -> list[Payout]:
        return remedies.payouts(self._actor, self.restitution.pk)

    @property
    def paid(self) -> Money:
        return self.money(sum(part.order.held for part in self.payouts if part.is_paid))

    @cached_property
    def objections(self) -> list[Objection]:
        return list(self.restitution.objections.all())

    @cached_property
    def obstacles(self) -> list[str]:
        """Why it cannot be decided yet, in the reader's language."""
        if self.state != RestitutionState.NOTICED:
            return []
        return [text_of(text) for text in returns.obstacles(self.restitution, self.now)]

    @property
    def objections_run(self) -> bool:
        """Whether the time for objections is not over."""
        return self.restitution.objections_until is not None and self.restitution.objections_until > self.now

    @cached_property
    def suggestions(self) -> list[Suggestion]:
        """The claims that the holds were traced for and that nobody is named for yet."""
        named = {row.claimant.claim_id for row in self.claimants}
        wanted = [row.order.claim_id for row in self.sources if row.order.claim_id and row.order.claim_id not in named]
        found = claims.by_ids(self._actor, list(dict.fromkeys(wanted)))
        told = reports.by_ids(self._actor, [claim.report_id for claim in found.values() if claim.report_id])
        return [self._suggestion(claim, told.get(claim.report_id) if claim.report_id else None) for claim in found.values()]

    def _suggestion(self, claim: Claim, report: Report | None) -> Suggestion:
        left = returns.claim_left(self.restitution, claim.pk)
        return Suggestion(claim, report, f"{self.money(max(0, left)).decimal():f}" if left is not None else "")

    @property
    def prefilled(self) -> dict[str, str]:
        """What the form for a claimant begins with: the first victim who is not named yet."""
        if not self.suggestions:
            return {"claim": "", "claimed": "", "bank": "", "account": ""}
        first = self.suggestions[0]
        bank, account = (first.report.payer_bank, first.report.payer_account) if first.report else ("", "")
        return {"claim": str(first.claim.pk), "claimed": first.claimed, "bank": bank, "account": account}

    @property
    def claimable(self) -> list[Claim]:
        """Claims that a claimant of this return can stand on."""
        wanted = [row.order.claim_id for row in self.sources if row.order.claim_id]
        wanted += [row.claimant.claim_id for row in self.claimants if row.claimant.claim_id]
        return list(claims.by_ids(self._actor, list(dict.fromkeys(wanted))).values())

    @property
    def kinds(self) -> list[tuple[str, Any]]:
        return list(ClaimantKind.choices)

    @property
    def is_preparer(self) -> bool:
        return self.restitution.prepared_by_id == self._actor.pk

    @property
    def may_prepare(self) -> bool:
        return allowed(self._actor, ReturnPermission.PREPARE)

    @property
    def may_decide(self) -> bool:
        return allowed(self._actor, ReturnPermission.DECIDE) and not self.is_preparer

    @property
    def holds_decision(self) -> bool:
        """Whether the actor decides returns at all, though perhaps not this one."""
        return allowed(self._actor, ReturnPermission.DECIDE)

    @property
    def failed_payouts(self) -> list[Payout]:
        return [part for part in self.payouts if part.failed]

    @property
    def under_way(self) -> bool:
        return any(not part.is_paid and not part.failed for part in self.payouts)

    @property
    def court_is_asked_for(self) -> bool:
        """Whether the regime asks for a court's decision before money is returned."""
        return returns.asks_for_court()
