"""What audit entries about people say happened. Stored codes never change; labels follow the reader."""

from __future__ import annotations

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accord.capabilities.vocabulary import AuditAction, AuditDetail


class SignInAudit(AuditAction):
    """Signing in and out, passwords and second factors."""

    SIGNED_IN = "signed in", _("signed in")
    SIGNED_OUT = "signed out", _("signed out")
    SIGN_IN_LOCKED = "sign-in locked", _("locked out after failed sign-ins")
    SESSIONS_ENDED = "sessions ended", _("sessions ended")
    PASSWORD_CHANGED = "password changed", _("password changed")
    PASSWORD_GIVEN = "password given", _("password given by an administrator")
    SECOND_FACTOR_ADDED = "second factor added", _("second factor added")
    SECOND_FACTOR_REMOVED = "second factor removed", _("second factor removed")
    SECOND_FACTOR_RESET = "second factor reset", _("second factors reset")
    RECOVERY_CODES_MADE = "recovery codes made", _("recovery codes made")
    RECOVERY_CODE_USED = "recovery code used", _("recovery code used")


class UserAudit(AuditAction):
    """People, agencies and teams of this node."""

    USER_ADDED = "user added", _("user added")
    USER_CHANGED = "user changed", _("user changed")
    USER_DEACTIVATED = "user deactivated", _("user deactivated")
    USER_REACTIVATED = "user reactivated", _("user reactivated")
    USER_UNLOCKED = "user unlocked", _("user unlocked")
    AGENCY_ADDED = "agency added", _("agency added")
    TEAM_ADDED = "team added", _("team added")


class ServiceAudit(AuditAction):
    """Accounts and tokens of other systems."""

    SERVICE_ACCOUNT_ADDED = "service account added", _("service account added")
    SERVICE_ACCOUNT_DEACTIVATED = "service account deactivated", _("service account deactivated")
    SERVICE_ACCOUNT_REACTIVATED = "service account reactivated", _("service account reactivated")
    TOKEN_ISSUED = "token issued", _("token issued")
    TOKEN_REVOKED = "token revoked", _("token revoked")


class RecordAudit(AuditAction):
    """The record itself: what was removed in time and taken away."""

    AUDIT_EXPORTED = "audit exported", _("audit exported")
    RETENTION_CARRIED_OUT = "retention carried out", _("retention carried out")
    READS_REMOVED = "reads removed", _("old reads removed")


class CommonDetail(AuditDetail):
    """Names of details that entries of every capability use, or those about people."""

    BEFORE = "before", _("before")
    AFTER = "after", _("afterwards")
    WHY = "why", _("why")
    AMOUNT = "amount", _("amount")
    BY = "by", _("by")
    INSTITUTION = "institution", _("bank")
    REASON = "reason", _("reason")
    ERROR = "error", _("error")
    NOTE = "note", _("note")
    STATE = "state", _("state")
    ROWS = "rows", _("rows")
    TYPE = "type", _("kind")
    KIND = "kind", _("kind")
    NAME_ = "name", _("name")
    ROLE = "role", _("role")
    ROLE_BEFORE = "role_before", _("role before")
    AGENCY = "agency", _("agency")
    TEAM = "team", _("team")
    ADDRESS = "address", _("address")
    LEFT = "left", _("left over")
    PERMISSIONS = "permissions", _("permissions")
    TOKEN = "token", _("token")
    DAYS = "days", _("days")
    CHAIN = "chain", _("record")
    UPTO = "upto", _("up to entry")
    LINK = "link", _("link")
    SEARCHED = "searched", _("searched for")
    REFERENCE = "reference", _("reference")
    EXPORTED = "exported", _("rows exported")


class ChainName(TextChoices):
    """The two chains of the record."""

    CHANGES = "changes", _("changes")
    READS = "reads", pgettext_lazy("record", "reads")
