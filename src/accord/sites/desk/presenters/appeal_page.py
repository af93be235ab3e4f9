"""What is needed to decide an appeal, on one page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any
from uuid import UUID

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accord.capabilities.claims import queries as claims
from accord.capabilities.claims.models import Claim, SavedTrace
from accord.capabilities.orders import queries
from accord.capabilities.orders.in_force import in_force, who_ordered
from accord.capabilities.orders.kinds import KEEPS_MONEY
from accord.capabilities.orders.models import Appeal, AppealDecision, AppealState, Compensation, Order, Restitution
from accord.capabilities.orders.permissions import AppealPermission, OrderPermission
from accord.capabilities.orders.remedies import queries as remedies
from accord.capabilities.orders.remedies.appeal_letter import letter, taken
from accord.capabilities.orders.remedies.living_costs import living_costs_due
from accord.capabilities.orders.rules import rule_of
from accord.capabilities.people.models import User
from accord.capabilities.people.policy import allowed
from accord.capabilities.permissions import Permission
from accord.core import clock
from accord.core.money import Money


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happened to the appeal."""

    at: datetime
    what: Promise
    who: str = ""
    note: str = ""


class AppealPage:
    """One appeal as `actor` sees it."""

    def __init__(self, actor: User, appeal_id: UUID) -> None:
        self._actor = actor
        self.appeal: Appeal = remedies.appeal(actor, appeal_id)
        self.order: Order = queries.get(actor, self.appeal.order_id)
        self.now = clock.now()

    @cached_property
    def claim(self) -> Claim | None:
        return claims.get(self._actor, self.order.claim_id) if self.order.claim_id else None

    @cached_property
    def in_force(self) -> Order | None:
        """The order that has its effect now; another one where it was replaced; None once it is over."""
        return in_force(self.order)

    @property
    def overdue(self) -> bool:
        return self.appeal.is_overdue(self.now)

    @property
    def decided(self) -> bool:
        return bool(self.appeal.decision)

    @cached_property
    def conflict(self) -> str:
        """The order because of which the actor may not decide; empty where they may."""
        return next(iter(who_ordered(self.order).get(self._actor.pk, ())), "")

    @property
    def may_decide(self) -> bool:
        return self.appeal.is_open and not self.conflict and self._holds(AppealPermission.DECIDE)

    @property
    def may_review(self) -> bool:
        return self.may_decide and self.appeal.reviewer_id != self._actor.pk

    @property
    def may_release_again(self) -> bool:
        return self.appeal.state == AppealState.DECIDED and self._holds(AppealPermission.DECIDE)

    @property
    def may_withdraw(self) -> bool:
        return self.appeal.is_open and self._holds(AppealPermission.RECORD)

    @property
    def may_compensate(self) -> bool:
        return self.appeal.is_granted and self._holds(AppealPermission.DECIDE)

    @property
    def decisions(self) -> list[tuple[str, Any]]:
        """What can be decided: in part only where money is held."""
        partly = self.in_force is not None and self.in_force.kind in KEEPS_MONEY and self.in_force.is_holding
        return [
            (decision.value, decision.label)
            for decision in AppealDecision
            if partly or decision != AppealDecision.RELEASE_PARTLY
        ]

    @cached_property
    def letter(self) -> list[str]:
        """What the appellant reads of the decision, in their language."""
        return letter(self.appeal, taken(self.appeal), self.appeal.language)

    @property
    def language(self) -> str:
        """The appellant's language as a tag (BCP 47)."""
        return "zh-Hans" if self.appeal.language == "zh-hans" else str(self.appeal.language)

    @property
    def notice(self) -> dict[str, str]:
        """What the holder was told, by language, as it was sent."""
        words: dict[str, str] = ((self.order.message or {}).get("notice") or {}).get("words") or {}
        return words

    @cached_property
    def trace(self) -> SavedTrace | None:
        """The trace on which the order was approved."""
        if self.claim is None or self.order.approved_at is None:
            return None
        return claims.saved_trace(self._actor, self.claim.pk, self.order.approved_at)

    @property
    def release_within(self) -> Any:
        return rule_of(self.order).release_within

    @cached_property
    def others(self) -> list[Appeal]:
        """Other appeals against the same order."""
        return [appeal for appeal in remedies.appeals_of_order(self._actor, self.order.pk) if appeal.pk != self.appeal.pk]

    @cached_property
    def returns(self) -> list[Restitution]:
        return remedies.restitutions_of_order(self._actor, self.order.pk)

    @cached_property
    def living_costs(self) -> Money | None:
        """What is proposed to be left for living costs, while nobody has decided on it."""
        standing = self.in_force
        due = living_costs_due(standing) if standing is not None else 0
        return Money(due, self.order.currency) if due else None

    @property
    def may_release(self) -> bool:
        return self._holds(OrderPermission.RELEASE)

    @cached_property
    def compensations(self) -> list[tuple[Compensation, Money]]:
        return [(row, Money(row.amount, row.currency)) for row in self.appeal.compensations.all()]

    @property
    def history(self) -> list[Step]:
        """What happened, oldest first."""
        appeal = self.appeal
        steps = [
            Step(appeal.received_at, _("received"), note=str(appeal.get_channel_display())),
            *([Step(appeal.review_began_at, _("being looked at"), str(appeal.reviewer))] if appeal.review_began_at else []),
            *([Step(appeal.escalated_at, _("overdue; supervisors were told"))] if appeal.escalated_at else []),
        ]
        if appeal.decided_at is not None:
            steps.append(Step(appeal.decided_at, _("decided"), str(appeal.decided_by), str(appeal.get_decision_display())))
        if appeal.released_at is not None:
            steps.append(Step(appeal.released_at, _("released; the bank has confirmed it")))
        if appeal.closed_at is not None:
            steps.append(Step(appeal.closed_at, _("taken back") if appeal.state == AppealState.WITHDRAWN else _("closed")))
        return sorted(steps, key=lambda step: step.at)

    def _holds(self, permission: Permission) -> bool:
        return allowed(self._actor, permission)
