from __future__ import annotations

from typing import ClassVar, Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from accord.capabilities.delivery import Delivery, due_index, index_where_known
from accord.capabilities.exchange.kinds import Outcome, RequestKind
from accord.capabilities.exchange.models.partners import Partner
from accord.capabilities.exchange.permissions import ExchangePermission
from accord.capabilities.people.policy import Actor, allowed
from accord.core.object_ids import new_id, new_reference


class OwnCase(models.Model):
    """The pseudonym under which a claim of this node is known to one partner under one agreement."""

    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="+")
    agreement = models.CharField(max_length=64)
    claim = models.ForeignKey("claims.Claim", on_delete=models.PROTECT, related_name="+")
    pseudonym = models.CharField(max_length=40, unique=True)
    offence = models.CharField(max_length=40, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["partner", "agreement", "claim"], name="one_pseudonym_a_claim_and_agreement")
        ]


class ForeignEnquiry(Delivery):
    """An enquiry of a partner, and this node's own claim that follows it. `next_attempt_at`: when to look whether it can be
    answered, or answered anew. `version` counts the answers that were sent."""

    id = models.UUIDField(primary_key=True, editable=False)
    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="+")
    agreement = models.CharField(max_length=64)
    case = models.CharField(max_length=40)
    rule = models.CharField(max_length=10)
    credits = models.JSONField()
    budget = models.JSONField()
    label = models.JSONField()
    claim = models.ForeignKey("claims.Claim", on_delete=models.PROTECT, null=True, related_name="+")
    message = models.UUIDField()
    received_at = models.DateTimeField()
    answer_due_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)
    version = models.PositiveIntegerField(default=0)
    told = models.CharField(max_length=64, blank=True)  # hash of what was answered last
    outcome = models.CharField(max_length=10, blank=True, choices=[(one.value, one.value) for one in Outcome])
    refusal = models.CharField(max_length=40, blank=True)
    waits_for_officer = models.BooleanField(default=False)

    class Meta:
        ordering = ("received_at",)
        indexes: ClassVar = [
            models.Index(fields=["partner", "case"]),
            models.Index(fields=["received_at", "id"], name="foreign_enquiries_by_age"),
            models.Index(fields=["answer_due_at"], name="foreign_enquiries_open", condition=models.Q(answered_at__isnull=True)),
            due_index("foreign_enquiries_due"),
        ]


class ForeignOrderState(models.TextChoices):
    PROPOSED = "proposed", _("For an officer to decide")
    ORDERED = "ordered", _("Orders of this centre are under way")
    ANSWERED = "answered", _("Answered")
    REFUSED = "refused", _("Refused")
    ENDED = "ended", _("Ended")


class ForeignOrder(Delivery):
    """What a partner asks to be ordered here. It binds nobody: this centre drafts orders of its own under its own regime.

    `automatic`: carried out under a standing authority; it lapses at `confirm_by` unless an officer confirms it.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="+")
    agreement = models.CharField(max_length=64)
    case = models.CharField(max_length=40)
    body = models.JSONField()
    label = models.JSONField()
    claim = models.ForeignKey("claims.Claim", on_delete=models.PROTECT, null=True, related_name="+")
    target = models.UUIDField(null=True)
    message = models.UUIDField()
    received_at = models.DateTimeField()
    answer_due_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=ForeignOrderState, default=ForeignOrderState.PROPOSED)
    automatic = models.BooleanField(default=False)
    confirm_by = models.DateTimeField(null=True)
    confirmed_by = models.CharField(max_length=150, blank=True)
    decided_by = models.CharField(max_length=150, blank=True)
    answered_at = models.DateTimeField(null=True)
    held = models.BigIntegerField(default=0)
    refusal = models.CharField(max_length=40, blank=True)
    reason = models.TextField(blank=True)
    version = models.PositiveIntegerField(default=0)
    told = models.CharField(max_length=64, blank=True)

    class Meta:
        ordering = ("received_at",)
        indexes: ClassVar = [
            models.Index(fields=["partner", "case"]),
            models.Index(fields=["received_at", "id"], name="foreign_orders_by_age"),
            models.Index(fields=["state", "answer_due_at"], name="foreign_orders_by_state"),
            models.Index(fields=["target"], name="foreign_orders_by_target"),
            models.Index(fields=["message"], name="foreign_orders_by_message"),
            index_where_known("confirm_by", "foreign_orders_to_confirm"),
            due_index("foreign_orders_due"),
        ]


class ForeignOrderPart(models.Model):
    """One order of this centre that a partner's order led to."""

    foreign = models.ForeignKey(ForeignOrder, on_delete=models.PROTECT, related_name="parts")
    order = models.ForeignKey("orders.Order", on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["foreign", "order"], name="one_part_an_order")]


class SentOrder(models.Model):
    """How an order of this node stands at a partner's centre, by its own words. `version` is that of the latest news."""

    order = models.OneToOneField("orders.Order", on_delete=models.PROTECT, related_name="+", primary_key=True)
    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="+")
    waits_for = models.CharField(max_length=40, blank=True)
    automatic = models.BooleanField(default=False)
    confirm_by = models.DateTimeField(null=True)
    version = models.PositiveIntegerField(default=0)


def request_reference() -> str:
    return new_reference("Q")


class RequestState(models.TextChoices):
    OPEN = "open", _("Open")
    ANSWERED = "answered", _("Answered in full")
    PARTLY = "partly", _("Answered in part")
    REFUSED = "refused", _("Refused")
    WITHDRAWN = "withdrawn", _("Withdrawn")


class PartnerRequestQuerySet(models.QuerySet["PartnerRequest"]):
    def visible_to(self, actor: Actor) -> Self:
        """All requests for those who work with partners; none for anyone else."""
        return self if allowed(actor, ExchangePermission.READ) else self.none()


class PartnerRequest(models.Model):
    """A request by people: asked by this node (`outgoing`) or of it. The same row on both sides, by the same id."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    reference = models.CharField(max_length=16, unique=True, default=request_reference, editable=False)
    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="+")
    outgoing = models.BooleanField()
    agreement = models.CharField(max_length=64)
    case = models.CharField(max_length=40, db_index=True)
    claim = models.ForeignKey("claims.Claim", on_delete=models.PROTECT, null=True, related_name="+")
    kind = models.CharField(max_length=16, choices=[(one.value, one.value) for one in RequestKind])
    state = models.CharField(max_length=10, choices=RequestState, default=RequestState.OPEN)
    body = models.JSONField()
    label = models.JSONField()
    asked_by = models.CharField(max_length=150, blank=True)
    asked_at = models.DateTimeField()
    due_at = models.DateTimeField(db_index=True)
    taken_by = models.CharField(max_length=150, blank=True)
    answered_by = models.CharField(max_length=150, blank=True)
    answered_at = models.DateTimeField(null=True)
    answer = models.JSONField(null=True)
    escalated = models.BooleanField(default=False)

    objects: ClassVar = PartnerRequestQuerySet.as_manager()

    class Meta:
        ordering = ("due_at", "id")
        indexes: ClassVar = [models.Index(fields=["state", "outgoing", "due_at"], name="requests_by_state")]


class ThreadNote(models.Model):
    """One line in the thread of a request."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    request = models.ForeignKey(PartnerRequest, on_delete=models.PROTECT, related_name="notes")
    outgoing = models.BooleanField()
    written_by = models.CharField(max_length=150, blank=True)
    at = models.DateTimeField()
    text = models.TextField()

    class Meta:
        ordering = ("at", "id")
