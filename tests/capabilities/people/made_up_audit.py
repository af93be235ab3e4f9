"""Actions that only tests record."""

from __future__ import annotations

from accord.capabilities.vocabulary import AuditAction


class Deed(AuditAction):
    DID = "did", "did"
    DID_COMMA = "did, something", "did, something"
    DID_SOMETHING = "did something", "did something"
    AND_SOMETHING_MORE = "and something more", "and something more"
    ENTRY_FIRST = "entry first", "entry first"
    ROW_FIRST = "row first", "row first"
