from __future__ import annotations

from typing import ClassVar, Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from accord.capabilities.people.policy import Actor, Permission, allowed
from accord.core.object_ids import new_id


class PartnerState(models.TextChoices):
    PENDING = "pending", _("Fingerprint to be compared")
    CONFIRMED = "confirmed", _("Confirmed")
    REVOKED = "revoked", _("Revoked")


class PartnerQuerySet(models.QuerySet["Partner"]):
    def visible_to(self, actor: Actor) -> Self:
        """All partners for those who work with them or keep their cards; none for anyone else."""
        may = allowed(actor, Permission.EXCHANGE_READ) or allowed(actor, Permission.PARTNERS_MANAGE)
        return self if may else self.none()


class Partner(models.Model):
    """Another agency's centre, by the newest card that it signed. `code` is its agency code.

    `countries` (ISO 3166-1 alpha-2) and `institutions` (codes) say whose ledgers it can ask. `skew_micros` is how far its
    clock was ahead of this node's when last measured; `address` is where its node takes envelopes, empty where files go.
    """

    code = models.CharField(max_length=40, primary_key=True)
    name = models.CharField(max_length=150)
    name_zh = models.CharField(max_length=150, blank=True)
    jurisdiction = models.CharField(max_length=8)
    address = models.CharField(max_length=200, blank=True)
    countries = models.JSONField(default=list)
    institutions = models.JSONField(default=list)
    contact = models.CharField(max_length=200, blank=True)
    card = models.JSONField()
    card_serial = models.PositiveIntegerField(default=1)
    state = models.CharField(max_length=10, choices=PartnerState, default=PartnerState.PENDING)
    added_at = models.DateTimeField()
    confirmed_by = models.CharField(max_length=150, blank=True)
    confirmed_at = models.DateTimeField(null=True)
    tested_at = models.DateTimeField(null=True)  # the last test call of the round-the-clock contact
    test_due_at = models.DateTimeField(null=True)
    heard_at = models.DateTimeField(null=True)  # the last envelope that was taken
    skew_micros = models.BigIntegerField(null=True)

    objects: ClassVar = PartnerQuerySet.as_manager()

    class Meta:
        ordering = ("code",)

    def __str__(self) -> str:
        return self.name


class KeyUse(models.TextChoices):
    SIGNING = "signing", _("Signing")
    ENCRYPTION = "encryption", _("Encryption")


class PartnerKey(models.Model):
    """A public key (JWK) that a partner's card named. Valid from `valid_from` until it is withdrawn; `kid` is its RFC 7638
    thumbprint."""

    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="keys")
    kid = models.CharField(max_length=64)
    use = models.CharField(max_length=10, choices=KeyUse)
    public = models.JSONField()
    valid_from = models.DateTimeField()
    valid_until = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["partner", "kid"], name="partner_key_once")]


class OwnKey(models.Model):
    """A key pair of this node. The private half lies in the key ring and never here."""

    kid = models.CharField(max_length=64, primary_key=True)
    use = models.CharField(max_length=10, choices=KeyUse)
    public = models.JSONField()
    made_at = models.DateTimeField()
    retire_at = models.DateTimeField(null=True)  # no longer used for new envelopes from here on; still opens old ones
    revoked_at = models.DateTimeField(null=True)


class OwnCard(models.Model):
    """A card that this node issued, signed as it goes to partners (`cards.py`). The one with the highest serial counts."""

    serial = models.PositiveIntegerField(primary_key=True)
    signed = models.JSONField()
    issued_at = models.DateTimeField()

    class Meta:
        ordering = ("-serial",)


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
