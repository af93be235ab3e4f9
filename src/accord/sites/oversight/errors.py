"""What errors of the figures say."""

from __future__ import annotations

from accord.core.wording import Messages


class Msg(Messages):
    """What errors of this room say."""

    NOT_A_DATE = "this is not a date; write it like 2026-03-01"
    NO_DAY_OF_NODE = "no day of this node; choose one between {first} and {last}"
