"""What goes wrong in sites/bank."""

from __future__ import annotations

from accord.core.wording import Messages


class Msg(Messages):
    """What errors of this room say."""

    CHOOSE_FROM_LIST = "choose from the list"
    WRITE_WHOLE_NUMBER_HOURS = "write a whole number of hours"
