"""What errors say that concern every capability."""

from __future__ import annotations

from accord.core.wording import Messages


class Msg(Messages):
    """What errors of this room say."""

    LINE_FAILED = "the line to {institution} failed ({kind}); the node's log says more"
    ANSWER_NOT_APPLIED = "the answer could not be applied ({kind}); the node's log says more"
