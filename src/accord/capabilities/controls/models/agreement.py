from __future__ import annotations

from datetime import timedelta
from typing import Any, ClassVar, Final

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accord.capabilities.controls.models.visible import InboxQuerySet
from accord.capabilities.orders.kinds import OrderKind
from accord.core.money import Money
from accord.core.object_ids import new_id

ENQUIRY: Final = "enquiry"

RULE_KINDS: Final[list[tuple[str, Any]]] = [
    (ENQUIRY, _("Enquiry")),
    *OrderKind.choices,
]


class Agreement(models.Model):
    """An agency that may ask and order here, under which authorities, and for how long at most.

    Never changed: a new version ends the old one, so that it stays on record under which terms an order was checked.
    `authorities` empty means any that is named. `court_kinds` are kinds for which a court's reference is asked for.
    `webhook` is where promised answers are pushed to; empty means that the sender asks again.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    sender = models.CharField(max_length=64)
    name = models.CharField(max_length=150)
    authorities = models.JSONField(default=list)
    kinds = models.JSONField(default=list)
    court_kinds = models.JSONField(default=list)
    longest_hours = models.PositiveIntegerField()
    webhook = models.URLField(max_length=500, blank=True)
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    set_at = models.DateTimeField()
    ended_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    ended_at = models.DateTimeField(null=True)

    objects: ClassVar = InboxQuerySet.as_manager()

    class Meta:
        ordering = ("sender", "-set_at")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["sender"], condition=Q(ended_at=None), name="one_agreement_a_sender")
        ]

    def __str__(self) -> str:
        return self.sender

    @property
    def longest(self) -> timedelta:
        return timedelta(hours=self.longest_hours)


class BankRule(models.Model):
    """The bank lets messages of one kind from one agency act without a person, up to `ceiling` (minor units of `currency`).

    Never changed: a new one ends the old one. No rule lets an order act whose legal basis nobody has checked.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    sender = models.CharField(max_length=64)
    kind = models.CharField(max_length=20, choices=RULE_KINDS)
    ceiling = models.BigIntegerField(null=True)
    currency = models.CharField(max_length=3, blank=True)
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    set_at = models.DateTimeField()
    ended_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    ended_at = models.DateTimeField(null=True)

    objects: ClassVar = InboxQuerySet.as_manager()

    class Meta:
        ordering = ("sender", "kind", "-set_at")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["sender", "kind", "currency"], condition=Q(ended_at=None), name="one_rule_a_sender_kind_and_currency"
            )
        ]

    def __str__(self) -> str:
        return f"{self.sender} {self.kind}"

    @property
    def money(self) -> Money | None:
        return Money(self.ceiling, self.currency) if self.ceiling is not None and self.currency else None
