"""What changes people, their rights and what is on record. `change` and `record` carry every capability's audit."""

from __future__ import annotations

from accord.capabilities.people.services.audit_line import audited_content, change, record
from accord.capabilities.people.services.reads import note_read, read_content, write_reads
from accord.capabilities.people.services.service_accounts import add_service_account, issue_token, revoke_token
from accord.capabilities.people.services.users import add_agency, create_user, set_language

__all__ = [
    "add_agency",
    "add_service_account",
    "audited_content",
    "change",
    "create_user",
    "issue_token",
    "note_read",
    "read_content",
    "record",
    "revoke_token",
    "set_language",
    "write_reads",
]
