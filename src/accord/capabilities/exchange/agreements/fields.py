"""Which fields of a message an agreement speaks of, by name: "standing.bank" is the field `bank` of each entry of `standing`.

Fields without which a message is none (they have no default) and those of `ALWAYS` are what the protocol itself needs: ids,
amounts, clocks and states. Everything else crosses only where the sender's side of the agreement names it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from functools import cache
from typing import Any, Final, get_args

import msgspec
from msgspec import NODEFAULT
from msgspec.structs import FieldInfo

from accord.capabilities.exchange.kinds import MessageKind
from accord.capabilities.exchange.messages import BODIES

_LEG: Final = ("intervals", "counter_amount", "counter_currency", "exit", "jurisdiction", "referral")
"""Of a leg that may be told at all: its shape. Whether it says to which jurisdiction it went is a clause of its own."""

ALWAYS: Final[dict[MessageKind, frozenset[str]]] = {
    MessageKind.ENQUIRY: frozenset({"credits.intervals", "credits.referral", "budget.floor", "asked_at"}),
    MessageKind.ENQUIRY_ANSWER: frozenset(
        {"version", "clause", "standing", "standing.held", "open", "open.answer_due_at", "absorbed"}
        | {f"{legs}.{name}" for legs in ("flows", "onward", "exits") for name in _LEG}
    ),
    MessageKind.ORDER: frozenset(
        {"institution", "amount", "currency", "credits", "credits.intervals", "credits.referral", "target", "replaces"}
        | {"legal_basis", "tell_from", "asked_at"}
    ),
    MessageKind.ORDER_ANSWER: frozenset(
        {"expected_at", "state", "answered_at", "amount", "refusal", "clause", "until", "automatic", "confirm_by"}
    ),
    MessageKind.ORDER_NEWS: frozenset({"ended_at", "why"}),
    MessageKind.REQUEST: frozenset({"urgent", "asked_at"}),
    MessageKind.REQUEST_ANSWER: frozenset({"ground", "answered_at"}),
    MessageKind.NOTE: frozenset({"escalated", "withdrawn"}),
    MessageKind.RELABEL: frozenset(),
    MessageKind.RECEIPT: frozenset(),
}
"""Fields with a default that the protocol needs all the same. Nothing in them is about a person, an account or a bank."""


@cache
def disclosable(kind: MessageKind) -> tuple[str, ...]:
    """The names that `Party.fields` may list for a kind of message, in the order of its body."""
    return tuple(name for name, _, choice in _named(BODIES[kind], ALWAYS[kind]) if choice)


def disclosed(kind: MessageKind, body: Any, allowed: Collection[str]) -> Any:
    """The body without what `allowed` does not name: those fields are at their defaults."""
    blank = _blanker(BODIES[kind], "", ALWAYS[kind] | frozenset(allowed))
    return body if blank is None else blank(body)


def undisclosed(kind: MessageKind, body: Any, allowed: Collection[str]) -> list[str]:
    """Names of fields of the body that say something although `allowed` does not name them."""
    kept = ALWAYS[kind] | frozenset(allowed)
    return [name for name in disclosable(kind) if name not in kept and _says_something(body, name)]


def _says_something(body: Any, name: str) -> bool:
    first, _, rest = name.partition(".")
    value = getattr(body, first)
    if not rest:
        struct: type[msgspec.Struct] = type(body)
        return bool(value != _default(_field(struct, first)))
    entries = value if isinstance(value, tuple) else () if value is None else (value,)
    return any(_says_something(entry, rest) for entry in entries)


_Blank = Callable[[Any], Any]


@cache
def _blanker(body: type[msgspec.Struct], prefix: str, kept: frozenset[str]) -> _Blank | None:
    """What takes the fields that are not kept out of a body of this type; None where there is nothing to take out."""
    blanks: dict[str, Any] = {}
    inner: dict[str, _Blank] = {}
    for field in msgspec.structs.fields(body):
        name = f"{prefix}{field.name}"
        if not _is_required(field) and name not in kept:
            blanks[field.name] = _default(field)
        elif (nested := _nested(field)) and (blank := _blanker(nested, f"{name}.", kept)):
            inner[field.name] = blank
    if not blanks and not inner:
        return None

    def take_out(value: Any) -> Any:
        changed = dict(blanks)
        for name, blank in inner.items():
            held = getattr(value, name)
            if held is not None:
                changed[name] = tuple(map(blank, held)) if isinstance(held, tuple) else blank(held)
        return msgspec.structs.replace(value, **changed)

    return take_out


def _named(body: type[msgspec.Struct], always: frozenset[str], prefix: str = "") -> Iterator[tuple[str, FieldInfo, bool]]:
    """Every field of a body and of what it holds: its name, the field, and whether an agreement may choose it."""
    for field in msgspec.structs.fields(body):
        name = f"{prefix}{field.name}"
        yield name, field, not _is_required(field) and name not in always
        if nested := _nested(field):
            yield from _named(nested, always, f"{name}.")


def _nested(field: FieldInfo) -> type[msgspec.Struct] | None:
    """The type of the entries of a field that holds bodies of its own."""
    kinds = [field.type, *get_args(field.type)]
    return next((kind for kind in kinds if isinstance(kind, type) and issubclass(kind, msgspec.Struct)), None)


@cache
def _field(body: type[msgspec.Struct], name: str) -> FieldInfo:
    return next(field for field in msgspec.structs.fields(body) if field.name == name)


def _is_required(field: FieldInfo) -> bool:
    return field.default is NODEFAULT and field.default_factory is NODEFAULT


def _default(field: FieldInfo) -> Any:
    return field.default if field.default is not NODEFAULT else field.default_factory()
