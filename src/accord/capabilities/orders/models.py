from __future__ import annotations

from datetime import datetime
from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from accord.capabilities.delivery import Delivery
from accord.capabilities.orders.life_cycle import WAITING, State
from accord.capabilities.people.policy import Actor, Permission, allowed
from accord.core.money import Money
from accord.core.object_ids import new_id, new_reference


class OrderKind(models.TextChoices):
    RECALL = "recall", _("Recall of a pending payment")
    HOLD = "hold", _("Hold")


ORDER_STATES = [
    (State.DRAFT, _("Draft")),
    (State.APPROVED, _("Approved")),
    (State.SENT, _("Sent")),
    (State.ACKNOWLEDGED, _("Acknowledged")),
    (State.HELD, _("Held in full")),
    (State.HELD_PARTLY, _("Held in part")),
    (State.REFUSED, _("Refused")),
    (State.EXPIRED, _("Expired")),
    (State.RELEASING, _("Release asked")),
    (State.RELEASED, _("Released")),
    (State.DISCARDED, _("Discarded")),
]


class OrderQuerySet(models.QuerySet["Order"]):
    def visible_to(self, actor: Actor) -> Self:
        """All orders of this node for those who work its desk; none for anyone else."""
        return self if allowed(actor, Permission.ORDERS_READ) else self.none()


def order_reference() -> str:
    return new_reference("O")


class Order(Delivery):
    """One recall or hold to one bank. Amounts are minor units of `currency`, the currency of the account.

    `amount` is the limit, `held` what the bank confirms. `credits` (the port's Credit as JSON) is what the hold stands on;
    an order without credits carries the facts of the report's payment instead, for the bank to match.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    reference = models.CharField(max_length=16, unique=True, default=order_reference, editable=False)
    kind = models.CharField(max_length=10, choices=OrderKind)
    state = models.CharField(max_length=14, choices=ORDER_STATES, default=State.DRAFT)
    claim = models.ForeignKey("claims.Claim", on_delete=models.PROTECT, related_name="+")
    plan_item = models.ForeignKey("claims.PlanItem", on_delete=models.PROTECT, null=True, related_name="+")
    institution = models.CharField(max_length=64)
    account = models.CharField(max_length=128)
    amount = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    held = models.BigIntegerField(default=0)
    rule = models.CharField(max_length=10)
    credits = models.JSONField(default=list)
    payment = models.JSONField(null=True)
    transfer = models.CharField(max_length=128, blank=True)  # as the bank matched it

    regime = models.CharField(max_length=8)
    authority = models.CharField(max_length=120)
    until = models.DateTimeField()
    drafted_at = models.DateTimeField()
    approved_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    approved_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    acknowledged_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)
    answer_due_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    refusal = models.CharField(max_length=24, blank=True)
    reason = models.TextField(blank=True)

    objects: ClassVar = OrderQuerySet.as_manager()

    class Meta:
        ordering = ("-drafted_at", "-id")
        indexes: ClassVar = [
            models.Index(fields=["state", "until"]),
            models.Index(fields=["claim", "state"]),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def money(self) -> Money:
        return Money(self.amount, self.currency)

    def is_overdue(self, now: datetime) -> bool:
        """Whether the bank owes an answer past its clock."""
        return self.state in WAITING and self.answer_due_at < now

    @property
    def is_stuck(self) -> bool:
        """Whether the bank's answer could not be used, so that nothing more happens until a person looks."""
        return self.state in WAITING and self.next_attempt_at is None

    @property
    def held_money(self) -> Money:
        return Money(self.held, self.currency)
