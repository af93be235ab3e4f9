"""What goes wrong in adapters/own_ledger."""

from __future__ import annotations

from accord.core.wording import Messages


class Msg(Messages):
    """What errors of this room say."""

    THESE_RECORDS_DO_NOT_COVER = "these records do not cover {institution}; they cover {covered}"
