"""What errors of several adapters say."""

from __future__ import annotations

from accord.core.wording import Messages


class Msg(Messages):
    """What errors of this room say."""

    TRANSFER_IN_OTHER_CURRENCY = "transfer {transfer} is in {currency}; the credit names {stated}"
