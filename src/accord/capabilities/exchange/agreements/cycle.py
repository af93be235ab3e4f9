"""The life of an agreement at one of its two parties: one explicit table. Whatever is not in it is refused.

Each side keeps its own row. What the other side does arrives as a message and is an event here. Both may offer the same
document at the same time, and an offer may be withdrawn while it is being signed: both rows end in the same state.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from accord.capabilities.exchange.agreements.errors import Msg
from accord.capabilities.exchange.models import AgreementState as State
from accord.core.errors import Conflict


class Event(StrEnum):
    OFFER = "offer"  # this side signs a draft and sends it
    RECEIVE = "receive"  # the other side has offered it
    SIGN = "sign"  # this side signs what it received
    COUNTERSIGN = "countersign"  # the other side has signed what was offered
    DECLINE = "decline"  # this side does not want it
    BE_DECLINED = "be declined"  # the other side does not want it
    END = "end"  # this side ends it, or withdraws its offer
    BE_ENDED = "be ended"  # the other side does


TABLE: Final[dict[tuple[State, Event], State]] = {
    (State.DRAFT, Event.OFFER): State.OFFERED,
    (State.DRAFT, Event.RECEIVE): State.RECEIVED,  # the other side offers what was drafted here
    (State.OFFERED, Event.RECEIVE): State.SIGNED,  # both offered the same document: both have signed it
    (State.OFFERED, Event.COUNTERSIGN): State.SIGNED,
    (State.OFFERED, Event.BE_DECLINED): State.DECLINED,
    (State.OFFERED, Event.END): State.ENDED,
    (State.OFFERED, Event.BE_ENDED): State.ENDED,
    (State.RECEIVED, Event.RECEIVE): State.RECEIVED,  # told again
    (State.RECEIVED, Event.SIGN): State.SIGNED,
    (State.RECEIVED, Event.DECLINE): State.DECLINED,
    (State.RECEIVED, Event.END): State.ENDED,
    (State.RECEIVED, Event.BE_ENDED): State.ENDED,
    (State.SIGNED, Event.RECEIVE): State.SIGNED,
    (State.SIGNED, Event.COUNTERSIGN): State.SIGNED,
    (State.SIGNED, Event.END): State.ENDED,
    (State.SIGNED, Event.BE_ENDED): State.ENDED,
    (State.DECLINED, Event.OFFER): State.OFFERED,  # after they have talked
    (State.DECLINED, Event.RECEIVE): State.RECEIVED,
    (State.DECLINED, Event.BE_DECLINED): State.DECLINED,
    (State.DECLINED, Event.BE_ENDED): State.ENDED,
    (State.ENDED, Event.RECEIVE): State.ENDED,  # what was under way when it was ended changes nothing more
    (State.ENDED, Event.COUNTERSIGN): State.ENDED,
    (State.ENDED, Event.BE_DECLINED): State.ENDED,
    (State.ENDED, Event.BE_ENDED): State.ENDED,
}

ONCE_IN_FORCE: Final = (State.SIGNED, State.ENDED)
"""States of rows that both may have signed; whether both did is what their signatures say."""


def next_state(state: str, event: Event) -> State:
    """Where `event` leads from `state`; Conflict where the table has no such step."""
    found = TABLE.get((State(state), event))
    if found is None:
        raise Conflict(Msg.NO_SUCH_STEP, state=State(state), event=event)
    return found


def as_markdown() -> str:
    """The table for the documentation."""
    rows = (f"| {state} | {event} | {after} |" for (state, event), after in TABLE.items())
    return "\n".join(["| state | event | next state |", "|---|---|---|", *rows])
