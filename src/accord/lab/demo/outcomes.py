"""What the centres of a demo tell its leader at the end of the day. Moments are in epoch µs, amounts in minor units."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class OrderOutcome:
    """An order of a centre. `institution` is a bank, or a partner's agency code where that centre was asked to hold."""

    institution: str
    account: str
    currency: str
    held: int
    sent_at: int | None
    held_at: int | None
    refused: bool


@dataclass(frozen=True, slots=True)
class MessagesSent:
    """How many messages of a kind a centre has sent to a partner."""

    partner: str
    kind: str
    number: int


@dataclass(frozen=True, slots=True)
class CallOutcome:
    """A call that a centre took, by the reference that the world's truth knows; and its orders, the oldest first.

    Software seconds are real time: until the first order was written, and until the last thing was done for it.
    """

    country: str
    reference: str
    call_time: int
    software: float
    software_first: float
    orders: list[OrderOutcome]


@dataclass(frozen=True, slots=True)
class CentreOutcome:
    """What happened to a centre's calls, and what it told its partners."""

    calls: list[CallOutcome]
    messages: list[MessagesSent]
