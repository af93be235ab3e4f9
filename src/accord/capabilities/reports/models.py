from __future__ import annotations

from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from accord.capabilities.people.policy import Actor, allowed
from accord.capabilities.reports.permissions import ReportPermission
from accord.core.money import Money
from accord.core.object_ids import new_code, new_id, new_reference


class ReportState(models.TextChoices):
    OPEN = "open", _("Open")
    DUPLICATE = "duplicate", _("Joined to another report")
    CLOSED = "closed", _("Closed")


class ReportQuerySet(models.QuerySet["Report"]):
    def visible_to(self, actor: Actor) -> Self:
        """All reports of this node for those who work its desk; none for anyone else."""
        return self if allowed(actor, ReportPermission.READ) else self.none()


def report_reference() -> str:
    return new_reference("R")


class Report(models.Model):
    """What a victim states in the first minute, and what is added to it afterwards. Amounts in minor units."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    reference = models.CharField(max_length=16, unique=True, default=report_reference, editable=False)
    code = models.CharField(max_length=16, default=new_code, editable=False)  # the reporter follows the report with it
    state = models.CharField(max_length=12, choices=ReportState, default=ReportState.OPEN)
    created_at = models.DateTimeField()
    taken_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")

    callback_number = models.CharField(max_length=40)
    payer_bank = models.CharField(max_length=64)
    payer_account = models.CharField(max_length=64, blank=True)
    payee_bank = models.CharField(max_length=64, blank=True)
    payee_account = models.CharField(max_length=128)
    amount = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    about_when = models.DateTimeField()
    still_pending = models.BooleanField(default=False)

    still_talking = models.BooleanField(null=True)
    remote_control = models.BooleanField(null=True)
    more_planned = models.BooleanField(null=True)
    narrative = models.TextField(blank=True)
    language = models.CharField(max_length=10, default="zh-hans")

    call_back_due = models.DateTimeField(null=True, blank=True, db_index=True)
    called_back_at = models.DateTimeField(null=True, blank=True)
    locked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    locked_until = models.DateTimeField(null=True, blank=True)
    duplicate_of = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="duplicates")
    closed_at = models.DateTimeField(null=True)

    objects: ClassVar = ReportQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at",)
        indexes: ClassVar = [
            models.Index(fields=["state", "created_at"]),
            models.Index(fields=["created_at", "id"], name="reports_by_age"),
            models.Index(fields=["callback_number"], name="reports_by_caller"),
            models.Index(fields=["payer_bank"], name="reports_by_payer_bank"),
            models.Index(fields=["payee_bank"], name="reports_by_payee_bank"),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def money(self) -> Money:
        return Money(self.amount, self.currency)

    @property
    def worked_on(self) -> Report:
        """The report under which its payment is worked on: another one where it is joined to that."""
        return self.duplicate_of if self.state == ReportState.DUPLICATE and self.duplicate_of else self

    @property
    def is_closed(self) -> bool:
        return self.state == ReportState.CLOSED


class IdentifierState(models.TextChoices):
    PROPOSED = "proposed", _("Proposed")
    CONFIRMED = "confirmed", _("Confirmed")
    REJECTED = "rejected", _("Rejected")


class ReportIdentifier(models.Model):
    """An identifier or amount found in a narrative; a person confirms or rejects it, and may change their mind."""

    report = models.ForeignKey(Report, on_delete=models.PROTECT, related_name="identifiers")
    type = models.CharField(max_length=32)
    raw = models.TextField()
    canonical = models.TextField()
    start = models.PositiveIntegerField(null=True)
    end = models.PositiveIntegerField(null=True)
    confidence = models.PositiveSmallIntegerField(default=100)  # per cent
    state = models.CharField(max_length=12, choices=IdentifierState, default=IdentifierState.PROPOSED)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ("start", "id")


class StatementLine(models.Model):
    """One row of a statement that the victim handed in: a candidate for the transfer that is claimed."""

    report = models.ForeignKey(Report, on_delete=models.PROTECT, related_name="statement_lines")
    transfer = models.CharField(max_length=128)
    time = models.DateTimeField()
    debtor = models.CharField(max_length=64)
    creditor = models.CharField(max_length=64)
    creditor_bank = models.CharField(max_length=64, blank=True)
    amount = models.BigIntegerField()
    currency = models.CharField(max_length=3)

    class Meta:
        ordering = ("time", "id")


class Shift(models.Model):
    """One officer's watch. Handing over leaves a note; the watch passes when the next officer acknowledges it."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    officer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    started_at = models.DateTimeField()
    handed_over_at = models.DateTimeField(null=True, blank=True)
    note = models.TextField(blank=True)
    acknowledged_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    acknowledged_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-started_at",)
        indexes: ClassVar = [
            models.Index(fields=["started_at"], name="shifts_by_age"),
            models.Index(
                fields=["started_at"],
                name="shifts_to_acknowledge",
                condition=models.Q(acknowledged_at__isnull=True, handed_over_at__isnull=False),
            ),
        ]


class WrongTry(models.Model):
    """Somebody named a reference with a code that does not fit. `key`: a keyed hash of where it came from, or of the reference.

    Rows are of use for ten minutes and deleted after that.
    """

    key = models.CharField(max_length=64)
    at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["key", "at"]), models.Index(fields=["at"])]
