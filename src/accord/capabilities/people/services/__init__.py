"""What changes people, their rights and what is on record.

Sign-in matters have modules of their own: `second_factors` and `sessions`.
"""

from __future__ import annotations

from accord.capabilities.people.services.reads import note_read, read_content, write_reads
from accord.capabilities.people.services.service_accounts import (
    add_service_account,
    issue_token,
    revoke_token,
    set_service_account_active,
)
from accord.capabilities.people.services.users import (
    Station,
    add_agency,
    add_team,
    add_user,
    change_own_password,
    change_user,
    create_staff,
    create_user,
    give_password,
    note_lockout,
    set_active,
    set_language,
    unlock_user,
)

__all__ = [
    "Station",
    "add_agency",
    "add_service_account",
    "add_team",
    "add_user",
    "change_own_password",
    "change_user",
    "create_staff",
    "create_user",
    "give_password",
    "issue_token",
    "note_lockout",
    "note_read",
    "read_content",
    "revoke_token",
    "set_active",
    "set_language",
    "set_service_account_active",
    "unlock_user",
    "write_reads",
]
