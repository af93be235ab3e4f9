"""What is on record: changes and reads, each a chain in which nothing can be changed, removed or inserted unnoticed."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db.models import Max, Q, QuerySet, TextField
from django.db.models.functions import Cast

from accord.capabilities import unit_of_work
from accord.capabilities.distinct import distinct_values
from accord.capabilities.people.audit import RecordAudit
from accord.capabilities.people.models import AuditEntry, AuditHead, ReadEntry, ReadHead
from accord.capabilities.people.permissions import AuditPermission
from accord.capabilities.people.policy import Actor, require
from accord.capabilities.people.services import read_content
from accord.capabilities.permissions import Permission
from accord.core import hash_chain
from accord.core.errors import BadInput

Entry = AuditEntry | ReadEntry


@dataclass(frozen=True, slots=True)
class Chain:
    """One of the two lines: its rows, the row that says where it ends, and what a link covers."""

    name: str
    entries: type[AuditEntry] | type[ReadEntry]
    head: type[AuditHead] | type[ReadHead]
    content: Callable[[Any], dict[str, Any]]


CHANGES: Final = Chain("changes", AuditEntry, AuditHead, unit_of_work.audited_content)
READS: Final = Chain("reads", ReadEntry, ReadHead, read_content)
CHAINS: Final = {chain.name: chain for chain in (CHANGES, READS)}

READS_REMOVED: Final = RecordAudit.READS_REMOVED
"""The change that says up to where retention has removed reads: {"upto": seq, "link": its link}."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a search of the record is for; what is empty narrows nothing. `since` and `until` are inclusive."""

    actor: str = ""
    action: str = ""
    subjects: Collection[UUID] | None = None
    obj: str = ""
    since: datetime | None = None
    until: datetime | None = None
    text: str = ""


def history(actor: Actor, subject: UUID, needs: Permission) -> list[AuditEntry]:
    """What happened to one claim or report, or to whatever may be seen by those who hold `needs`, oldest first."""
    require(actor, needs)
    return list(AuditEntry.objects.filter(subject=subject))


def audit_entries(actor: Actor) -> QuerySet[AuditEntry]:
    """Every change on record, newest first, for whoever may read it."""
    require(actor, AuditPermission.READ)
    return AuditEntry.objects.order_by("-seq")


def search_record(actor: Actor, chain: Chain, wanted: Wanted) -> QuerySet[Any]:
    """Entries of one chain that fit, newest first. Reads have no action; one that is asked for finds none of them."""
    require(actor, AuditPermission.READ)
    found: QuerySet[Any] = chain.entries.objects.order_by("-seq")
    if wanted.actor:
        found = found.filter(actor=wanted.actor)
    if wanted.action:
        found = found.filter(action=wanted.action) if chain is CHANGES else found.none()
    if wanted.subjects is not None:
        found = found.filter(subject__in=wanted.subjects)
    if wanted.obj:
        found = found.filter(Q(object_id=wanted.obj) | Q(object_type=wanted.obj))
    if wanted.since:
        found = found.filter(at__gte=wanted.since)
    if wanted.until:
        found = found.filter(at__lte=wanted.until)
    return _with_text(found, chain, wanted.text.strip())


def _with_text(found: QuerySet[Any], chain: Chain, text: str) -> QuerySet[Any]:
    if not text:
        return found
    escaped = json.dumps(text)[1:-1]  # SQLite keeps JSON with characters escaped, PostgreSQL as they are
    fits = Q(actor__icontains=text) | Q(object_id__icontains=text) | Q(object_type__icontains=text)
    fits |= Q(words__icontains=text) | Q(words__icontains=escaped)
    if chain is CHANGES:
        fits |= Q(action__icontains=text)
    with_words: QuerySet[Any] = found.alias(words=Cast("details", TextField()))
    return with_words.filter(fits)


def actions(actor: Actor) -> list[str]:
    """Every action that is on record, for a list to choose from."""
    require(actor, AuditPermission.READ)
    return distinct_values(AuditEntry, "action")


def last_changes(subjects: Collection[UUID]) -> dict[UUID, datetime]:
    """When each of these reports or claims last changed. For retention, which acts for nobody."""
    latest = AuditEntry.objects.filter(subject__in=subjects).order_by().values_list("subject").annotate(Max("at"))
    return {subject: at for subject, at in latest if subject is not None}


def first_broken_audit_entry() -> int | None:
    """Sequence number of the first change that was altered, removed or inserted; None when the chain holds."""
    return first_broken(CHANGES)


def start_of(chain: Chain) -> tuple[int, str]:
    """The sequence number and the link after which a chain begins: those of what retention removed last, if anything.

    They stand in the chain of changes, so that nobody can move them unnoticed.
    """
    if chain is READS:
        removed = AuditEntry.objects.filter(action=READS_REMOVED).order_by("-seq").first()
        if removed is not None:
            return int(removed.details["upto"]), str(removed.details["link"])
    return 0, hash_chain.GENESIS


def first_broken(chain: Chain) -> int | None:
    """Sequence number of the first entry of a chain that was altered, removed or inserted; None when the chain holds.

    The head tells where the line ends, so that entries missing or added at its end are noticed as well. It is read before
    and after, because the line may grow meanwhile.
    """
    before = _head(chain)
    last, link = start_of(chain)
    expected = last + 1
    for entry in chain.entries.objects.order_by("seq").iterator():
        if entry.seq != expected or not _follows(chain, entry, link) or (entry.seq == before.seq and entry.link != before.link):
            return expected
        expected, link = expected + 1, entry.link
    if expected <= before.seq:
        return expected
    after = _head(chain)
    return None if after.seq >= expected - 1 else after.seq + 1


def head_of(chain: Chain) -> tuple[int, str]:
    """Sequence number and link of the last entry, as the head keeps them."""
    head = _head(chain)
    return head.seq, head.link


def _head(chain: Chain) -> AuditHead | ReadHead:
    return chain.head.objects.first() or chain.head()


def _follows(chain: Chain, entry: Entry, link: str) -> bool:
    try:
        return hash_chain.link(link, chain.content(entry)) == entry.link
    except BadInput:  # no entry was ever written with such a document
        return False
