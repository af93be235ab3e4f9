"""The life of an order as a picture, drawn from the same table that the code obeys."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final

from accord.capabilities.orders.kinds import FOLLOWS_UP, KEEPS_MONEY, OrderKind
from accord.capabilities.orders.life_cycle import TABLES, State

if TYPE_CHECKING:
    from accord.capabilities.orders.models import Order

COLUMN_WIDTH: Final = 148
ROW_HEIGHT: Final = 52
BOX_WIDTH: Final = 118
BOX_HEIGHT: Final = 34
TOP: Final = 34
"""Room above the boxes for steps that pass over a column."""


@dataclass(frozen=True, slots=True)
class StateBox:
    """One state at its place, in pixels. `reached_at` is set for states that the order has been in."""

    state: State
    label: str
    x: int
    y: int
    current: bool
    reached_at: datetime | None

    @property
    def middle_x(self) -> int:
        return self.x + BOX_WIDTH // 2

    @property
    def middle_y(self) -> int:
        """Base line of the label."""
        return self.y + BOX_HEIGHT // 2 + 5


@dataclass(frozen=True, slots=True)
class Step:
    """A step of the table between two boxes; `taken` when the order went that way."""

    x1: int
    y1: int
    x2: int
    y2: int
    taken: bool

    @property
    def path(self) -> str:
        """A straight line to the next column; over a column in between an arc, so that it crosses no box."""
        if self.x2 - self.x1 < COLUMN_WIDTH:
            return f"M{self.x1} {self.y1}L{self.x2} {self.y2}"
        over = min(self.y1, self.y2) - BOX_HEIGHT - 10
        return f"M{self.x1} {self.y1}C{self.x1 + 40} {over} {self.x2 - 40} {over} {self.x2} {self.y2}"


@dataclass(frozen=True, slots=True)
class LifeCyclePicture:
    width: int
    height: int
    boxes: tuple[StateBox, ...]
    steps: tuple[Step, ...]
    box_width: int = BOX_WIDTH
    box_height: int = BOX_HEIGHT

    @property
    def reached(self) -> list[StateBox]:
        """The states that the order has been in, in the order in which it was: the picture in words."""
        return sorted((box for box in self.boxes if box.reached_at), key=lambda box: (box.reached_at, box.x))


def life_cycle_picture(order: Order) -> LifeCyclePicture:
    """Boxes in columns by the longest way from the draft; steps from a state to itself are left out."""
    reached = _reached(order)
    been = {*reached, State(order.state)}
    labels = {state: str(state.label) for state in State}
    boxes = {}
    edges = _edges(OrderKind(order.kind))
    columns = _columns(edges)
    for column, states in enumerate(columns):
        for row, state in enumerate(states):
            x, y = column * COLUMN_WIDTH + 2, row * ROW_HEIGHT + TOP
            boxes[state] = StateBox(state, labels[state], x, y, state == order.state, reached.get(state))
    steps = tuple(
        Step(
            boxes[before].x + BOX_WIDTH,
            boxes[before].y + BOX_HEIGHT // 2,
            boxes[after].x,
            boxes[after].y + BOX_HEIGHT // 2,
            before in been and after in been,
        )
        for before, after in edges
    )
    height = max(map(len, columns)) * ROW_HEIGHT + TOP
    return LifeCyclePicture(len(columns) * COLUMN_WIDTH - (COLUMN_WIDTH - BOX_WIDTH) + 4, height, tuple(boxes.values()), steps)


def _edges(kind: OrderKind) -> list[tuple[State, State]]:
    """Steps from one state to another; parts given back, which lead from full to part, are not drawn."""
    pairs = ((step.state, step.next) for step in TABLES[kind].values())
    return [pair for pair in dict.fromkeys(pairs) if pair[0] != pair[1] and pair != (State.HELD, State.HELD_PARTLY)]


def _columns(edges: Sequence[tuple[State, State]]) -> Sequence[Sequence[State]]:
    depth = {State.DRAFT: 0}
    for _ in State:  # as many rounds as there are states are enough: without steps to itself the table has no circles
        for before, after in edges:
            if before in depth:
                depth[after] = max(depth.get(after, 0), depth[before] + 1)
    return [[state for state in State if depth.get(state) == column] for column in range(max(depth.values()) + 1)]


def _reached(order: Order) -> dict[State, datetime]:
    """When the order came into each state it has been in, as far as its row tells."""
    moments = {
        State.DRAFT: order.drafted_at,
        State.APPROVED: order.approved_at,
        State.SENT: order.sent_at,
        State.ACKNOWLEDGED: order.acknowledged_at,
    }
    if order.answered_at is not None:
        moments[_answer(order)] = order.answered_at
    if order.ended_at is not None:
        moments[State(order.state)] = order.ended_at
    return {state: moment for state, moment in moments.items() if moment is not None}


def _answer(order: Order) -> State:
    if order.refusal:
        return State.REFUSED
    if order.kind in KEEPS_MONEY or order.kind == OrderKind.RECALL:
        return State.HELD if order.held >= order.amount else State.HELD_PARTLY
    return State.DONE if order.kind in FOLLOWS_UP or order.kind == OrderKind.TRACE_BACK else State.IN_FORCE
