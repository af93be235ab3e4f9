"""Why a message does not pass."""

from __future__ import annotations

from accord.core.errors import AccordError, NotAllowed


class Refused(NotAllowed):
    """An agreement, a label or the protocol does not let this message pass. `clause` names what refuses it."""

    def __init__(self, clause: str, message: str) -> None:
        super().__init__(message, where=clause)
        self.clause = clause


class Parked(AccordError):
    """The message may be right, but what it refers to is not known here yet: it waits, with this reason, and is tried again.

    `alarm` is the code of what people are to look at meanwhile, if anything; it stays where all else that was done goes.
    """

    def __init__(self, message: str, *, alarm: str = "") -> None:
        super().__init__(message)
        self.alarm = alarm
