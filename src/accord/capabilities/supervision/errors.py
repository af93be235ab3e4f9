"""What errors about scorecards say."""

from __future__ import annotations

from accord.core.wording import Messages


class Msg(Messages):
    """What errors of this room say."""

    PERIOD_MUST_BEGIN_BEFORE_ENDS = "the period must begin before it ends"
    PERIOD_MAY_AT_MOST_DAYS = "the period may have at most {count} days; choose a shorter one"
