"""The life of an agreement at one of its two parties: one explicit table. Whatever is not in it is refused.

Each side keeps its own row. What the other side does arrives as a message and is an event here. Both may offer the same
document at the same time, and an offer may be withdrawn while it is being signed: both rows end in the same state.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from accord.capabilities.exchange.agreements.errors import Msg
from accord.capabilities.exchange.models import AgreementState as State
from accord.capabilities.transitions import Move, moves_of, next_of
from accord.capabilities.transitions import as_markdown as rendered


class Event(StrEnum):
    OFFER = "offer"  # this side signs a draft and sends it
    RECEIVE = "receive"  # the other side has offered it
    SIGN = "sign"  # this side signs what it received
    COUNTERSIGN = "countersign"  # the other side has signed what was offered
    DECLINE = "decline"  # this side does not want it
    BE_DECLINED = "be declined"  # the other side does not want it
    END = "end"  # this side ends it, or withdraws its offer
    BE_ENDED = "be ended"  # the other side does


MOVES: Final = moves_of(
    [
        Move(State.DRAFT, Event.OFFER, State.OFFERED),
        Move(State.DRAFT, Event.RECEIVE, State.RECEIVED),  # the other side offers what was drafted here
        Move(State.OFFERED, Event.RECEIVE, State.SIGNED),  # both offered the same document: both have signed it
        Move(State.OFFERED, Event.COUNTERSIGN, State.SIGNED),
        Move(State.OFFERED, Event.BE_DECLINED, State.DECLINED),
        Move(State.OFFERED, Event.END, State.ENDED),
        Move(State.OFFERED, Event.BE_ENDED, State.ENDED),
        Move(State.RECEIVED, Event.RECEIVE, State.RECEIVED),  # told again
        Move(State.RECEIVED, Event.SIGN, State.SIGNED),
        Move(State.RECEIVED, Event.DECLINE, State.DECLINED),
        Move(State.RECEIVED, Event.END, State.ENDED),
        Move(State.RECEIVED, Event.BE_ENDED, State.ENDED),
        Move(State.SIGNED, Event.RECEIVE, State.SIGNED),
        Move(State.SIGNED, Event.COUNTERSIGN, State.SIGNED),
        Move(State.SIGNED, Event.END, State.ENDED),
        Move(State.SIGNED, Event.BE_ENDED, State.ENDED),
        Move(State.DECLINED, Event.OFFER, State.OFFERED),  # after they have talked
        Move(State.DECLINED, Event.RECEIVE, State.RECEIVED),
        Move(State.DECLINED, Event.BE_DECLINED, State.DECLINED),
        Move(State.DECLINED, Event.BE_ENDED, State.ENDED),
        Move(State.ENDED, Event.RECEIVE, State.ENDED),  # what was under way when it was ended changes nothing more
        Move(State.ENDED, Event.COUNTERSIGN, State.ENDED),
        Move(State.ENDED, Event.BE_DECLINED, State.ENDED),
        Move(State.ENDED, Event.BE_ENDED, State.ENDED),
    ]
)

ONCE_IN_FORCE: Final = (State.SIGNED, State.ENDED)
"""States of rows that both may have signed; whether both did is what their signatures say."""


def next_state(state: str, event: Event) -> State:
    """Where `event` leads from `state`; Conflict where the table has no such step."""
    return next_of(MOVES, Msg.NO_SUCH_STEP, State(state), event)


def as_markdown() -> str:
    """The table for the documentation."""
    return rendered(MOVES)
