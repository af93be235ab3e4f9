"""Who looked at what, and why: a chain of reads beside the chain of changes.

Queries that hand out case content call `note_read`; at the end of the request a middleware writes what was noted, before the
page leaves. A page whose reads cannot be written down is not served.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from django.db import models, transaction

from accord.capabilities.people import context
from accord.capabilities.people.context import Read, RequestContext
from accord.capabilities.people.models import ReadEntry, ReadHead
from accord.capabilities.people.policy import Actor, default_purpose
from accord.core import clock, hash_chain

SAME_SIGHT: Final = timedelta(minutes=15)
"""A page that polls shows the same thing again and again: within this time that is one sight of it, for one browser."""


def note_read(actor: Actor, obj: models.Model | type[models.Model], *, subject: UUID | None = None, **details: Any) -> None:
    """Note that `actor` is being shown `obj`: a row, or a model's class for a search or an export (say so in `details`).

    `subject` is the report or claim that it concerns. `details` must be JSON without floats. Outside of a request nothing
    is noted: nobody is looking.
    """
    request = context.current()
    if request is None:
        return
    object_id = str(obj.pk) if isinstance(obj, models.Model) else ""
    read = Read(actor.username, actor.role, str(obj._meta.model_name), object_id, subject, details)
    if read not in request.reads:
        request.reads.append(read)


def write_reads(request: RequestContext) -> int:
    """Write down what the request has noted, chained; how many entries that made.

    What the same browser saw within the last quarter of an hour is not written again.
    """
    fresh = [read for read in request.reads if not _seen_lately(read, request.session)]
    request.reads.clear()
    if not fresh:
        return 0
    with transaction.atomic():
        head, _ = ReadHead.objects.select_for_update().get_or_create(pk=1)
        ReadEntry.objects.bulk_create(_chained(head, fresh, request))
        head.save(update_fields=["seq", "link"])
    return len(fresh)


def _chained(head: ReadHead, reads: Iterable[Read], request: RequestContext) -> list[ReadEntry]:
    """The entries that follow `head`, which is moved on."""
    entries = []
    for read in reads:
        entry = ReadEntry(
            seq=head.seq + 1,
            at=clock.now(),
            actor=read.actor,
            session=request.session,
            purpose=request.purpose or default_purpose(read.role),
            subject=read.subject,
            object_type=read.object_type,
            object_id=read.object_id,
            details=read.details,
        )
        entry.link = head.link = hash_chain.link(head.link, read_content(entry))
        head.seq = entry.seq
        entries.append(entry)
    return entries


def _seen_lately(read: Read, session: str) -> bool:
    lately = ReadEntry.objects.filter(actor=read.actor, session=session, at__gt=clock.now() - SAME_SIGHT)
    same = lately.filter(object_type=read.object_type, object_id=read.object_id, subject=read.subject)
    return any(details == read.details for details in same.values_list("details", flat=True))


def read_content(entry: ReadEntry) -> dict[str, Any]:
    """The document that a read entry's link covers: every column but the link."""
    return {
        "seq": entry.seq,
        "at": clock.to_iso(entry.at),
        "actor": entry.actor,
        "session": entry.session,
        "purpose": entry.purpose,
        "subject": str(entry.subject) if entry.subject else None,
        "object_type": entry.object_type,
        "object_id": entry.object_id,
        "details": entry.details,
    }
