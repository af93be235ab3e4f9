from __future__ import annotations

from typing import ClassVar

from django.db import models

from accord.capabilities.controls.models.received import ReceivedOrder
from accord.capabilities.controls.models.visible import InboxQuerySet
from accord.capabilities.delivery import Delivery, due_index
from accord.capabilities.orders.ports import Care
from accord.core.object_ids import new_id


class AnswerToPush(Delivery):
    """An answer that was promised, for the sender's webhook. `body` is the port's answer as JSON; `message_id` says to what.

    The sender that never gets it asks again in any case.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    sender = models.CharField(max_length=64)
    webhook = models.URLField(max_length=500)
    about = models.CharField(max_length=8)  # "order" or "enquiry"
    message_id = models.UUIDField(db_index=True)
    body = models.JSONField()
    created_at = models.DateTimeField()
    delivered_at = models.DateTimeField(null=True)

    objects: ClassVar = InboxQuerySet.as_manager()

    class Meta:
        ordering = ("created_at", "id")
        indexes: ClassVar = [due_index("answers_to_push_due")]


class HandedInAppeal(Delivery):
    """A holder's appeal that came to the bank, on its way to the centre that ordered. Its port message is made of the row."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    order = models.ForeignKey(ReceivedOrder, on_delete=models.PROTECT, related_name="appeals")
    appellant = models.CharField(max_length=150)
    statement = models.TextField()
    care = models.CharField(max_length=14, choices=Care.choices, blank=True)
    language = models.CharField(max_length=10)
    received_at = models.DateTimeField()
    recorded_by = models.CharField(max_length=150)
    delivered_at = models.DateTimeField(null=True)
    centre_reference = models.CharField(max_length=40, blank=True)  # what the centre calls the appeal

    objects: ClassVar = InboxQuerySet.as_manager()

    class Meta:
        ordering = ("received_at", "id")
        indexes: ClassVar = [due_index("appeals_to_hand_in_due")]
