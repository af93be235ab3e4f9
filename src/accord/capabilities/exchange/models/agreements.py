from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from accord.capabilities.exchange.models.partners import Partner
from accord.core.object_ids import new_id


class AgreementState(models.TextChoices):
    DRAFT = "draft", _("Draft")
    OFFERED = "offered", _("Offered to the partner")
    RECEIVED = "received", _("Received; to be signed or declined here")
    SIGNED = "signed", _("Signed by both")
    DECLINED = "declined", _("Declined")
    ENDED = "ended", _("Ended")


class Agreement(models.Model):
    """One version of an agreement with a partner: the document, and each side's signature (compact JWS over its hash).

    `hash` is the SHA-256 of the canonical document; both sides compute it by themselves. It is in force when it is SIGNED
    and its own dates say so, and no later one has taken its place. `ask_first_*`: that side wants to be asked first.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="agreements")
    hash = models.CharField(max_length=64, db_index=True)
    document = models.JSONField()
    state = models.CharField(max_length=10, choices=AgreementState, default=AgreementState.DRAFT)
    own_signature = models.TextField(blank=True)
    partner_signature = models.TextField(blank=True)
    drafted_by = models.CharField(max_length=150, blank=True)
    drafted_at = models.DateTimeField()
    signed_by = models.CharField(max_length=150, blank=True)
    signed_at = models.DateTimeField(null=True)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    replaced_at = models.DateTimeField(null=True)
    ask_first_here = models.BooleanField(default=False)
    ask_first_there = models.BooleanField(default=False)
    ask_first_version = models.PositiveIntegerField(default=0)  # of the latest switch here
    ask_first_seen = models.PositiveIntegerField(default=0)  # of the latest switch of the partner that was heard of
    reason = models.TextField(blank=True)  # why it was declined or ended

    class Meta:
        ordering = ("-drafted_at",)
        constraints: ClassVar = [models.UniqueConstraint(fields=["partner", "hash"], name="one_row_an_agreement")]
