"""What audit entries about orders say happened. Stored codes never change; labels follow the reader."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from accord.capabilities.vocabulary import AuditAction, AuditDetail


class OrderAudit(AuditAction):
    """An order, from its draft to its end."""

    DRAFTED = "order drafted", _("order drafted")
    APPROVED = "order approved", _("order approved")
    APPROVED_UNDER_STANDING_AUTHORITY = (
        "order approved under standing authority",
        _("approved under a standing authority, at a partner’s request"),
    )
    CONFIRMED = "order confirmed", _("automatic order confirmed")
    APPROVAL_NOTED = "approval noted", _("note on the approval")
    OVERRIDDEN = "order overridden", _("sent in an emergency")
    OVERRIDE_CLEARED = "override cleared", _("emergency looked at: mark cleared")
    DRAFT_CHANGED = "draft changed", _("draft changed")
    DISCARDED = "order discarded", _("draft discarded")
    SENT = "order sent", _("order sent")
    SENT_AGAIN = "order sent again", _("order sent again")
    HELD = "order held", _("held in full")
    HELD_PARTLY = "order held_partly", _("held in part")
    IN_FORCE = "order in_force", _("in force")
    DONE = "order done", _("order carried out")
    REFUSED = "order refused", _("order refused")
    EXPIRED = "order expired", _("order expired")
    RELEASED = "order released", _("released")
    RELEASED_IN_PART = "order released in part", _("released in part")
    RETURNED = "order returned", _("returned")
    RETURNED_IN_PART = "order returned in part", _("returned in part")
    REPLACED = "order replaced", _("replaced by another order")
    RENEWED = "order renewed", _("order renewed")
    LAPSED = "order lapsed", _("ended by the receiver")
    REDUCED = "order reduced", _("receiver keeps less")
    RENEWAL_PROMPTED = "renewal prompted", _("renewal to be decided")
    ESCALATED = "order escalated", _("gone up the contact list")
    ESCALATION_NOTED = "escalation noted", _("contact called")
    ANSWER_HANDED_IN = "answer handed in", _("bank’s answer handed in as a file")
    ANSWER_UNUSABLE = "answer unusable", _("order: answer unusable")
    RECALL_DRAFT_TAKEN = "recall draft taken", _("draft of a recall between banks taken")
    CARE_NOTED = "care noted", _("care marked")
    LIVING_COSTS_DECLINED = "living costs declined", _("living costs not needed")
    ORDERS_EXPORTED = "orders exported", _("orders exported")

    @classmethod
    def reached(cls, state: str) -> OrderAudit:
        """The action of an order that came into `state`."""
        return cls(f"order {state}")


class EarlierOrderAudit(AuditAction):
    """Entries of versions that named the kind of order in the action; none is written any more."""

    RECALL_APPROVED = "recall approved", _("recall approved")
    RECALL_SENT = "recall sent", _("recall sent")
    RECALL_HELD = "recall held", _("recall: payment stopped")
    RECALL_HELD_PARTLY = "recall held_partly", _("recall: stopped in part")
    RECALL_REFUSED = "recall refused", _("recall refused")
    RECALL_EXPIRED = "recall expired", _("recall expired")
    HOLD_APPROVED = "hold approved", _("hold approved")
    HOLD_SENT = "hold sent", _("hold sent")
    HOLD_HELD = "hold held", _("hold: held in full")
    HOLD_HELD_PARTLY = "hold held_partly", _("hold: held in part")
    HOLD_REFUSED = "hold refused", _("hold refused")
    HOLD_EXPIRED = "hold expired", _("hold expired")
    HOLD_RELEASED = "hold released", _("hold released")
    RELEASE_APPROVED = "release approved", _("release approved")


class ContactAudit(AuditAction):
    """The list of whom to call at a receiver of orders."""

    ADDED = "contact added", _("contact added")
    CHANGED = "contact changed", _("contact changed")
    REMOVED = "contact removed", _("contact removed")
    TEST_CALL_NOTED = "test call noted", _("test call to a contact")


class AppealAudit(AuditAction):
    """An appeal against an order, and what was compensated."""

    RECEIVED = "appeal received", _("appeal received")
    REVIEW_BEGAN = "appeal review began", _("appeal: somebody looks at it")
    DECIDED = "appeal decided", _("appeal decided")
    WITHDRAWN = "appeal withdrawn", _("appeal taken back")
    OVERDUE = "appeal overdue", _("appeal overdue: supervisors are told")
    RELEASED = "appeal released", _("appeal: the bank has released")
    RELEASE_FAILED = "appeal release failed", _("appeal: the release failed")
    RELEASE_ORDERED_AGAIN = "appeal release ordered again", _("appeal: release ordered again")
    CLOSED = "appeal closed", _("appeal closed: the order is over")
    COMPENSATION_NOTED = "compensation noted", _("compensation noted")
    COMPENSATION_PAID = "compensation paid", _("compensation paid")


class ReturnAudit(AuditAction):
    """A return of held money to the victims."""

    PREPARED = "return prepared", _("return prepared")
    CLAIMANT_ADDED = "claimant added", _("claimant added")
    CLAIMANT_REMOVED = "claimant removed", _("claimant taken out")
    ANNOUNCED = "return announced", _("return: notice given")
    OBJECTION_RECEIVED = "objection received", _("objection received")
    OBJECTION_UPHELD = "objection upheld", _("objection upheld")
    OBJECTION_REJECTED = "objection rejected", _("objection rejected")
    DECIDED = "return decided", _("return decided")
    ORDERED_AGAIN = "return ordered again", _("return: payment ordered again")
    PAYEE_CORRECTED = "payee corrected", _("return: account corrected")
    PAID = "return paid", _("return: all is paid")
    CLOSED = "return closed", _("return closed")
    ABANDONED = "return abandoned", _("return given up")


class OrderDetail(AuditDetail):
    """Names of details that entries about orders keep."""

    APPEAL = "appeal", _("appeal")
    AUTHORITY = "authority", _("authority")
    CARE = "care", _("care")
    CHANNEL = "channel", _("channel")
    CLAIMANT = "claimant", _("claimant")
    DECISION = "decision", _("decision")
    DISTRIBUTION = "distribution", _("shared")
    LIVING_COSTS = "living_costs", _("living costs")
    ORDER = "order", _("order")
    RESTITUTION = "restitution", _("return")
    HELD = "held", _("held")
    RELEASED = "released", _("released")
    REFUSAL = "refusal", _("refusal")
    RETURNED = "returned", _("returned")
    FORM = "form", _("form")
    SHA256 = "sha256", _("SHA-256 of the file")
    TAKEN = "taken", _("file taken")
    TO = "to", _("to")
    STEP = "step", _("step")
    AFTER_MINUTES = "after_minutes", _("minutes after the answer was due")
    HOURS = "hours", _("hours")
