"""The words of a capability: what it records and stores as codes, each code with its label in the reader's language beside it.

A capability keeps its vocabulary in its own app, as enumerations of this kind, and its AppConfig names them (`plugin.py`);
pages render whatever is declared there. Stored codes never change: the audit covers them. This module imports no rows.
"""

from __future__ import annotations

from django.db.models import TextChoices


class AuditAction(TextChoices):
    """What an audit entry says happened; each capability derives its own, grouped by subject.

    `unit_of_work.record` takes members only, so that no entry bears a code without a label.
    """


class AuditDetail(TextChoices):
    """The names under which an audit entry keeps its details, such as `amount` or `institution`."""
