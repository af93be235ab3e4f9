"""What goes wrong in adapters/partner_http."""

from __future__ import annotations

from accord.core.wording import Messages


class Msg(Messages):
    """What errors of this room say."""

    DOES_NOT_TAKE_ENVELOPES_NOW = "{partner} does not take envelopes now ({said})"
    WHAT_ANSWERS_AT_ADDRESS_NO_NODE = "what answers at the address of {partner} is no node of a centre"
    LINE_TO_CANNOT_BE_OPENED = "the line to {partner} cannot be opened: {error}"
