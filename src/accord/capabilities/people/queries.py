from __future__ import annotations

from uuid import UUID

from django.db.models import QuerySet

from accord.capabilities.people.models import AuditEntry
from accord.capabilities.people.policy import Actor, Permission, require
from accord.capabilities.people.services import audited_content
from accord.core import hash_chain


def history(actor: Actor, subject: UUID) -> list[AuditEntry]:
    """What happened to one claim or report, oldest first."""
    require(actor, Permission.CLAIMS_READ)
    return list(AuditEntry.objects.filter(subject=subject))


def audit_entries(actor: Actor) -> QuerySet[AuditEntry]:
    """Everything on record, newest first, for whoever may read it."""
    require(actor, Permission.AUDIT_READ)
    return AuditEntry.objects.order_by("-seq")


def first_broken_audit_entry() -> int | None:
    """Sequence number of the first audit entry that was changed, removed or inserted; None when the chain holds."""
    expected, link = 1, hash_chain.GENESIS
    for entry in AuditEntry.objects.order_by("seq").iterator():
        if entry.seq != expected or hash_chain.link(link, audited_content(entry)) != entry.link:
            return expected
        expected, link = expected + 1, entry.link
    return None
