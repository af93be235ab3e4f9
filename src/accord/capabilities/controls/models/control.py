from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from accord.capabilities.controls.models.received import ReceivedOrder
from accord.capabilities.controls.models.visible import InboxQuerySet
from accord.capabilities.orders.kinds import OrderKind
from accord.core.money import Money


class EndReason(models.TextChoices):
    EXPIRED = "expired", _("Its time was over")
    RELEASED = "released", _("Released")
    REPLACED = "replaced", _("Replaced by another order")
    RETURNED = "returned", _("Paid back to those it belongs to")


END_REASONS = EndReason.choices


class Control(models.Model):
    """What is in force on an account under one order, until `until` at the latest; `amount` is what is kept now.

    `lift_next_at` is when the core is asked (again) to lift it once its time is over.
    """

    order = models.OneToOneField(ReceivedOrder, on_delete=models.PROTECT, primary_key=True, related_name="control")
    kind = models.CharField(max_length=20, choices=OrderKind.choices)
    account = models.CharField(max_length=128)
    amount = models.BigIntegerField(default=0)
    currency = models.CharField(max_length=3, blank=True)
    limits = models.JSONField(null=True)
    since = models.DateTimeField()
    until = models.DateTimeField()
    lift_next_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    end_reason = models.CharField(max_length=10, choices=EndReason, blank=True)

    objects: ClassVar = InboxQuerySet.as_manager()

    class Meta:
        ordering = ("until", "order_id")
        indexes: ClassVar = [
            models.Index(fields=["ended_at", "lift_next_at"]),
            models.Index(fields=["account", "ended_at"]),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.account}"

    @property
    def money(self) -> Money | None:
        return Money(self.amount, self.currency) if self.currency else None
