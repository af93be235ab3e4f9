"""What may be seen of people, and of what is on record."""

from __future__ import annotations

from accord.capabilities.people.queries.audit import audit_entries, first_broken_audit_entry, history
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
    "agencies",
    "audit_entries",
    "first_broken_audit_entry",
    "history",
    "own_factors",
    "own_sessions",
    "recovery_codes_left",
    "service_accounts",
    "service_tokens",
    "sessions_of",
    "signing_in",
    "teams",
    "user",
    "users",
]
