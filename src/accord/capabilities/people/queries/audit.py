from __future__ import annotations

from uuid import UUID

from django.db.models import QuerySet

from accord.capabilities.people.models import AuditEntry, AuditHead
from accord.capabilities.people.policy import Actor, Permission, require
from accord.capabilities.people.services import audited_content
from accord.core import hash_chain
from accord.core.errors import BadInput


def history(actor: Actor, subject: UUID) -> list[AuditEntry]:
    """What happened to one claim or report, oldest first."""
    require(actor, Permission.CLAIMS_READ)
    return list(AuditEntry.objects.filter(subject=subject))


def audit_entries(actor: Actor) -> QuerySet[AuditEntry]:
    """Everything on record, newest first, for whoever may read it."""
    require(actor, Permission.AUDIT_READ)
    return AuditEntry.objects.order_by("-seq")


def first_broken_audit_entry() -> int | None:
    """Sequence number of the first audit entry that was changed, removed or inserted; None when the chain holds.

    The head tells where the line ends, so that entries missing or added at its end are noticed as well. It is read before
    and after, because the line may grow meanwhile.
    """
    before = _head()
    expected, link = 1, hash_chain.GENESIS
    for entry in AuditEntry.objects.order_by("seq").iterator():
        if entry.seq != expected or not _follows(entry, link) or (entry.seq == before.seq and entry.link != before.link):
            return expected
        expected, link = expected + 1, entry.link
    if expected <= before.seq:
        return expected
    after = _head()
    return None if after.seq >= expected - 1 else after.seq + 1


def _head() -> AuditHead:
    return AuditHead.objects.first() or AuditHead()


def _follows(entry: AuditEntry, link: str) -> bool:
    try:
        stated: str = entry.link
        return hash_chain.link(link, audited_content(entry)) == stated
    except BadInput:  # no entry was ever written with such a document
        return False
