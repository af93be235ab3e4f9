"""What errors about claims, enquiries and plans say."""

from __future__ import annotations

from accord.core.wording import Messages


class Msg(Messages):
    """What errors of this room say."""

    PLAN_LINE_NO_SUCH_STEP = "a line of the plan that is {state} cannot {event}"
    STATES_TIME_WITHOUT_ZONE = "{institution} states the time {moment} without a zone"
    AMOUNT_OUT_OF_RANGE = "{institution} says {amount} {what}; expected more than 0 and at most {most}"
    CANNOT_BE_A_NAME = "{institution} names {kind} {name!r} ({count} characters), which cannot be one"
    DATES_TRANSFER_AFTER_TIME_ASKED_ABOUT = "{institution} dates transfer {transfer} after the time asked about"
    CONVERTS_IN_TRANSFER_WITHOUT_SAYING_HOW = (
        "{institution} converts in transfer {transfer} without saying how much of which currency arrived"
    )
    IMPOSSIBLE_AMOUNT_ARRIVED = "{institution} says {amount} arrived by transfer {transfer}"
    IMPOSSIBLE_TIME_TO_PASS_ON = "{institution} says {account} passes money on after {seconds} s"
    NAMES_UNITS_ON_DO_NOT_ADD = "{institution} names units on {account} that do not add up to its amount"
    NAMES_UNITS_NO_TRANSFER = "{institution} names units {place} that no transfer has"
    NAMES_UNITS_TWICE = "{institution} names units {place} twice"
    NAMES_UNITS_DO_NOT_ADD_UP = "{institution} names units {place} that do not add up to its amount"
    UNKNOWN_CURRENCY = "{institution} names the currency {currency!r}, which does not exist"
    NAMES_ITSELF_RECEIVER_ONWARD_TRANSFER = "{institution} names itself as the receiver of onward transfer {transfer}"
    CALLS_TRANSFER_EXIT_WITHOUT_NAMING_RECEIVER = "{institution} calls transfer {transfer} an exit without naming its receiver"
    IMPOSSIBLE_AMOUNT_ABSORBED = "{institution} says {amount} {currency} was absorbed among {count} credits"
    TOTALS_DIFFER = (
        "{institution} was asked about {amount} {currency} (minor units, conversions counted) and accounts for {told}"
    )
    NO_SUCH_CLAIM = "there is no such claim"
    NO_SUCH_ENQUIRY = "there is no such enquiry"
    UPPER_BOUND_OVER_ONE_LEDGER = "{rule} is an upper bound over one ledger and is not asked of banks; choose one of {rules}"
    SOME_LINES_PLAN_GONE = "some lines of the plan are gone; reload the page and choose again"
    NO_SUCH_LINE_IN_PLAN = "there is no such line in the plan; reload the page"
    LINE_ALREADY_DECIDED = "the line was already {state:label} by {officer}"
    LINE_OF_ACCOUNT_ALREADY_DECIDED = "the line for {account} was already {state:label} by {officer}"
    LINE_IS_NO_HOLD = "the line for {account} is not a hold; mark it done when it is done"
    ACTION_ON_EXIT_CANNOT_BECOME = "an action on an exit cannot become {action}"
    NO_SUCH_ENQUIRY_FOR_INSTITUTION = "there is no such enquiry for this institution"
    CANNOT_BE_ACCOUNTED_FOR = "cannot be accounted for"
    CARRIED_BY_TRANSFER = "was carried by transfer {transfer}"
    STANDS_ON_ACCOUNT = "stands on {account}"
    OF_TRANSFER = "of transfer {transfer}"
    OF_TRANSFER_ON_ACCOUNT = "of transfer {transfer} on {account}"
    ACCOUNT = "account"
    INSTITUTION = "institution"
    TRANSFER = "transfer"
    TOO_FAR_TO_ASK = "not asked by itself: more than {most} banks away from the first"
