"""What audit entries about claims say happened. Stored codes never change; labels follow the reader."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from accord.capabilities.vocabulary import AuditAction, AuditDetail


class ClaimAudit(AuditAction):
    """A claim and its trace."""

    OPENED = "claim opened", _("claim opened")
    TRANSFER_FOUND = "claim transfer found", _("payment found")
    TRACED_AGAIN = "traced again", _("asked again")
    TRACED_UNDER_ANOTHER_RULE = "traced under another rule", _("traced under another rule")
    PLAN_DECIDED = "plan decided", _("plan decided")
    ENQUIRY_ANSWERED = "enquiry answered", _("enquiry answered")
    ENQUIRY_FAILED = "enquiry failed", _("enquiry: answer unusable")


class PartnerClaimAudit(AuditAction):
    """A claim that a partner's centre follows through this one."""

    CLAIM_OPENED = "partner's claim opened", _("partner’s claim followed here")
    CLAIM_CLOSED = "partner's claim closed", _("partner’s claim followed no longer")
    CLAIM_FORGOTTEN = "partner's claim forgotten", _("partner’s claim deleted: its time was over")
    ANSWER_FORGOTTEN = "partner's answer forgotten", _("partner’s answer deleted: its time was over")


class ClaimDetail(AuditDetail):
    """Names of details that entries about claims keep."""

    STANDING = "standing", _("accounts it stands on")
    ONWARD = "onward", _("onward transfers")
    EXITS = "exits", _("exits")
    ACCOUNT = "account", _("account")
    TRANSFER = "transfer", _("transfer")
    UNTIL = "until", _("until")
    RULE = "rule", _("rule")
    ENQUIRIES = "enquiries", _("enquiries")
    ACTION_CHOSEN = "action_chosen", _("action")
    ORIGIN = "origin", _("asked by")
