from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from accord.capabilities.delivery import Delivery, due_index, index_where_known
from accord.capabilities.exchange.models.partners import Partner
from accord.core.object_ids import new_id


class OutStream(Delivery):
    """The stream of messages to one partner in one epoch. `acknowledged`: the partner has everything up to there.

    A node that is restored from a backup opens a new epoch, because it does not know what it had sent. While `recovering`
    it sends nothing but its first message, which asks the partner for that. `next_attempt_at` is when messages are to be
    sent next; null where none waits.
    """

    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="+")
    epoch = models.UUIDField(default=new_id)
    opened_at = models.DateTimeField()
    next_sequence = models.PositiveBigIntegerField(default=1)
    acknowledged = models.PositiveBigIntegerField(default=0)
    recovering = models.BooleanField(default=False)
    closed_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [due_index("streams_due")]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["partner"], condition=models.Q(closed_at=None), name="one_open_stream_a_partner"),
            models.UniqueConstraint(fields=["partner", "epoch"], name="one_row_an_epoch_sent"),
        ]


class InStream(models.Model):
    """What was received of a partner in one epoch: everything below `expected`. Only the newest epoch takes more."""

    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="+")
    epoch = models.UUIDField()
    expected = models.PositiveBigIntegerField(default=1)
    opened_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["partner", "epoch"], name="one_row_an_epoch_received")]


class OutgoingState(models.TextChoices):
    QUEUED = "queued", _("To be sent")
    DELIVERED = "delivered", _("Delivered")
    REFUSED = "refused", _("Refused by the partner")
    DELETED = "deleted", _("Deleted")


class Outgoing(models.Model):
    """A message to a partner, fixed when it was queued: written with the business change that it tells of.

    `content_hash` is over everything that stays the same when it is sent again (`envelopes.Content`). `agreement` is the hash
    of the agreement in force when it was queued; empty for messages that need none. `chunks` says where the body is that
    goes in parts before the message; `body` is empty then.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="+")
    epoch = models.UUIDField()
    sequence = models.PositiveBigIntegerField()
    kind = models.CharField(max_length=20)
    agreement = models.CharField(max_length=64, blank=True)
    label = models.JSONField(null=True)
    in_reply_to = models.UUIDField(null=True)
    about = models.UUIDField(null=True, db_index=True)  # the enquiry, order or request of the body
    body = models.JSONField()
    chunks = models.JSONField(null=True)
    content_hash = models.CharField(max_length=64)
    queued_at = models.DateTimeField()
    delivered_at = models.DateTimeField(null=True)
    state = models.CharField(max_length=10, choices=OutgoingState, default=OutgoingState.QUEUED)
    refusal = models.CharField(max_length=40, blank=True)
    last_error = models.TextField(blank=True, default="")
    recovered = models.BooleanField(default=False)  # given back by the partner after this node was restored

    class Meta:
        ordering = ("queued_at", "sequence")
        indexes: ClassVar = [
            models.Index(fields=["partner", "state", "sequence"]),
            models.Index(fields=["partner", "kind", "queued_at"]),
            models.Index(fields=["state", "partner", "queued_at"], name="outgoing_by_state"),
            models.Index(fields=["queued_at"], name="outgoing_by_age"),
        ]
        constraints: ClassVar = [models.UniqueConstraint(fields=["partner", "epoch", "sequence"], name="one_message_a_place")]


class IncomingState(models.TextChoices):
    READY = "ready", _("To be applied")
    PARKED = "parked", _("Parked")
    APPLIED = "applied", _("Applied")
    REFUSED = "refused", _("Refused")
    DELETED = "deleted", _("Deleted")


class Incoming(Delivery):
    """A message of a partner whose seal was good. `signed` is its JWS as it came: evidence of who said what.

    PARKED waits for an earlier message (then `next_attempt_at` is null), or for something that this node does not know yet;
    `reason` says what. `chunks` says where the body is that came in parts before the message, until it is applied.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="+")
    epoch = models.UUIDField()
    sequence = models.PositiveBigIntegerField()
    kind = models.CharField(max_length=20)
    agreement = models.CharField(max_length=64, blank=True)
    label = models.JSONField(null=True)
    in_reply_to = models.UUIDField(null=True)
    about = models.UUIDField(null=True, db_index=True)
    body = models.JSONField()
    chunks = models.JSONField(null=True)
    signed = models.TextField()
    content_hash = models.CharField(max_length=64)
    received_at = models.DateTimeField()
    applied_at = models.DateTimeField(null=True)
    state = models.CharField(max_length=10, choices=IncomingState, default=IncomingState.READY)
    reason = models.TextField(blank=True)
    retain_until = models.DateTimeField(null=True)

    class Meta:
        ordering = ("received_at", "sequence")
        indexes: ClassVar = [
            models.Index(fields=["partner", "state", "sequence"]),
            models.Index(fields=["partner", "kind", "received_at"]),
            models.Index(fields=["state", "partner"], name="incoming_by_state"),
            models.Index(fields=["received_at"], name="incoming_by_age"),
            due_index("incoming_due"),
            index_where_known("retain_until", "incoming_to_delete"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["partner", "epoch", "sequence"], name="one_message_received_a_place")
        ]


class Alarm(models.Model):
    """Something that never happens by accident: the same id with other content, an unknown key, an older suite."""

    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()
    what = models.CharField(max_length=40)
    detail = models.TextField(blank=True)
    seen_by = models.CharField(max_length=150, blank=True)
    seen_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-at", "-id")
        indexes: ClassVar = [
            models.Index(fields=["at", "id"], name="alarms_unseen", condition=models.Q(seen_at__isnull=True)),
        ]


class Chunk(models.Model):
    """A part of the body of a message that is too large for one envelope: ours while it may have to be sent again,
    theirs until the message is applied."""

    outgoing = models.BooleanField()
    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="+")
    whole = models.UUIDField()
    number = models.PositiveIntegerField()
    part = models.BinaryField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["partner", "outgoing", "whole", "number"], name="one_part_once")
        ]
