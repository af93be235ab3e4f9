"""The life of an order: one explicit table for each kind. Whatever is not in the table is refused.

Every order is drafted, approved, sent, perhaps acknowledged, and answered; what an answer leads to, and what can happen
afterwards, depends on the kind. A bank may answer without acknowledging. A guard names what must hold besides; the
service that causes the event checks it. An order whose time is over before an answer has come is expired.

A release, a renewal and a return are orders of their own about an earlier order. Their confirmation is an event in the
life of that earlier order, which until then goes on as it was: a release that the bank never confirms releases nothing,
and a renewal that it never confirms prolongs nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Final

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from accord.capabilities.orders.errors import Msg
from accord.capabilities.orders.kinds import FOLLOWS_UP, KEEPS_MONEY, RENEWABLE, RESTRICTS, OrderKind
from accord.capabilities.transitions import Move, Moves, move_of, moves_of
from accord.capabilities.transitions import as_markdown as rendered


class State(TextChoices):
    DRAFT = "draft", _("Draft")
    APPROVED = "approved", _("Approved")
    SENT = "sent", _("Sent")
    ACKNOWLEDGED = "acknowledged", _("Acknowledged")
    HELD = "held", _("Held in full")
    HELD_PARTLY = "held_partly", _("Held in part")
    IN_FORCE = "in_force", _("In force")
    DONE = "done", _("Done")
    REFUSED = "refused", _("Refused")
    EXPIRED = "expired", _("Expired")
    RELEASED = "released", _("Released")
    REPLACED = "replaced", _("Replaced")
    RETURNED = "returned", _("Returned")
    DISCARDED = "discarded", _("Discarded")
    LAPSED = (
        "lapsed",
        _("Ended by the receiver"),
    )  # the receiver ended it by itself: a partner's centre that gave the money back


class Event(StrEnum):
    APPROVE = "approve"
    DISCARD = "discard"
    SEND = "send"
    ACKNOWLEDGE = "acknowledge"
    HOLD = "hold"
    HOLD_PARTLY = "hold_partly"
    PUT_IN_FORCE = "put_in_force"
    DO = "do"
    REFUSE = "refuse"
    EXPIRE = "expire"
    RENEW = "renew"
    RELEASE = "release"
    RELEASE_PARTLY = "release_partly"
    REPLACE = "replace"
    RETURN = "return"
    RETURN_PARTLY = "return_partly"
    LAPSE = "lapse"
    REDUCE = "reduce"


class Guard(StrEnum):
    """What must hold besides the state."""

    APPROVERS = "approved by whom the regime asks for; never by the drafter alone, unless in an emergency"
    RENEWALS_LEFT = "renewals left under the regime"
    ALL_OF_IT = "nothing is left under the order"
    REST_IS_KEPT = "something is left under the order"
    NEW_ONE_HOLDS = "the order that replaces it is confirmed"
    RECEIVER_SAYS = "a partner's centre says, unasked, that it has ended what it kept"
    RECEIVER_KEEPS_LESS = "a partner's centre says, unasked, that it keeps less, and more than nothing"


Step = Move[State, Event]
"""One row of a table."""

Table = Moves[State, Event]

WAITING: Final = (State.APPROVED, State.SENT, State.ACKNOWLEDGED)
"""States in which the receiver owes an answer."""

AWAITED: Final = (State.SENT, State.ACKNOWLEDGED)
"""States in which an answer is applied."""

HOLDING: Final = (State.HELD, State.HELD_PARTLY)
"""States in which money is kept."""

STANDING: Final = (*HOLDING, State.IN_FORCE)
"""States in which the order has its effect."""

LIVE: Final = (*WAITING, *STANDING)
"""States in which the order has its effect or is about to."""

ENDED: Final = tuple(state for state in State if state not in (State.DRAFT, *LIVE))

_TO_THE_ANSWER: Final = (
    Step(State.DRAFT, Event.APPROVE, State.APPROVED, Guard.APPROVERS),
    Step(State.DRAFT, Event.DISCARD, State.DISCARDED),
    Step(State.APPROVED, Event.SEND, State.SENT),
    Step(State.SENT, Event.SEND, State.SENT),  # sent again after a lost line
    Step(State.SENT, Event.ACKNOWLEDGE, State.ACKNOWLEDGED),
    Step(State.ACKNOWLEDGED, Event.SEND, State.ACKNOWLEDGED),  # asked again for the answer
    Step(State.ACKNOWLEDGED, Event.ACKNOWLEDGE, State.ACKNOWLEDGED),
    *(Step(state, Event.REFUSE, State.REFUSED) for state in AWAITED),
    *(Step(state, Event.EXPIRE, State.EXPIRED) for state in WAITING),
)


def _answered(event: Event, after: State) -> list[Step]:
    return [Step(state, event, after) for state in AWAITED]


def _withdrawn() -> list[Step]:
    """A release may overtake the answer: the order is withdrawn before it was carried out."""
    return [Step(state, Event.RELEASE, State.RELEASED, Guard.ALL_OF_IT) for state in AWAITED]


def _while(states: Iterable[State], *, money: bool, renewable: bool) -> list[Step]:
    """What can happen to an order that has its effect."""
    steps = []
    for state in states:
        steps.append(Step(state, Event.EXPIRE, State.EXPIRED))
        steps.append(Step(state, Event.RELEASE, State.RELEASED, Guard.ALL_OF_IT))
        if renewable:
            steps.append(Step(state, Event.RENEW, state, Guard.RENEWALS_LEFT))
            steps.append(Step(state, Event.REPLACE, State.REPLACED, Guard.NEW_ONE_HOLDS))
        if money:
            steps.append(Step(state, Event.RELEASE_PARTLY, State.HELD_PARTLY, Guard.REST_IS_KEPT))
            steps.append(Step(state, Event.RETURN, State.RETURNED, Guard.ALL_OF_IT))
            steps.append(Step(state, Event.RETURN_PARTLY, State.HELD_PARTLY, Guard.REST_IS_KEPT))
    return steps


def _applied_unasked() -> list[Step]:
    """A partner's centre keeps money under orders of its own, and they may end or shrink before ours does."""
    ended = [Step(state, Event.LAPSE, State.LAPSED, Guard.RECEIVER_SAYS) for state in HOLDING]
    return ended + [Step(state, Event.REDUCE, State.HELD_PARTLY, Guard.RECEIVER_KEEPS_LESS) for state in HOLDING]


def _table(kind: OrderKind) -> Table:
    steps = list(_TO_THE_ANSWER)
    if kind in KEEPS_MONEY or kind is OrderKind.RECALL:
        steps += _answered(Event.HOLD, State.HELD) + _answered(Event.HOLD_PARTLY, State.HELD_PARTLY) + _withdrawn()
        steps += _while(HOLDING, money=True, renewable=kind in RENEWABLE)
        steps += _applied_unasked() if kind in KEEPS_MONEY else []
    elif kind in RESTRICTS:
        steps += _answered(Event.PUT_IN_FORCE, State.IN_FORCE) + _withdrawn()
        steps += _while([State.IN_FORCE], money=False, renewable=True)
    else:
        assert kind in FOLLOWS_UP or kind is OrderKind.TRACE_BACK
        steps += _answered(Event.DO, State.DONE)
    return moves_of(steps)


TABLES: Final[dict[OrderKind, Table]] = {kind: _table(kind) for kind in OrderKind}


def step(kind: str, state: str, event: Event) -> Step:
    """The row for `event` in `state`; Conflict, which says so, where the kind's table has none."""
    return move_of(TABLES[OrderKind(kind)], Msg.NO_SUCH_STEP, State(state), event)


def next_state(kind: str, state: str, event: Event) -> State:
    """Where `event` leads from `state`; Conflict where the kind's table has no such step."""
    return step(kind, state, event).next


def as_markdown() -> str:
    """The tables for the documentation: kinds with one table share it."""
    kinds: dict[str, list[OrderKind]] = {}
    for kind, table in TABLES.items():
        kinds.setdefault(rendered(moves_of(sorted(table.values()))), []).append(kind)
    parts = []
    for of_kinds, named in kinds.items():
        title = ", ".join(kind.replace("_", " ") for kind in named)
        parts.append(f"### {title}\n\n{of_kinds}")
    return "\n\n".join(parts)
