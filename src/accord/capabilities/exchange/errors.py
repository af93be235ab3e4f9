"""Why a message does not pass."""

from __future__ import annotations

from accord.core.errors import AccordError, NotAllowed
from accord.core.wording import Messages, Wording


class Refused(NotAllowed):
    """An agreement, a label or the protocol does not let this message pass. `clause` names what refuses it."""

    def __init__(self, clause: str, message: Messages | Wording, /, **params: object) -> None:
        super().__init__(message, where=clause, **params)
        self.clause = clause


class Parked(AccordError):
    """The message may be right, but what it refers to is not known here yet: it waits, with this reason, and is tried again.

    `alarm` is the code of what people are to look at meanwhile, if anything; it stays where all else that was done goes.
    """

    def __init__(self, message: Messages | Wording, /, *, alarm: str = "", **params: object) -> None:
        super().__init__(message, where="", **params)
        self.alarm = alarm
