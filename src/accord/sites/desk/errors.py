"""What goes wrong in sites/desk."""

from __future__ import annotations

from accord.core.wording import Messages


class Msg(Messages):
    """What errors of this room say."""

    UNKNOWN_RULE = "there is no rule {rule!r}; choose one of {rules}"
    FILE_LARGER_THAN_MB = "the file is larger than {limit} MB; cut it down to the days in question"
    UNKNOWN_KIND_STATEMENT = "unknown kind of statement; choose one from the list"
    FILE_MORE_THAN_ROWS = "the file has more than {limit:,} rows; cut it down to the days in question"
    CHOOSE_RULE_FROM_LIST = "choose a rule from the list"
    SOME_THESE_DRAFTS_DECIDED_MEANWHILE = "some of these drafts were decided meanwhile; look at the list and choose again"
    NOT_AN_ORDER = "that is no order; reload the page and choose again"
    NO_SUCH_KIND_ORDER_TO_DRAFT = "there is no such kind of order to draft here"
    NO_TRACE_SAVED_FOR_ORDER = "no trace was saved for this order"
    CHOOSE_WHAT_TO_DO_WITH_LINE = "choose what to do with the line"
    SOME_THESE_LINES_DECIDED_WITHDRAWN_MEANWHILE = (
        "some of these lines were decided or withdrawn meanwhile; look at the plan and choose again"
    )
    NOT_A_LINE_OF_PLAN = "that is no line of the plan; reload the page and choose again"
    RECALL_NOT_APPROVED_YET = "the recall is not approved yet; the bank gets its draft after that"
    CHOOSE_BANK_COPY_CAMT_029 = "choose the bank's copy of the camt.029, an XML file"
    ONLY_RECALL_THESE_FILES = "only a recall has these files"
    CHOOSE_STATE = "choose confirmed, rejected or proposed"
    REPORT_NO_CLAIM_OWN = "this report has no claim of its own; work on the report that it is joined to"
    ONE_HOLDS_KEEPS_NO_MONEY_ANY = "one of the holds keeps no money any more; look again"
    SAY_WHETHER_OBJECTION_RIGHT = "say whether the objection is right"
    CHOOSE_CLAIM_FROM_LIST = "choose the claim from the list"
    NO_RULES_THEIR_OWN_FOR_JURISDICTION = "there are no rules of their own for this jurisdiction"
