from __future__ import annotations

from datetime import datetime
from typing import ClassVar, Final, Self

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from accord.capabilities.delivery import index_where_known
from accord.capabilities.orders.models.order import Order
from accord.capabilities.orders.permissions import AppealPermission
from accord.capabilities.orders.ports import Care
from accord.capabilities.people.policy import Actor, allowed
from accord.core.object_ids import new_code, new_id, new_reference


class AppealChannel(models.TextChoices):
    PUBLIC = "public", _("Public site")
    BANK = "bank", _("Through the bank")
    DESK = "desk", _("At the desk")


class AppealState(models.TextChoices):
    RECEIVED = "received", _("Received")
    UNDER_REVIEW = "under_review", _("Under review")
    DECIDED = "decided", _("Decided")
    RELEASING = "releasing", _("Being released")
    CLOSED = "closed", _("Closed")
    WITHDRAWN = "withdrawn", _("Withdrawn")


UNDECIDED: Final = (AppealState.RECEIVED, AppealState.UNDER_REVIEW)
"""States in which it waits for its decision."""

UNRELEASED: Final = (AppealState.DECIDED, AppealState.RELEASING)
"""States in which it is granted and the money is still kept: sent for release, or fallen through and with a person."""


class AppealDecision(models.TextChoices):
    RELEASE = "release", _("Release in full")
    RELEASE_PARTLY = "release_partly", _("Release in part")
    KEEP = "keep", _("The order stays")


class AppealQuerySet(models.QuerySet["Appeal"]):
    def visible_to(self, actor: Actor) -> Self:
        """All appeals of this node for those who work its desk; none for anyone else."""
        return self if allowed(actor, AppealPermission.READ) else self.none()


def appeal_reference() -> str:
    return new_reference("A")


class Appeal(models.Model):
    """Somebody whom an order touches says that it is wrong. Decided by someone who neither drafted nor approved the order.

    `due_at` is the regime's appeal clock, `release_due_at` its release clock, which starts with the decision. The release
    itself is an order. The appellant follows the appeal by `reference` and `code`.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    reference = models.CharField(max_length=16, unique=True, default=appeal_reference, editable=False)
    code = models.CharField(max_length=16, default=new_code, editable=False)
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="appeals")
    state = models.CharField(max_length=14, choices=AppealState, default=AppealState.RECEIVED)
    channel = models.CharField(max_length=8, choices=AppealChannel)
    appellant = models.CharField(max_length=150)
    reach = models.CharField(max_length=200, blank=True)  # how to answer the appellant
    statement = models.TextField()
    language = models.CharField(max_length=10, default="zh-hans")
    care = models.CharField(max_length=14, choices=Care.choices, default=Care.NONE.value, blank=True)
    received_at = models.DateTimeField()
    due_at = models.DateTimeField()
    reviewer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    review_began_at = models.DateTimeField(null=True)
    decision = models.CharField(max_length=16, choices=AppealDecision, blank=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    release_amount = models.BigIntegerField(default=0)
    reasons = models.TextField(blank=True)  # told to the appellant
    release = models.ForeignKey(Order, on_delete=models.PROTECT, null=True, related_name="+")
    release_due_at = models.DateTimeField(null=True)
    released_at = models.DateTimeField(null=True)  # as the bank confirmed it
    closed_at = models.DateTimeField(null=True)
    escalated_at = models.DateTimeField(null=True)  # when supervisors were told that the running clock is overdue

    objects: ClassVar = AppealQuerySet.as_manager()

    class Meta:
        ordering = ("due_at", "id")
        indexes: ClassVar = [
            models.Index(fields=["state", "due_at"]),
            index_where_known("decided_at", "appeals_by_decision"),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def is_open(self) -> bool:
        """Whether it still waits for its decision."""
        return self.state in UNDECIDED

    @property
    def clock_due_at(self) -> datetime | None:
        """When the step that it waits for is due: the decision, then the release; None when nothing is awaited."""
        if self.is_open:
            return self.due_at
        return self.release_due_at if self.state in UNRELEASED else None

    def is_overdue(self, now: datetime) -> bool:
        """Whether the decision, or the release after it, is late."""
        return self.clock_due_at is not None and self.clock_due_at < now

    @property
    def is_granted(self) -> bool:
        """Whether it was found right, at least in part."""
        return self.decision in (AppealDecision.RELEASE, AppealDecision.RELEASE_PARTLY)


class Compensation(models.Model):
    """What somebody who was held wrongly was offered or paid for it: a log, decided and paid outside."""

    appeal = models.ForeignKey(Appeal, on_delete=models.PROTECT, related_name="compensations")
    amount = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    ground = models.TextField()
    noted_by = models.CharField(max_length=150)
    noted_at = models.DateTimeField()
    paid_at = models.DateTimeField(null=True)
    payment_reference = models.CharField(max_length=128, blank=True)

    class Meta:
        ordering = ("noted_at", "id")
