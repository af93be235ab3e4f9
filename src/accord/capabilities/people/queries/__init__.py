"""What may be seen of people, and of what is on record."""

from __future__ import annotations

from accord.capabilities.people.queries.audit import (
    CHAINS,
    CHANGES,
    READS,
    Chain,
    Wanted,
    actions,
    audit_entries,
    first_broken,
    first_broken_audit_entry,
    head_of,
    history,
    last_changes,
    search_record,
)
from accord.capabilities.people.queries.users import (
    agencies,
    own_factors,
    own_sessions,
    recovery_codes_left,
    service_accounts,
    service_tokens,
    sessions_of,
    signing_in,
    teams,
    user,
    users,
)

__all__ = [
    "CHAINS",
    "CHANGES",
    "READS",
    "Chain",
    "Wanted",
    "actions",
    "agencies",
    "audit_entries",
    "first_broken",
    "first_broken_audit_entry",
    "head_of",
    "history",
    "last_changes",
    "own_factors",
    "own_sessions",
    "recovery_codes_left",
    "search_record",
    "service_accounts",
    "service_tokens",
    "sessions_of",
    "signing_in",
    "teams",
    "user",
    "users",
]
