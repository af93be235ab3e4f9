from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from accord.capabilities.controls.life_cycle import AT_WORK, OPEN, State
from accord.capabilities.controls.models.agreement import BankRule
from accord.capabilities.controls.models.visible import InboxQuerySet
from accord.capabilities.delivery import Delivery, due_index
from accord.capabilities.orders.kinds import ON_MONEY, OrderKind
from accord.core.money import Money


class EnquiryState(models.TextChoices):
    RECEIVED = "received", _("Received")
    FOR_DECISION = "for_decision", _("For decision")
    ANSWERING = "answering", _("Being answered")
    ANSWERED = "answered", _("Answered")
    REFUSED = "refused", _("Refused")


class Received(Delivery):
    """What orders and enquiries have in common: who sent them, the message as it came, its checks, its clocks.

    `id` is the sender's own id of the message. `fingerprint` tells the same content from another under the same id. `checks`
    are those of `checks.Check` as JSON, in the order in which they were made. `next_attempt_at` is when the worker takes the
    row up (again); null while a person or nobody has to act.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    sender = models.CharField(max_length=64)
    channel = models.CharField(max_length=8)
    principal = models.CharField(max_length=150)
    message = models.JSONField()
    fingerprint = models.CharField(max_length=64)
    authority = models.CharField(max_length=120, blank=True)
    checks = models.JSONField(default=list)
    received_at = models.DateTimeField()
    acknowledged_at = models.DateTimeField(null=True)
    acknowledge_due_at = models.DateTimeField()
    execute_due_at = models.DateTimeField()
    rule = models.ForeignKey(BankRule, on_delete=models.PROTECT, null=True, related_name="+")  # which let it act alone
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    refusal = models.CharField(max_length=24, blank=True)
    reason = models.TextField(blank=True)
    answer = models.JSONField(null=True)
    answered_at = models.DateTimeField(null=True)

    class Meta:
        abstract = True


class ReceivedOrder(Received):
    """One order that another agency sent. Amounts are minor units of `currency`.

    `kept` is what is in force under it now. `decided_amount` and `decided_until` are what a person (or the bank's longest
    time) allowed of it, fixed before the core acts, so that the core is asked the same each time.
    """

    kind = models.CharField(max_length=20, choices=OrderKind.choices)
    state = models.CharField(max_length=16, choices=State.choices, default=State.RECEIVED.value)
    reference = models.CharField(max_length=40, blank=True)
    account = models.CharField(max_length=128, blank=True)
    holder_name = models.CharField(max_length=150, blank=True)
    amount = models.BigIntegerField(default=0)
    currency = models.CharField(max_length=3, blank=True)
    until = models.DateTimeField()
    verified = models.BooleanField(default=False)
    target = models.UUIDField(null=True, db_index=True)
    replaces = models.UUIDField(null=True)
    decided_amount = models.BigIntegerField(null=True)
    decided_until = models.DateTimeField(null=True)
    kept = models.BigIntegerField(default=0)
    ended_at = models.DateTimeField(null=True)
    told_at = models.DateTimeField(null=True)
    told_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")

    objects: ClassVar = InboxQuerySet.as_manager()

    class Meta:
        ordering = ("-received_at", "-id")
        indexes: ClassVar = [
            models.Index(fields=["state", "execute_due_at"]),
            due_index("received_orders_due"),
            models.Index(fields=["received_at", "id"], name="received_orders_by_age"),
            models.Index(fields=["state", "until"]),
            models.Index(fields=["sender", "state"]),
        ]

    def __str__(self) -> str:
        return self.reference or str(self.pk)

    @property
    def is_on_money(self) -> bool:
        return self.kind in ON_MONEY

    @property
    def money(self) -> Money | None:
        return Money(self.amount, self.currency) if self.currency else None

    @property
    def kept_money(self) -> Money | None:
        return Money(self.kept, self.currency) if self.currency else None

    @property
    def is_open(self) -> bool:
        return self.state in OPEN

    def is_overdue(self, now: datetime) -> bool:
        """Whether the bank owes the sender an answer past its own clock."""
        return self.is_open and self.execute_due_at < now

    @property
    def is_stuck(self) -> bool:
        """Whether the core's answer could not be used, so that nothing more happens until a person looks."""
        return self.state in AT_WORK and self.next_attempt_at is None


class ReceivedEnquiry(Received):
    """One question of another agency about credits to this bank."""

    state = models.CharField(max_length=16, choices=EnquiryState, default=EnquiryState.RECEIVED)
    credits_named = models.PositiveIntegerField(default=0)
    first_transfer = models.CharField(max_length=128, blank=True)  # for searching

    objects: ClassVar = InboxQuerySet.as_manager()

    class Meta:
        ordering = ("-received_at", "-id")
        indexes: ClassVar = [
            models.Index(fields=["state", "execute_due_at"]),
            due_index("received_enquiries_due"),
            models.Index(fields=["received_at", "id"], name="received_enquiries_by_age"),
        ]

    def __str__(self) -> str:
        return str(self.pk)

    @property
    def is_open(self) -> bool:
        return self.state in (EnquiryState.RECEIVED, EnquiryState.FOR_DECISION, EnquiryState.ANSWERING)

    def is_overdue(self, now: datetime) -> bool:
        """Whether the bank owes the sender an answer past its own clock."""
        return self.is_open and self.execute_due_at < now

    @property
    def is_stuck(self) -> bool:
        """Whether the core's answer could not be used, so that nothing more happens until a person looks."""
        return self.state in (EnquiryState.RECEIVED, EnquiryState.ANSWERING) and self.next_attempt_at is None
