from __future__ import annotations

from typing import ClassVar

from django.db import models


class Contact(models.Model):
    """Whom to call at an institution when an order stays unanswered; the steps are climbed by clock.

    `after_minutes` counts from the moment the answer was due. A contact with an empty institution serves every institution
    that has none of its own at that step.
    """

    institution = models.CharField(max_length=64, blank=True)
    step = models.PositiveSmallIntegerField()
    after_minutes = models.PositiveIntegerField()
    name = models.CharField(max_length=150)
    reach = models.CharField(max_length=200)  # a telephone number, an address
    last_test_call_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("institution", "step")
        constraints: ClassVar = [models.UniqueConstraint(fields=["institution", "step"], name="one_contact_a_step")]


class Escalation(models.Model):
    """An unanswered order went one step up. `done_at` is when an officer reached the contact, with what was said."""

    order = models.ForeignKey("orders.Order", on_delete=models.PROTECT, related_name="escalations")
    step = models.PositiveSmallIntegerField()
    contact_name = models.CharField(max_length=150)
    contact_reach = models.CharField(max_length=200)
    at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)
    done_by = models.CharField(max_length=150, blank=True)
    note = models.TextField(blank=True)

    class Meta:
        ordering = ("at", "id")
        constraints: ClassVar = [models.UniqueConstraint(fields=["order", "step"], name="one_escalation_a_step")]
