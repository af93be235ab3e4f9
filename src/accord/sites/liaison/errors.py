"""What goes wrong in sites/liaison."""

from __future__ import annotations

from accord.core.wording import Messages


class Msg(Messages):
    """What errors of this room say."""

    CHOOSE_FILE_WITH_AGREEMENT = "choose the file with the agreement"
    AGREEMENT_AT_MOST_BYTES = "an agreement has at most {count} bytes; this is something else"
    MESSAGE_ABOUT_ENQUIRY = "a message is about an enquiry, an order or a request; give its number"
    CHOOSE_WHETHER_CENTRE_DOES_REFUSES = "choose whether this centre does it or refuses"
    GIVE_BOTH_DAYS_YYYY_MM_DD = "give both days as YYYY-MM-DD"
    FIRST_DAY_MUST_NOT_LIE_AFTER = "the first day must not lie after the last"
    CHOOSE_PARTNER = "choose a partner"
    CHOOSE_FILE_GIVE_ADDRESS = "choose a file or give an address, one of the two"
    CARD_AT_MOST_BYTES = "a card has at most {count} bytes; this is no card"
    REQUEST_ABOUT_CLAIM = "a request is about a claim; open the claim and ask from there"
    CHOOSE_WHETHER_ANSWERED_IN_FULL = "choose whether it is answered in full, in part, or refused"
