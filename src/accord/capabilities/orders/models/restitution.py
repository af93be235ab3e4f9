from __future__ import annotations

from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from accord.capabilities.orders.life_cycle import State
from accord.capabilities.orders.models.order import Order
from accord.capabilities.orders.permissions import ReturnPermission
from accord.capabilities.people.policy import Actor, allowed
from accord.core.object_ids import new_id, new_reference


class RestitutionState(models.TextChoices):
    PREPARED = "prepared", _("Prepared")
    NOTICED = "noticed", _("Notice given")
    DECIDED = "decided", _("Decided")
    PAYING = "paying", _("Being paid")
    CLOSED = "closed", _("Closed")
    ABANDONED = "abandoned", _("Abandoned")


class Distribution(models.TextChoices):
    """How held money is shared among its claimants."""

    TRACED = "traced", _("Each claimant what was traced for the claim")
    PRO_RATA = "pro_rata", _("In proportion to what is claimed")
    STATED = "stated", _("As a court or an agreement states")


class RestitutionQuerySet(models.QuerySet["Restitution"]):
    def visible_to(self, actor: Actor) -> Self:
        return self if allowed(actor, ReturnPermission.READ) else self.none()


def restitution_reference() -> str:
    return new_reference("B")


class Restitution(models.Model):
    """The procedure by which held money goes back to those it was taken from: one currency, one or more holds.

    Claimants, rule of distribution, notice, objections until `objections_until`, decision by someone who did not prepare
    it, payment by return orders to the banks that hold the money. Each step is on record.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    reference = models.CharField(max_length=16, unique=True, default=restitution_reference, editable=False)
    state = models.CharField(max_length=12, choices=RestitutionState, default=RestitutionState.PREPARED)
    currency = models.CharField(max_length=3)
    distribution = models.CharField(max_length=10, choices=Distribution)
    stated_ground = models.TextField(blank=True)  # the court's or agreement's reference
    prepared_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    prepared_at = models.DateTimeField()
    noticed_at = models.DateTimeField(null=True)
    notice = models.TextField(blank=True)
    objections_until = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    reasons = models.TextField(blank=True)
    closed_at = models.DateTimeField(null=True)

    objects: ClassVar = RestitutionQuerySet.as_manager()

    class Meta:
        ordering = ("-prepared_at", "-id")
        indexes: ClassVar = [models.Index(fields=["prepared_at", "id"], name="returns_by_age")]

    def __str__(self) -> str:
        return self.reference


class RestitutionSource(models.Model):
    """A hold whose money is distributed, and how much of it."""

    restitution = models.ForeignKey(Restitution, on_delete=models.PROTECT, related_name="sources")
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="+")
    amount = models.BigIntegerField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["restitution", "order"], name="a_hold_once_a_restitution")]


class ClaimantKind(models.TextChoices):
    VICTIM = "victim", _("Victim")
    BANK = "bank", _("Bank that has reimbursed the victim")
    OTHER = "other", _("Other claimant")


class Claimant(models.Model):
    """Someone who is to get a part. `claim` is what it stands on; a bank that has reimbursed steps into a victim's place."""

    restitution = models.ForeignKey(Restitution, on_delete=models.PROTECT, related_name="claimants")
    claim = models.ForeignKey("claims.Claim", on_delete=models.PROTECT, null=True, related_name="+")
    kind = models.CharField(max_length=8, choices=ClaimantKind)
    name = models.CharField(max_length=150)
    claimed = models.BigIntegerField()
    awarded = models.BigIntegerField(default=0)
    pay_institution = models.CharField(max_length=64)
    pay_account = models.CharField(max_length=128)
    ground = models.TextField(blank=True)

    class Meta:
        ordering = ("id",)


class Payout(models.Model):
    """What one claimant gets from one hold, and the return order that pays it: the latest one where the first was refused."""

    claimant = models.ForeignKey(Claimant, on_delete=models.PROTECT, related_name="payouts")
    source = models.ForeignKey(RestitutionSource, on_delete=models.PROTECT, related_name="payouts")
    amount = models.BigIntegerField()
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ("id",)
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["claimant", "source"], name="a_claimant_once_a_source"),
            models.UniqueConstraint(fields=["order"], name="a_return_order_pays_once"),
        ]

    @property
    def is_paid(self) -> bool:
        return self.order.state == State.DONE

    @property
    def failed(self) -> bool:
        """Whether the bank refused, or the order ran out, so that nothing more comes of it."""
        return self.order.state in (State.REFUSED, State.EXPIRED, State.DISCARDED)


class Objection(models.Model):
    """What somebody has against a return, and what came of it; no return is decided while one is open."""

    restitution = models.ForeignKey(Restitution, on_delete=models.PROTECT, related_name="objections")
    by = models.CharField(max_length=150)
    statement = models.TextField()
    received_at = models.DateTimeField()
    upheld = models.BooleanField(null=True)
    answer = models.TextField(blank=True)
    answered_by = models.CharField(max_length=150, blank=True)
    answered_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("received_at", "id")
