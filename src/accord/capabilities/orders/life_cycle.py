"""The life of an order, as one table. Whatever is not in the table is refused.

    draft → approved → sent → acknowledged → held | held_partly | refused
    held | held_partly → expired | releasing → released
    approved | sent | acknowledged → expired, when no answer came before the order's own time was over

A recall that stops a payment counts as held: the payer's bank keeps the money. A bank may answer without acknowledging.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from accord.core.errors import Conflict


class State(StrEnum):
    DRAFT = "draft"
    APPROVED = "approved"
    SENT = "sent"
    ACKNOWLEDGED = "acknowledged"
    HELD = "held"
    HELD_PARTLY = "held_partly"
    REFUSED = "refused"
    EXPIRED = "expired"
    RELEASING = "releasing"
    RELEASED = "released"
    DISCARDED = "discarded"


class Event(StrEnum):
    APPROVE = "approve"
    DISCARD = "discard"
    SEND = "send"
    ACKNOWLEDGE = "acknowledge"
    HOLD = "hold"
    HOLD_PARTLY = "hold_partly"
    REFUSE = "refuse"
    EXPIRE = "expire"
    ASK_RELEASE = "ask_release"
    CONFIRM_RELEASE = "confirm_release"


_ANSWERS: Final = {Event.HOLD: State.HELD, Event.HOLD_PARTLY: State.HELD_PARTLY, Event.REFUSE: State.REFUSED}

TRANSITIONS: Final[dict[tuple[State, Event], State]] = {
    (State.DRAFT, Event.APPROVE): State.APPROVED,
    (State.DRAFT, Event.DISCARD): State.DISCARDED,
    (State.APPROVED, Event.SEND): State.SENT,
    (State.SENT, Event.SEND): State.SENT,  # sent again after a lost line
    (State.SENT, Event.ACKNOWLEDGE): State.ACKNOWLEDGED,
    (State.ACKNOWLEDGED, Event.SEND): State.ACKNOWLEDGED,  # asked again for the answer
    (State.ACKNOWLEDGED, Event.ACKNOWLEDGE): State.ACKNOWLEDGED,
    **{(before, event): after for before in (State.SENT, State.ACKNOWLEDGED) for event, after in _ANSWERS.items()},
    **{(waiting, Event.EXPIRE): State.EXPIRED for waiting in (State.APPROVED, State.SENT, State.ACKNOWLEDGED)},
    **{(held, Event.EXPIRE): State.EXPIRED for held in (State.HELD, State.HELD_PARTLY, State.RELEASING)},
    **{(held, Event.ASK_RELEASE): State.RELEASING for held in (State.HELD, State.HELD_PARTLY)},
    (State.RELEASING, Event.CONFIRM_RELEASE): State.RELEASED,
}

LIVE: Final = (State.APPROVED, State.SENT, State.ACKNOWLEDGED, State.HELD, State.HELD_PARTLY, State.RELEASING)
"""States in which something is held or about to be."""

WAITING: Final = (State.APPROVED, State.SENT, State.ACKNOWLEDGED, State.RELEASING)
"""States in which the bank owes an answer."""

HOLDING: Final = (State.HELD, State.HELD_PARTLY)


def next_state(state: str, event: Event) -> State:
    """Where `event` leads from `state`; Conflict where the table has no such step."""
    try:
        return TRANSITIONS[State(state), event]
    except KeyError:
        raise Conflict(f"an order that is {state} cannot {event.replace('_', ' ')}") from None


def as_markdown() -> str:
    """The table for the documentation: a row for each state, with what leads where."""
    lines = ["| state | event | next state |", "|---|---|---|"]
    lines += [f"| {before} | {event} | {after} |" for (before, event), after in sorted(TRANSITIONS.items())]
    return "\n".join(lines)
