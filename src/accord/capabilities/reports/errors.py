"""What errors about reports say."""

from __future__ import annotations

from accord.core.wording import Messages


class Msg(Messages):
    """What errors of this room say."""

    NO_SUCH_STEP = "a report that is {state} cannot {event}"
    TOO_MANY_WRONG_CODES = "there were too many wrong codes; wait ten minutes and try again"
    NO_SUCH_REPORT = "there is no such report"
    NO_REPORT_FITS_REFERENCE_CODE = "no report fits this reference and code"
    AMOUNT_LARGER_THAN_ANY_AMOUNT_ACCEPTED = "the amount is larger than any amount accepted here; check the decimals"
    PAYMENT_LIES_IN_FUTURE = "the payment lies in the future; check the time and the time zone"
    NARRATIVE_TOO_LONG = "the narrative has {count:,} characters; at most {limit:,} are accepted; shorten it"
    NARRATIVE_CONTAINS_NUL_CHARACTERS = "the narrative contains NUL characters; paste it as plain text"
    NO_SUCH_IDENTIFIER_ON_REPORT = "there is no such identifier on this report"
    WORKING_ON = "{officer} is working on {report}; ask them or a supervisor"
    SAY_WHY_REPORT_CLOSED = "say why the report is closed"
    SAY_WHY_REPORT_REOPENED = "say why the report is reopened"
    REPORT_ALREADY_IN_STATE = "{report} is already {state:label}; reload the page"
    WORKING_ON_UNTIL = "{officer} is working on {report} until {time}; ask them to unlock it"
    NO_SUCH_HAND_OVER = "there is no such hand-over"
    ALREADY_TOOK_HAND_OVER = "{officer} already took this hand-over"
    ANOTHER_OFFICER_MUST_ACKNOWLEDGE = "another officer must acknowledge your hand-over"
    FACT_MISSING = "the {what} is missing; the first order cannot leave without it"
    CONTAINS_NUL_CHARACTERS = "it contains NUL characters; type it anew"
    CALLBACK_NUMBER = "call-back number"
    PAYING_BANK = "paying bank"
    PAYEE_ACCOUNT = "payee account or alias"
