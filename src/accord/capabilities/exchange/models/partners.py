from __future__ import annotations

from typing import ClassVar, Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from accord.capabilities.exchange.permissions import ExchangePermission, PartnerPermission
from accord.capabilities.people.policy import Actor, allowed


class PartnerState(models.TextChoices):
    PENDING = "pending", _("Fingerprint to be compared")
    CONFIRMED = "confirmed", _("Confirmed")
    REVOKED = "revoked", _("Revoked")


class PartnerQuerySet(models.QuerySet["Partner"]):
    def visible_to(self, actor: Actor) -> Self:
        """All partners for those who work with them or keep their cards; none for anyone else."""
        may = allowed(actor, ExchangePermission.READ) or allowed(actor, PartnerPermission.MANAGE)
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
