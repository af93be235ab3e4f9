"""What audit entries about controls say happened. Stored codes never change; labels follow the reader."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from accord.capabilities.vocabulary import AuditAction, AuditDetail


class InboxOrderAudit(AuditAction):
    """An order of another agency in a bank's inbox."""

    RECEIVED = "inbox order received", _("order of another agency received")
    FOR_DECISION = "inbox order for_decision", _("order for decision")
    DECIDED = "inbox order decided", _("order: let through by a person")
    EXECUTED = "inbox order executed", _("order carried out")
    EXECUTED_PARTLY = "inbox order executed_partly", _("order carried out in part")
    REFUSED = "inbox order refused", _("order refused")
    EXPIRED = "inbox order expired", _("order had run out before it was carried out")
    LIFT = "inbox order lift", _("lifted at its end")
    RENEW = "inbox order renew", _("prolonged")
    RELEASE = "inbox order release", _("released")
    RELEASE_PARTLY = "inbox order release_partly", _("released in part")
    REPLACE = "inbox order replace", _("replaced by another order")
    RETURN = "inbox order return", _("paid back")
    RETURN_PARTLY = "inbox order return_partly", _("paid back in part")
    STUCK = "inbox order stuck", _("order stuck: the core could not deal with it")
    TRIED_AGAIN = "inbox order tried again", _("core asked again")
    HOLDER_TOLD = "holder told", _("holder told")

    @classmethod
    def of(cls, happened: str) -> InboxOrderAudit:
        """The action of an order that reached a state, or of an event in the life of what it put in force."""
        return cls(f"inbox order {happened}")


class InboxEnquiryAudit(AuditAction):
    """An enquiry of another agency in a bank's inbox."""

    RECEIVED = "inbox enquiry received", _("enquiry of another agency received")
    DECIDED = "inbox enquiry decided", _("enquiry: let through by a person")
    ANSWERED = "inbox enquiry answered", _("enquiry answered")
    REFUSED = "inbox enquiry refused", _("enquiry refused")
    STUCK = "inbox enquiry stuck", _("enquiry stuck: the core could not deal with it")
    TRIED_AGAIN = "inbox enquiry tried again", _("core asked again")


class BankAudit(AuditAction):
    """What a bank sends back, and by which agreements and rules it acts."""

    ANSWER_PUSHED = "inbox answer pushed", _("answer taken by the sender")
    APPEAL_HANDED_IN = "appeal handed in", _("holder’s appeal taken down")
    APPEAL_DELIVERED = "appeal delivered", _("holder’s appeal taken by the centre")
    AGREEMENT_SET = "agreement set", _("agreement set")
    AGREEMENT_ENDED = "agreement ended", _("agreement ended")
    RULE_SET = "rule set", _("rule set")
    RULE_ENDED = "rule ended", _("rule ended")


class InboxDetail(AuditDetail):
    """Names of details that entries about controls keep."""

    SENDER = "sender", _("sender")
    AUTOMATIC = "automatic", _("by the bank’s rule")
