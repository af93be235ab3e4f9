"""Messages to and from partners as a list: when, what kind, how it stands. Never what is in them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db.models import F, QuerySet, Value
from django.db.models.fields import BooleanField

from accord.capabilities.exchange.models import Incoming, IncomingState, Outgoing, OutgoingState
from accord.capabilities.exchange.permissions import ExchangePermission
from accord.capabilities.people.policy import Actor, require

_COLUMNS: Final = (
    "pk", "outgoing", "partner_id", "kind", "state", "sequence", "at", "settled_at", "agreement", "about", "why", "label",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Message:
    """One message without its body. `settled_at`: when it was delivered, or applied here."""

    id: UUID
    outgoing: bool
    partner: str
    kind: str
    state: str
    sequence: int
    at: datetime
    settled_at: datetime | None
    agreement: str
    about: UUID | None
    why: str
    label: Any


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a search is narrowed to; what is empty narrows nothing. `direction` is "out", "in" or empty."""

    direction: str = ""
    partner: str = ""
    kind: str = ""
    state: str = ""
    about: UUID | None = None


def messages(actor: Actor, wanted: Wanted) -> QuerySet[Any]:
    """Rows of `_COLUMNS`, newest first; `read` makes messages of them."""
    require(actor, ExchangePermission.READ)
    sent = _narrowed(Outgoing.objects.all(), wanted).annotate(
        outgoing=Value(True, BooleanField()), at=F("queued_at"), settled_at=F("delivered_at"), why=F("last_error")
    )
    got = _narrowed(Incoming.objects.all(), wanted).annotate(
        outgoing=Value(False, BooleanField()), at=F("received_at"), settled_at=F("applied_at"), why=F("reason")
    )
    rows: QuerySet[Any]
    if wanted.direction:
        rows = (sent if wanted.direction == "out" else got).values_list(*_COLUMNS)
    else:
        rows = sent.order_by().values_list(*_COLUMNS).union(got.order_by().values_list(*_COLUMNS), all=True)
    return rows.order_by("-at", "-sequence")


def read(rows: Any) -> Iterator[Message]:
    return (Message(*row) for row in rows)


def _narrowed(rows: QuerySet[Any], wanted: Wanted) -> QuerySet[Any]:
    if wanted.partner:
        rows = rows.filter(partner=wanted.partner)
    if wanted.kind:
        rows = rows.filter(kind=wanted.kind)
    if wanted.state:
        rows = rows.filter(state=wanted.state)
    return rows.filter(about=wanted.about) if wanted.about else rows


def states() -> list[tuple[str, str]]:
    """(value, what it is called) of every state of a message, in or out."""
    named = {**dict(OutgoingState.choices), **dict(IncomingState.choices)}
    return [(value, str(label)) for value, label in named.items()]
