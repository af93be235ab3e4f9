"""What goes wrong in adapters/partner_cards."""

from __future__ import annotations

from accord.core.wording import Messages


class Msg(Messages):
    """What errors of this room say."""

    DOES_NOT_ANSWER = "does not answer ({kind}); take the card as a file"
    NO_CARD_AT_ADDRESS = "there is no card at this address ({status}); ask the partner for it"
    CARD_TAKES_TOO_LONG = "takes longer than {seconds:.0f} s for a card"
