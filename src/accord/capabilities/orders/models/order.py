from __future__ import annotations

from datetime import datetime
from typing import ClassVar, Final, Self
from uuid import UUID

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accord.capabilities.delivery import Delivery, due_index, index_where_known
from accord.capabilities.orders.kinds import KEEPS_MONEY, ON_MONEY, OrderKind
from accord.capabilities.orders.life_cycle import HOLDING, STANDING, WAITING, State
from accord.capabilities.orders.permissions import OrderPermission
from accord.capabilities.orders.ports import Care
from accord.capabilities.orders.regime import Approval
from accord.capabilities.people.policy import Actor, allowed
from accord.core.money import Money
from accord.core.object_ids import new_code, new_id, new_reference

UNDER_AUTHORITY: Final = "standing"
"""How an order was approved that no person approved: at a partner's request, under a standing authority of this agency."""


class OrderQuerySet(models.QuerySet["Order"]):
    def visible_to(self, actor: Actor) -> Self:
        """All orders of this node for those who work its desk; none for anyone else."""
        return self if allowed(actor, OrderPermission.READ) else self.none()


def order_reference() -> str:
    return new_reference("O")


class Order(Delivery):
    """One order to one receiver. Amounts are minor units of `currency`, the currency of the account.

    `amount` is the limit; `held` what the receiver keeps under it now (for a release or return: gave back or paid).
    `credits` (the port's Credit as JSON) is what an order on money stands on; one without credits carries the facts of the
    report's payment instead, for the bank to match. `target` is the earlier order that a release, a renewal or a return is
    about; `replaces` the one that ends when this one is confirmed.

    `approval` is what the regime asked for when the order was drafted, or says that it left under a standing authority. A
    mark of an emergency (`override_reason`) stays until a supervisor clears it. `grounds` is why it was ordered, `reason`
    what the receiver said.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    reference = models.CharField(max_length=16, unique=True, default=order_reference, editable=False)
    kind = models.CharField(max_length=20, choices=OrderKind.choices)
    state = models.CharField(max_length=14, choices=State.choices, default=State.DRAFT.value)
    claim = models.ForeignKey("claims.Claim", on_delete=models.PROTECT, null=True, related_name="+")
    report = models.ForeignKey("reports.Report", on_delete=models.PROTECT, null=True, related_name="+")
    plan_item = models.ForeignKey("claims.PlanItem", on_delete=models.PROTECT, null=True, related_name="+")
    target = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="follow_ups")
    replaces = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="replacements")

    institution = models.CharField(max_length=64)
    account = models.CharField(max_length=128, blank=True)
    holder_name = models.CharField(max_length=150, blank=True)
    identifier = models.CharField(max_length=128, blank=True)  # a telephone number
    amount = models.BigIntegerField(default=0)
    currency = models.CharField(max_length=3, blank=True)
    held = models.BigIntegerField(default=0)
    rule = models.CharField(max_length=10)
    credits = models.JSONField(default=list)
    payment = models.JSONField(null=True)
    terms = models.JSONField(default=dict)  # limits, call, pay_to, data_wanted, traced_calls of the port; ends_by of a partner
    transfer = models.CharField(max_length=128, blank=True)  # as the bank matched it
    message = models.JSONField(null=True)  # what is sent, fixed when it is approved: the same words each time it is sent

    regime = models.CharField(max_length=8)
    authority = models.CharField(max_length=120)
    grounds = models.TextField(blank=True)
    approval = models.CharField(
        max_length=14,
        choices=[*Approval.choices, (UNDER_AUTHORITY, _("A standing authority, at a partner’s request"))],
        default=Approval.ONE_OFFICER.value,
    )
    court_reference = models.CharField(max_length=120, blank=True)
    drafted_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    drafted_at = models.DateTimeField()
    approved_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    approved_at = models.DateTimeField(null=True)
    override_reason = models.TextField(blank=True)
    cleared_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    cleared_at = models.DateTimeField(null=True)
    cleared_note = models.TextField(blank=True)

    until = models.DateTimeField()
    renewals = models.PositiveSmallIntegerField(default=0)
    renewal_due_at = models.DateTimeField(null=True)  # when the desk is to be prompted; null: no renewal is possible
    renewal_prompted_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    acknowledged_at = models.DateTimeField(null=True)
    acknowledge_due_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)
    answer_due_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    escalation_step = models.PositiveSmallIntegerField(default=0)
    escalate_at = models.DateTimeField(null=True)
    refusal = models.CharField(max_length=24, blank=True)
    reason = models.TextField(blank=True)

    tell_from = models.DateTimeField(null=True)  # null: from the moment the order is carried out
    delay_reason = models.TextField(blank=True)
    delay_approved_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    care = models.CharField(max_length=14, choices=Care.choices, default=Care.NONE.value, blank=True)
    living_costs = models.BigIntegerField(default=0)
    holder_code = models.CharField(max_length=16, default=new_code, editable=False)  # the holder appeals with it

    objects: ClassVar = OrderQuerySet.as_manager()

    class Meta:
        ordering = ("-drafted_at", "-id")
        indexes: ClassVar = [
            models.Index(fields=["state", "until"]),
            models.Index(fields=["claim", "state"]),
            models.Index(fields=["target", "state"]),
            models.Index(fields=["state", "answer_due_at"]),
            models.Index(fields=["drafted_at", "id"], name="orders_by_age"),
            models.Index(fields=["institution"], name="orders_by_receiver"),
            due_index("orders_due"),
            index_where_known("escalate_at", "orders_to_escalate"),
            index_where_known("renewal_due_at", "orders_to_prompt"),
            index_where_known("sent_at", "orders_by_sending"),
            index_where_known("answered_at", "orders_by_answer"),
            index_where_known("approved_at", "orders_by_approval"),
            models.Index(fields=["state", "until"], name="orders_prompted", condition=Q(renewal_prompted_at__isnull=False)),
            models.Index(
                fields=["approved_at"], name="orders_to_clear", condition=~Q(override_reason="") & Q(cleared_at__isnull=True)
            ),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def subject(self) -> UUID:
        """What the audit files the order under: its claim, else its report, else the order itself."""
        return UUID(str(self.claim_id or self.report_id or self.pk))

    @property
    def money(self) -> Money:
        return Money(self.amount, self.currency)

    @property
    def held_money(self) -> Money:
        return Money(self.held, self.currency)

    @property
    def is_on_money(self) -> bool:
        return self.kind in ON_MONEY

    @property
    def keeps_money(self) -> bool:
        return self.kind in KEEPS_MONEY

    @property
    def is_standing(self) -> bool:
        """Whether the order has its effect now."""
        return self.state in STANDING

    @property
    def is_holding(self) -> bool:
        return self.state in HOLDING

    @property
    def is_for_partner(self) -> bool:
        """Whether it was written because a partner's centre asked for it (`services.for_partners`)."""
        return self.approval == UNDER_AUTHORITY or "ends_by" in self.terms

    @property
    def needs_clearing(self) -> bool:
        """Whether it left by an emergency override that no supervisor has looked at yet."""
        return bool(self.override_reason) and self.cleared_at is None

    def is_overdue(self, now: datetime) -> bool:
        """Whether the receiver owes an answer past its clock."""
        return self.state in WAITING and self.answer_due_at < now

    @property
    def is_stuck(self) -> bool:
        """Whether the receiver's answer could not be used, so that nothing more happens until a person looks."""
        return self.state in WAITING and self.next_attempt_at is None
