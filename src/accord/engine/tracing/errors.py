"""What errors of tracing say."""

from __future__ import annotations

from accord.core.wording import Messages


class Msg(Messages):
    """What errors of this room say."""

    TURNOVER_TOO_LARGE = (
        "with transfer {transfer!r} an account's turnover passes 9,223,372,036,854,775,807 minor units; check the "
        "amounts and their currency's decimals"
    )
    TRANSFERS_MORE_THAN_ONE_INDEX_HOLDS = (
        "{count} transfers are more than one index holds ({most}); split the ledger by institution"
    )
    OPENING_BALANCE_NEGATIVE = "an opening balance is negative; give 0 or more minor units"
    TRANSFER_AMOUNT_ZERO_NEGATIVE = "a transfer's amount is zero or negative; amounts are minor units from 1 up"
    CONVERTING_TRANSFER_NEEDS_COUNTER_AMOUNT_COUNTER = "a converting transfer needs counter_amount and counter_currency both"
    UNKNOWN_KIND = "unknown kind {kind!r}; known are {known}"
    OPENING_BALANCES_NEED_FULL_COLUMN = "opening balances need a full column {name!r}"
    TRANSFERS_LACK_COLUMN = "the transfers have no column {name!r}; they need {required}"
    VALUES_MISSING = "{count} transfers have no {name}"
    END_TRACE_NO_ZONE = "the end of the trace has no zone; give an aware time such as 2026-01-31T12:00:00Z"
    NO_TRANSFER_IN_LEDGER = "no transfer {transfer!r} in this ledger; check the id, or load its records first"
    MINIMUM_PARCEL_OUT_OF_RANGE = "the minimum parcel is {stated}; give 0 or more minor units"
    DELETE_FOLDER_LOAD_AGAIN = "{why}; delete the folder {folder} and load again: it is rebuilt from the records"
    NO_INDEX = "no index in {folder}; load records first"
    ONE_INDEX_HOLDS_TRANSFERS = "one index holds {most} transfers; split the ledger by institution"
    INDEX_IN_CHANGED_TIMES_WHILE_OPENED = "the index in {folder} changed {count} times while it was opened; try again"
    NOTHING_TO_TRACE = "nothing to trace: name at least one claim transfer"
    CLAIM_TRANSFER_LATER_THAN_END_TRACE = (
        "claim transfer {transfer!r} of {time} is later than the end of the trace, {until}; trace until a later time"
    )
    CLAIM_OUT_OF_RANGE = "the claim on {transfer!r} is {amount} minor units; claim 1 or more"
    CLAIM_MINOR_UNITS_LARGER_THAN_TRANSFER = (
        "the claim of {amount} minor units is larger than its transfer {transfer!r}, which moved {moved}"
    )
    CLAIM_ON_GIVES_AMOUNT_INTERVALS = "the claim on {transfer!r} gives an amount and intervals; give one of them"
    CLAIM_ON_NAMES_NO_UNITS = "the claim on {transfer!r} names no units; leave the intervals out to claim all of it"
    CLAIM_ON_NAMES_UNITS = "the claim on {transfer!r} names units {first} to {last}; the transfer has units 0 to {amount}"
    ROWS_TO_APPEND_MUST_SEQ_ABOVE = "rows to append must have a seq above {last}, the last one held"
    ANOTHER_PROCESS_WRITING_INDEX = "another process is writing the index in {folder}; wait for it or stop it"
    FILE_OF_OTHER_SIZE = "the file has {found} bytes where {size} were written"
    CONTENT_DOES_NOT_MATCH = "its content does not match its hash"
    UNREADABLE = "it cannot be read ({error})"
    FILE_MISSING = "a file that it names is missing ({name})"
    OTHER_VERSION = "another version of Accord wrote it"
