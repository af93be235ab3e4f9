from __future__ import annotations

from accord.core.wording import Messages


class Msg(Messages):
    NO_SUCH_STEP = "a watch that is {state} cannot {event}"
