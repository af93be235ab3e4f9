"""What may be done about controls, and by whom."""

from __future__ import annotations

from typing import Final

from accord.capabilities.people.roles import Role
from accord.capabilities.permissions import Grant, Permission


class InboxPermission(Permission):
    """A ledger holder’s side: what other agencies ask and order of it."""

    READ = "inbox:read"
    DECIDE = "inbox:decide"
    RULES = "inbox:rules"
    SUBMIT = "inbox:submit"  # another agency’s service account hands in enquiries and orders


GRANTS: Final = (
    Grant(InboxPermission.READ, (Role.BANK_OFFICER, Role.BANK_SUPERVISOR), by_token=True),
    Grant(InboxPermission.DECIDE, (Role.BANK_OFFICER, Role.BANK_SUPERVISOR), decides=True),
    Grant(InboxPermission.RULES, (Role.BANK_SUPERVISOR,), decides=True),
    Grant(InboxPermission.SUBMIT, by_token=True),
)
