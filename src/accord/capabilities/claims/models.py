from __future__ import annotations

from typing import ClassVar, Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from accord.capabilities.claims.permissions import ClaimPermission
from accord.capabilities.delivery import Delivery, due_index
from accord.capabilities.people.policy import Actor, allowed
from accord.core.money import Money
from accord.core.object_ids import new_id, new_reference
from accord.engine.tracing.model import Rule

RULES = [(rule.value, rule.value) for rule in Rule]


class ClaimQuerySet(models.QuerySet["Claim"]):
    def visible_to(self, actor: Actor) -> Self:
        """All claims of this node for those who work its desk; none for anyone else."""
        return self if allowed(actor, ClaimPermission.READ) else self.none()


def claim_reference() -> str:
    return new_reference("C")


class ClaimState(models.TextChoices):
    OPEN = "open", _("Open")
    CLOSED = "closed", _("Closed")


class Claim(models.Model):
    """The stolen amount that a trace follows. `amount` is what the victim states, in minor units.

    A claim of another centre, which asks for it under an agreement, has an `origin` (that agency's code) and no report here.
    It is followed in this node's jurisdiction alone, and to the partners that `onward` names.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    reference = models.CharField(max_length=16, unique=True, default=claim_reference, editable=False)
    report = models.ForeignKey("reports.Report", on_delete=models.PROTECT, null=True, related_name="+")
    origin = models.CharField(max_length=40, blank=True)
    onward = models.JSONField(default=list)
    amount = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    rule = models.CharField(max_length=10, choices=RULES)
    state = models.CharField(max_length=10, choices=ClaimState, default=ClaimState.OPEN)
    opened_at = models.DateTimeField()

    objects: ClassVar = ClaimQuerySet.as_manager()

    class Meta:
        ordering = ("-opened_at",)
        indexes: ClassVar = [
            models.Index(fields=["opened_at"], name="claims_by_age"),
            models.Index(fields=["state", "opened_at"], name="claims_of_partners", condition=~models.Q(origin="")),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def money(self) -> Money:
        return Money(self.amount, self.currency)


class ClaimTransfer(models.Model):
    """A transfer that the claim starts at, as the bank matched it. `intervals` are its claimed units; empty means all."""

    claim = models.ForeignKey(Claim, on_delete=models.PROTECT, related_name="starts")
    institution = models.CharField(max_length=64)
    transfer = models.CharField(max_length=128)
    amount = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    intervals = models.JSONField(default=list)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["claim", "transfer"], name="claim_starts_once_at_a_transfer")]


class EnquiryState(models.TextChoices):
    QUEUED = "queued", _("To be sent")
    ACKNOWLEDGED = "acknowledged", _("Acknowledged")
    ANSWERED = "answered", _("Answered")
    FAILED = "failed", _("Failed")
    SUPERSEDED = "superseded", _("Asked again")
    LEFT = "left", _("Left the jurisdiction")


class Enquiry(Delivery):
    """A question to one ledger holder about credits of one claim, and its answer.

    `credits` and `answer` are the port's messages as JSON. `key` names the credits, so that no credit is asked about twice
    at once under one rule. `hop` counts transfers from the victim's. `version` is that of the answer, where the holder tells
    more of it later. LEFT is never asked: another centre's claim whose money went to a partner's centre to which it is not
    followed, or is less than that centre wants followed.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    claim = models.ForeignKey(Claim, on_delete=models.PROTECT, related_name="enquiries")
    institution = models.CharField(max_length=64)
    rule = models.CharField(max_length=10, choices=RULES)
    credits = models.JSONField()
    key = models.CharField(max_length=64)
    hop = models.PositiveIntegerField(default=0)
    state = models.CharField(max_length=14, choices=EnquiryState, default=EnquiryState.QUEUED)
    asked_at = models.DateTimeField()
    acknowledged_at = models.DateTimeField(null=True)
    answer_due_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)
    answer = models.JSONField(null=True)
    version = models.PositiveIntegerField(default=0)
    credit_unknown = models.BooleanField(default=False)  # it failed because the holder does not know a credit

    class Meta:
        ordering = ("asked_at", "id")
        indexes: ClassVar = [
            models.Index(fields=["state", "answer_due_at"], name="enquiries_by_clock"),
            due_index("enquiries_due"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["claim", "rule", "institution", "key"],
                condition=~models.Q(state="superseded"),
                name="one_live_enquiry_a_credit",
            )
        ]

    @property
    def on_own_rule(self) -> bool:
        """Whether it is asked under the claim's own rule; the plan stands on that one alone."""
        return self.rule == self.claim.rule


class AtPlace(models.Model):
    """A row about one place where money can stand."""

    institution = models.CharField(max_length=64)
    account = models.CharField(max_length=128)
    currency = models.CharField(max_length=3)

    class Meta:
        abstract = True

    @property
    def place(self) -> tuple[str, str, str]:
        """(institution, account, currency)"""
        return self.institution, self.account, self.currency


class StandingAmount(AtPlace):
    """Claimed money on one account, by the latest answer to one enquiry. `parcels` say which units (FIFO, LIFO)."""

    enquiry = models.ForeignKey(Enquiry, on_delete=models.CASCADE, related_name="standing")
    claim = models.ForeignKey(Claim, on_delete=models.PROTECT, related_name="+")
    amount = models.BigIntegerField()
    parcels = models.JSONField(default=list)
    account_kind = models.CharField(max_length=10)
    seconds_to_pass_on = models.PositiveBigIntegerField(null=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["account", "institution", "currency"], name="standing_by_account")]


class SharedAccount(AtPlace):
    """One account on which claims meet. Its row is locked while holds on it are weighed, so they share one total."""

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["account", "institution", "currency"], name="one_row_a_shared_account")
        ]


class HoldShare(models.Model):
    """What one order holds, or is about to hold, of the money on a shared account.

    Of `parcels` the first `amount` units count as held. A share is reserved on approval, trimmed to what the bank confirms,
    and ended on refusal, expiry or release.
    """

    order_id = models.UUIDField(unique=True)
    account = models.ForeignKey(SharedAccount, on_delete=models.PROTECT, related_name="shares")
    claim = models.ForeignKey(Claim, on_delete=models.PROTECT, related_name="shares")
    amount = models.BigIntegerField()
    parcels = models.JSONField(default=list)
    transfers = models.JSONField(default=list)
    confirmed = models.BooleanField(default=False)
    active = models.BooleanField(default=True)


class PlanAction(models.TextChoices):
    """What to do where money stands or left. The exits' actions follow the table of practice in docs/orders.md."""

    HOLD = "hold", _("Hold the traced amount")
    ENQUIRE = "enquire", _("Ask the bank before holding")
    EXCHANGE = "exchange", _("Ask the exchange to stop withdrawals of the customer's sub-account")
    STOP_DELIVERY = "stop_delivery", _("Ask the merchant to stop delivery and refund")
    SECURE_CASH = "secure_cash", _("Secure the machine, card and camera of the cash withdrawal")
    ASK_EMPLOYER = "ask_employer", _("Ask the payer of wages what the payment was for")
    REVIEW_HUB = "review_hub", _("Ask the hub which customer was paid")
    REVIEW_SMALL = "review_small", _("Too small to follow: note it")


class PlanItemState(models.TextChoices):
    PROPOSED = "proposed", _("Proposed")
    APPROVED = "approved", _("Approved")
    DISMISSED = "dismissed", _("Dismissed")
    DONE = "done", _("Done")


class PlanItem(AtPlace):
    """One line of the hold plan: at most one open hold a claim and account, one action an exit."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    claim = models.ForeignKey(Claim, on_delete=models.PROTECT, related_name="plan")
    action = models.CharField(max_length=16, choices=PlanAction)
    state = models.CharField(max_length=10, choices=PlanItemState, default=PlanItemState.PROPOSED)
    account_kind = models.CharField(max_length=10, default="unknown")
    amount = models.BigIntegerField()
    credits = models.JSONField(default=list)
    transfer = models.CharField(max_length=128, blank=True)  # of an exit
    shortfall = models.BigIntegerField(default=0)  # what the bank could not hold of an approved line
    urgency = models.BigIntegerField(default=0)  # minor units expected to leave within ten minutes
    proposed_at = models.DateTimeField()
    decided_by = models.CharField(max_length=150, blank=True)
    decided_at = models.DateTimeField(null=True)
    reason = models.TextField(blank=True)

    class Meta:
        ordering = ("-urgency", "-amount", "id")
        indexes: ClassVar = [
            models.Index(fields=["claim", "state"]),
            models.Index(fields=["state", "transfer"], name="plan_by_state"),
        ]


class SavedTrace(models.Model):
    """The joined trace as it stood when something was decided on it; `sha256` is over its canonical form."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    claim = models.ForeignKey(Claim, on_delete=models.PROTECT, related_name="saved_traces")
    rule = models.CharField(max_length=10, choices=RULES)
    made_at = models.DateTimeField()
    document = models.JSONField()
    sha256 = models.CharField(max_length=64)
