"""What is known about the request under way: why its user acts, and what case content it has shown so far.

A middleware opens it around every request (`within_request`). Outside, as in the worker and on the command line, there is
none: the worker shows nobody anything.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Read:
    """One sight of case content that is still to be written down."""

    actor: str
    role: str
    object_type: str
    object_id: str
    subject: UUID | None
    details: dict[str, Any]


@dataclass(slots=True)
class RequestContext:
    """`purpose` is what the user chose, or empty; `session` names the browser without giving its key away."""

    purpose: str = ""
    session: str = ""
    reads: list[Read] = field(default_factory=list)


_request: ContextVar[RequestContext | None] = ContextVar("people_request", default=None)


def current() -> RequestContext | None:
    """The request under way, if this is one."""
    return _request.get()


@contextmanager
def within_request(context: RequestContext) -> Iterator[RequestContext]:
    """Everything done in the with block is part of one request."""
    token = _request.set(context)
    try:
        yield context
    finally:
        _request.reset(token)
