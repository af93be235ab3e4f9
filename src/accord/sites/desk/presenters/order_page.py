"""Everything that the page of one order shows, and what the reader may do with it; read once a request."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any
from uuid import UUID

import msgspec

from accord.capabilities.claims import queries as claims
from accord.capabilities.claims.messages import to_json
from accord.capabilities.claims.permissions import ClaimPermission
from accord.capabilities.exchange.crossborder.queries import orders as exchange_orders
from accord.capabilities.orders import queries
from accord.capabilities.orders.kinds import KEEPS_MONEY, RENEWABLE, RESTRICTS, OrderKind
from accord.capabilities.orders.life_cycle import AWAITED, ENDED, HOLDING, STANDING, State
from accord.capabilities.orders.messages import message_of
from accord.capabilities.orders.permissions import OrderPermission
from accord.capabilities.orders.ports import HolderNotice, OrderMessage, PaymentFacts
from accord.capabilities.orders.regime import Approval, KindRule, Regime, regime
from accord.capabilities.orders.rules import rule_of
from accord.capabilities.people import queries as people
from accord.capabilities.people.policy import allowed
from accord.capabilities.permissions import Permission
from accord.capabilities.reports import queries as reports
from accord.core import clock
from accord.sites.common.words import REFUSALS, RULES
from accord.sites.desk.presenters.evidence import Check, Evidence, checks, evidence_of
from accord.sites.desk.presenters.life_cycle_picture import LifeCyclePicture, life_cycle_picture
from accord.sites.desk.presenters.order_words import ClockRow, clock_rows, terms_in_words, traced_calls

if TYPE_CHECKING:
    from accord.capabilities.claims.models import Claim
    from accord.capabilities.exchange.models import ForeignOrder, SentOrder
    from accord.capabilities.orders.models import Escalation, Order
    from accord.capabilities.orders.ports import TracedCall
    from accord.capabilities.people.models import AuditEntry, User
    from accord.capabilities.reports.models import Report


class OrderPage:
    """Reads lazily: a decision that is carried out does not load the history."""

    def __init__(self, actor: User, order_id: UUID) -> None:
        self._actor = actor
        self.now = clock.now()
        self.order: Order = queries.get(actor, order_id)

    @cached_property
    def claim(self) -> Claim | None:
        return claims.get(self._actor, self.order.claim_id) if self.order.claim_id else None

    @cached_property
    def report(self) -> Report | None:
        report_id = self.claim.report_id if self.claim else self.order.report_id
        return reports.by_ids(self._actor, [report_id]).get(report_id) if report_id else None

    @cached_property
    def payment(self) -> PaymentFacts | None:
        return msgspec.convert(self.order.payment, PaymentFacts) if self.order.payment else None

    @cached_property
    def regime(self) -> Regime:
        return regime(self.order.regime)

    @cached_property
    def law(self) -> KindRule:
        return rule_of(self.order)

    @property
    def tracing_rule(self) -> Any:
        return RULES[self.order.rule]

    @property
    def refusal(self) -> Any:
        return REFUSALS.get(self.order.refusal, self.order.refusal)

    @cached_property
    def picture(self) -> LifeCyclePicture:
        return life_cycle_picture(self.order)

    @cached_property
    def message(self) -> OrderMessage:
        """As it was sent; of a draft, as it would be."""
        return message_of(self.order)

    @property
    def message_document(self) -> Any:
        return self.order.message or to_json(self.message)

    @property
    def notice(self) -> HolderNotice | None:
        return self.message.notice

    @cached_property
    def evidence(self) -> Evidence:
        item = next((item for item in self._plan if item.pk == self.order.plan_item_id), None)
        saved = claims.saved_trace(self._actor, self.claim.pk, self.order.drafted_at) if self.claim else None
        return evidence_of(self.order, item, saved)

    @property
    def _plan(self) -> list[Any]:
        return claims.plan(self._actor, self.claim.pk) if self.claim and self.order.plan_item_id else []

    @property
    def checks(self) -> list[Check]:
        return checks(self.order, self.claim, self.evidence, self.law)

    @property
    def terms(self) -> list[str]:
        return terms_in_words(self.order)

    @property
    def traced_calls(self) -> list[TracedCall]:
        return traced_calls(self.order)

    @property
    def clocks(self) -> list[ClockRow]:
        return clock_rows(self.order, self.law, touches_holder=self.notice is not None)

    @cached_property
    def related(self) -> list[Order]:
        return list(queries.related(self._actor, self.order.pk))

    @cached_property
    def at_partner(self) -> SentOrder | None:
        """How the order stands at a partner's centre, by its own words; None where it went to none."""
        return exchange_orders.sent_order(self._actor, self.order.pk)

    @cached_property
    def asked_for_by(self) -> ForeignOrder | None:
        """The partner's order because of which this one was drawn up."""
        return exchange_orders.asked_for_by(self._actor, [self.order.pk]).get(self.order.pk)

    @cached_property
    def escalations(self) -> list[Escalation]:
        return list(queries.escalations(self._actor, self.order.pk))

    @cached_property
    def nobody_to_call(self) -> bool:
        """Whether nobody would be called if the receiver stayed silent, for an order that has not ended."""
        first = queries.contacts(self._actor).filter(step=1, institution__in=("", self.order.institution))
        return self.order.state not in ENDED and not first.exists()

    @cached_property
    def history(self) -> list[AuditEntry]:
        entries = people.history(self._actor, self.order.subject, ClaimPermission.READ)
        return [entry for entry in entries if entry.object_id == str(self.order.pk)]

    @property
    def stays_in_force(self) -> bool:
        """Whether something is in force under it until its end, which the receiver then ends unprompted."""
        return self.order.kind in (*KEEPS_MONEY, *RESTRICTS)

    @property
    def is_recall(self) -> bool:
        return self.order.kind == OrderKind.RECALL

    @property
    def overdue(self) -> bool:
        return self.order.is_overdue(self.now)

    @property
    def is_own_draft(self) -> bool:
        return self.order.drafted_by_id == self._actor.pk

    # what the reader may do; the services refuse whatever else is tried

    def _has(self, permission: Permission) -> bool:
        return allowed(self._actor, permission)

    @property
    def is_draft(self) -> bool:
        return self.order.state == State.DRAFT

    @property
    def may_approve(self) -> bool:
        return self.is_draft and not self.is_own_draft and self._has(OrderPermission.APPROVE)

    @property
    def may_override(self) -> bool:
        own = self.is_draft and self.is_own_draft and self.order.approval != Approval.COURT
        return own and self._has(OrderPermission.OVERRIDE)

    @property
    def may_hand_in_answer(self) -> bool:
        """Whether the answer that the payer's bank got may be handed in as a file."""
        return self.order.state in AWAITED and self._has(OrderPermission.APPROVE)

    @property
    def may_set_holder_terms(self) -> bool:
        return self.is_draft and self.is_own_draft and self.notice is not None and self._has(OrderPermission.DRAFT)

    @property
    def may_discard(self) -> bool:
        return self.is_draft and self._has(OrderPermission.DRAFT)

    @property
    def may_clear(self) -> bool:
        return self.order.needs_clearing and self.order.approved_by_id != self._actor.pk and self._has(OrderPermission.CLEAR)

    @cached_property
    def is_spoken_for(self) -> bool:
        """Whether another order about this one is still open."""
        return any(order.state not in ENDED and order.state not in STANDING for order in self.related)

    @property
    def can_be_released(self) -> bool:
        order = self.order
        return order.kind in (*KEEPS_MONEY, *RESTRICTS) and order.state in (*STANDING, *AWAITED) and not self.is_spoken_for

    @property
    def may_release(self) -> bool:
        return self.can_be_released and self._has(OrderPermission.RELEASE)

    @property
    def is_withdrawal(self) -> bool:
        """Whether a release would overtake the answer: nothing was carried out yet, as far as is known here."""
        return self.order.state in AWAITED

    @property
    def may_renew(self) -> bool:
        order = self.order
        left = order.kind in RENEWABLE and order.renewals < self.law.renewals
        return left and order.state in STANDING and not self.is_spoken_for and self._has(OrderPermission.DRAFT)

    @property
    def may_freeze(self) -> bool:
        order = self.order
        kept = order.kind in (OrderKind.STOP_PAYMENT, OrderKind.HOLD) and order.state in HOLDING
        return kept and not self.is_spoken_for and self._has(OrderPermission.DRAFT)

    @property
    def may_block(self) -> bool:
        """Whether a lasting block may take the place of a suspension."""
        suspended = self.order.kind == OrderKind.NUMBER_SUSPENSION and self.order.state == State.IN_FORCE
        return suspended and not self.is_spoken_for and self._has(OrderPermission.DRAFT)

    @property
    def freeze_law(self) -> KindRule:
        return self.regime.rule(OrderKind.FREEZE)
