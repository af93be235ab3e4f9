"""The life of an order at the bank that received it: one explicit table. Whatever is not in the table is refused.

An order is received, checked, perhaps laid before a person, and carried out by the core system. What it put in force ends
by release, return, replacement, or at its time, when the bank lifts it unprompted. An order about an earlier one, and a
stopped payment, are over once they are carried out.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from accord.capabilities.controls.errors import Msg
from accord.capabilities.transitions import Move, moves_of, next_of
from accord.capabilities.transitions import as_markdown as rendered


class State(TextChoices):
    RECEIVED = "received", _("Received")
    CHECKED = "checked", _("Checked")
    FOR_DECISION = "for_decision", _("For decision")
    EXECUTING = "executing", _("Being carried out")
    EXECUTED = "executed", _("Carried out")
    EXECUTED_PARTLY = "executed_partly", _("Carried out in part")
    REFUSED = "refused", _("Refused")
    EXPIRED = "expired", _("Run out before it was carried out")  # its time was over before it was carried out
    LIFTED = "lifted", _("Lifted at its end")  # its time came to an end and the bank lifted it
    RELEASED = "released", _("Released")
    REPLACED = "replaced", _("Replaced")
    RETURNED = "returned", _("Returned")


class Event(StrEnum):
    CHECK = "check"
    ASK = "ask"
    START = "start"
    DO = "do"
    DO_PARTLY = "do_partly"
    REFUSE = "refuse"
    EXPIRE = "expire"
    LIFT = "lift"
    RELEASE = "release"
    RELEASE_PARTLY = "release_partly"
    RENEW = "renew"
    REPLACE = "replace"
    RETURN = "return"
    RETURN_PARTLY = "return_partly"


class Guard(StrEnum):
    """What must hold besides the state."""

    RULE = "all checks passed and a rule of the bank lets it act alone, or the order only gives back"
    PERSON = "a person of the bank decided so"
    CHECKS = "a check failed, or the order was withdrawn before it was carried out"
    CORE = "the core system refused"
    NOTHING_KEPT = "the core system was told to keep nothing under it"
    IN_FORCE = "something is in force under the order"
    NOTHING_LEFT = "nothing is left in force under the order"
    REST_LEFT = "something is left in force under the order"


Step = Move[State, Event]
"""One row of the table."""

OPEN: Final = (State.RECEIVED, State.CHECKED, State.FOR_DECISION, State.EXECUTING)
"""States in which the sender still waits for the answer."""

AT_WORK: Final = (State.RECEIVED, State.CHECKED, State.EXECUTING)
"""States in which the node goes on by itself."""

BEFORE_THE_ACT: Final = (State.RECEIVED, State.CHECKED, State.FOR_DECISION)
"""States in which an order can still be withdrawn or run out without any effect."""

CARRIED_OUT: Final = (State.EXECUTED, State.EXECUTED_PARTLY)
"""States in which something may be in force."""

_STEPS: Final = (
    Step(State.RECEIVED, Event.CHECK, State.CHECKED),
    *(Step(state, Event.REFUSE, State.REFUSED, Guard.CHECKS) for state in (State.RECEIVED, State.CHECKED)),
    *(Step(state, Event.EXPIRE, State.EXPIRED) for state in BEFORE_THE_ACT),
    Step(State.CHECKED, Event.ASK, State.FOR_DECISION),
    Step(State.CHECKED, Event.START, State.EXECUTING, Guard.RULE),
    Step(State.FOR_DECISION, Event.START, State.EXECUTING, Guard.PERSON),
    Step(State.FOR_DECISION, Event.REFUSE, State.REFUSED, Guard.PERSON),
    Step(State.EXECUTING, Event.START, State.EXECUTING),  # the core is asked again after a lost line
    Step(State.EXECUTING, Event.DO, State.EXECUTED),
    Step(State.EXECUTING, Event.DO_PARTLY, State.EXECUTED_PARTLY),
    Step(State.EXECUTING, Event.REFUSE, State.REFUSED, Guard.CORE),
    Step(State.EXECUTING, Event.EXPIRE, State.EXPIRED, Guard.NOTHING_KEPT),
    *(
        step
        for state in CARRIED_OUT
        for step in (
            Step(state, Event.LIFT, State.LIFTED, Guard.IN_FORCE),
            Step(state, Event.RENEW, state, Guard.IN_FORCE),
            Step(state, Event.RELEASE, State.RELEASED, Guard.NOTHING_LEFT),
            Step(state, Event.RELEASE_PARTLY, State.EXECUTED_PARTLY, Guard.REST_LEFT),
            Step(state, Event.REPLACE, State.REPLACED, Guard.IN_FORCE),
            Step(state, Event.RETURN, State.RETURNED, Guard.NOTHING_LEFT),
            Step(state, Event.RETURN_PARTLY, State.EXECUTED_PARTLY, Guard.REST_LEFT),
        )
    ),
)

TABLE: Final = moves_of(_STEPS)


def next_state(state: str, event: Event) -> State:
    """Where `event` leads from `state`; Conflict, which says so, where the table has no such step."""
    return next_of(TABLE, Msg.NO_SUCH_STEP, State(state), event)


def as_markdown() -> str:
    """The table for the documentation."""
    return rendered(moves_of(sorted(TABLE.values())))
