"""Every capability's unit of work: one transaction that ends in audit entries, chained and written together.

A service that changes something is decorated with `change`; `record` adds an entry to the running change, and `part` is a
part of it that may fail by itself. The rows of the audit stay in `people`, which everyone knows; why changes come one after
another says docs/decisions/0007-changes-in-one-line.md.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, ParamSpec, TypeVar
from uuid import UUID

from django.db import transaction

from accord.capabilities.people import context
from accord.capabilities.people.models import AuditEntry, AuditHead
from accord.capabilities.people.policy import Actor, default_purpose
from accord.capabilities.vocabulary import AuditAction
from accord.core import clock, hash_chain
from accord.core.errors import AccordError

_Given = ParamSpec("_Given")
_Result = TypeVar("_Result")


def change(service: Callable[_Given, _Result]) -> Callable[_Given, _Result]:
    """Run a service as one transaction that takes its turn in the audit's line before it locks anything else.

    Every change ends in an audit entry, so changes come one after another in any case. Were the line joined only then, two
    of them could each hold what the other waits for: a claim, an account, the line itself. SQLite begins every writing
    transaction like this; here PostgreSQL does too. A service called by another is part of the other's change.
    """

    @wraps(service)
    def in_turn(*args: _Given.args, **kwargs: _Given.kwargs) -> _Result:
        if _line.get() is not None:
            return service(*args, **kwargs)
        with _turn():
            return service(*args, **kwargs)

    return in_turn


@change
def each_apart(acts: Sequence[Callable[[], _Result]]) -> list[_Result | AccordError]:
    """Do many things in one change. Of one that fails with an error of ours nothing stays; the error stands in its place."""
    results: list[_Result | AccordError] = []
    for act in acts:
        try:
            with part():
                results.append(act())
        except AccordError as error:
            results.append(error)
    return results


Listener = Callable[[Collection[UUID]], None]
"""Takes the ids of what has changed."""


@dataclass(slots=True)
class _Line:
    """The chain's last link, with what the running change has recorded and has to announce before it ends."""

    seq: int
    link: str
    entries: list[AuditEntry] = field(default_factory=list)
    news: list[tuple[Listener, Collection[UUID]]] = field(default_factory=list)


@contextmanager
def _turn() -> Iterator[None]:
    """One transaction at the head of the audit's line; what it recorded is chained and written at its end."""
    with transaction.atomic():
        line = _Line(*_head())
        token = _line.set(line)
        try:
            yield
            _announce(line)
        finally:
            _line.reset(token)
        if line.entries:
            AuditEntry.objects.bulk_create(line.entries)
            AuditHead.objects.filter(pk=1).update(seq=line.seq, link=line.link)


def _head() -> tuple[int, str]:
    """The head of the line, locked until the end of the transaction; made where no change has been yet."""
    head = AuditHead.objects.select_for_update().filter(pk=1).values_list("seq", "link").first()
    if head is None:
        made, _ = AuditHead.objects.select_for_update().get_or_create(pk=1)
        head = made.seq, made.link
    return head


def _announce(line: _Line, since: int = 0) -> None:
    """Call each listener once with all that it has to know of, from that piece of news on; what that leads to is announced in
    turn."""
    while len(line.news) > since:
        together: dict[Listener, set[UUID]] = {}
        for listener, ids in line.news[since:]:
            together.setdefault(listener, set()).update(ids)
        del line.news[since:]
        for listener, ids in together.items():
            listener(ids)


def announce(listener: Listener, ids: Collection[UUID]) -> None:
    """Call `listener` with these ids at the end of the running change, together with all others of this change; outside of
    any change, at once."""
    line = _line.get()
    if line is None:
        listener(ids)
    elif ids:
        line.news.append((listener, ids))


@contextmanager
def part(*, announcing: bool = False) -> Iterator[None]:
    """A part of the running change that may fail by itself: where it does, what it recorded goes with what it wrote.

    `announcing`: its news is given at its end and not at that of the change: a listener that fails spoils this part alone.

    Use it, and no bare `transaction.atomic`, wherever a change goes on after an error: the entries of a change are chained in
    memory until its end, so a savepoint alone would leave on record what never happened.
    """
    line = _line.get()
    if line is None:
        with transaction.atomic():
            yield
        return
    seq, link, recorded, announced = line.seq, line.link, len(line.entries), len(line.news)
    try:
        with transaction.atomic():
            yield
            if announcing:
                _announce(line, announced)
    except BaseException:
        line.seq, line.link = seq, link
        del line.entries[recorded:]
        del line.news[announced:]
        raise


_line: ContextVar[_Line | None] = ContextVar("audit_line", default=None)


def record(actor: Actor, action: AuditAction, *, subject: UUID | None, obj: Any, **details: Any) -> AuditEntry:
    """Add one audit entry to the running change: it stays exactly when the change that it tells of stays.

    `obj` is a model instance; `details` must be JSON without floats. Outside of any change it is one by itself. The purpose
    is that of the request under way; there is none where the node or a command acts.
    """
    line = _line.get()
    if line is None:
        with _turn():
            return record(actor, action, subject=subject, obj=obj, **details)
    entry = AuditEntry(
        seq=line.seq + 1,
        at=clock.now(),
        actor=actor.username,
        action=action.value,
        purpose=_purpose(actor),
        subject=subject,
        object_type=obj._meta.model_name,
        object_id=str(obj.pk),
        details=details,
    )
    entry.link = line.link = hash_chain.link(line.link, audited_content(entry))
    line.seq = entry.seq
    line.entries.append(entry)
    return entry


def _purpose(actor: Actor) -> str:
    request = context.current()
    return "" if request is None else request.purpose or default_purpose(actor.role)


def audited_content(entry: AuditEntry) -> dict[str, Any]:
    """The document that an entry's link covers: every column but the link.

    An empty purpose is left out, as entries had none before purposes were kept.
    """
    content = {
        "seq": entry.seq,
        "at": clock.to_iso(entry.at),
        "actor": entry.actor,
        "action": entry.action,
        "subject": str(entry.subject) if entry.subject else None,
        "object_type": entry.object_type,
        "object_id": entry.object_id,
        "details": entry.details,
    }
    if entry.purpose:
        content["purpose"] = entry.purpose
    return content
