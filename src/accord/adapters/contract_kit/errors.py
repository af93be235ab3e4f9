"""What goes wrong in adapters/contract_kit."""

from __future__ import annotations

from accord.core.wording import Messages


class Msg(Messages):
    """What errors of this room say."""

    UNKNOWN_KEY = "unknown key {key!r}"
    NEEDS_AMOUNT_AT_LEAST_10_MINOR = "{name} needs an amount of at least 10 minor units and a currency of ISO 4217"
    NO_REPLY = "no reply from {code} ({kind})"
