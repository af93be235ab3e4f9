"""What goes wrong in adapters/iso20022."""

from __future__ import annotations

from accord.core.wording import Messages


class Msg(Messages):
    """What errors of this room say."""

    NEEDS_ZONE = "needs a zone"
    MESSAGE_NAMES_NO_CASE = "the message names no case; ask the bank for one that does"
    ASSGNMT_CREDTTM_MISSING = "Assgnmt/CreDtTm is missing"
    EXPECTED_ANOTHER_MESSAGE = "expected one {message}, found {names}"
    MISSING_MESSAGE_NEEDS = "is missing; the message needs it"
    NOT_IN_CODE_LIST = "{code!r} is not in {list}; known are: {known}"
    NOT_DATE_TIME = "{path}: {text!r} is not a date and time"
    LONGER_THAN_CHARACTERS = "{text!r} is longer than {longest} characters"
    HOLDS_CHARACTERS_MESSAGE_CANNOT_CARRY = "{text!r} holds characters that a message cannot carry (control characters)"
    BEGINS_ENDS_WITH_WHITE_SPACE = "{text!r} begins or ends with white space"
    AT_PATH = "{path}: {error}"
    NOT_DATE = "{path}: {text!r} is not a date"
    PAYMENT_NO_REFERENCE = (
        "the payment has no reference (UETR, transaction, end-to-end or instruction id), nor amount and account"
    )
    NOT_UETR = "{value!r} is not a UETR (a version 4 UUID in lower case)"
    ORIGINAL_MESSAGE_NEEDS_BOTH_ID_NAME = "the original message needs both its id and its name, such as pacs.008.001.08"
    MESSAGE_RECALLS_PAYMENTS = "the message recalls {count} payments; one is read at a time"
    DOCUMENT_NO_FITOFIPMTCXLREQ = "the Document has no FIToFIPmtCxlReq"
    PAYEE_BANK_NOT_KNOWN = "the payee's bank is not known; ask the payer's bank, or give it here"
    ANSWER_DOES_NOT_SAY_WHAT_BECAME = "the answer does not say what became of the recall (status {codes}); call the bank"
    NOT_RECALL = "{order} is not a recall; a camt.029 answers recalls alone"
    ANSWERS_IN_FILE_ABOUT = "{count} answers in the file are about {order}; expected one (it has: {cases})"
    ANSWER_BETWEEN = "the answer is between {parties:and}; {bank} has no part in it"
    ANSWER_SAYS_PART_COMES_BACK = "the answer says that a part comes back, but not how much; ask the bank"
    ANSWER_IN_OTHER_CURRENCY = "the answer is in {stated}, the order in {ordered}; ask the bank for the amount"
    STATES_NO_PAYMENT_BANK_COULD_RECALL = "{order} states no payment that a bank could recall"
    ANSWER_NAMES_NO_REFERENCE_PAYMENT = (
        "the answer names no reference of the payment (UETR, transaction or end-to-end id); ask the bank for it"
    )
    FOR_MESSAGE_ISO_20022_MAP_MAY = 'for a message of ISO 20022 a map may name a time zone only: [time] zone = "Asia/Shanghai"'
    GIVE_ANOTHER_FILE = "for {kind} give a file of {known}; {found}"
    DOCUMENT_NO_RSLTNOFINVSTGTN = "the Document has no RsltnOfInvstgtn"
    MESSAGE_NAMES_NO_PAYMENT = "the message names no payment (TxInfAndSts); ask the bank which one it is about"
    INVALID_DOCUMENT = "this is no valid {message}: {errors:;}"
    NOT_WELL_FORMED_XML = "this is not well-formed XML: {reason}"
    FILE_IN_UTF_16_UTF_32 = "the file is in UTF-16 or UTF-32; ISO 20022 messages are in UTF-8"
    ENCODING_NOT_READ_HERE = "the encoding {name!r} is not read here; save the file in one of {known}"
    ENCODING_CONTRADICTS_CONTENT = "the file says it is in {name}, but begins as UTF-8 does"
    FILE_DOCUMENT_TYPE = "the file has a document type (DOCTYPE), which no ISO 20022 message has; it is not read"
    BYTE_NOT_IN_ENCODING = "the byte 0x{byte:02x} is not {encoding}, in which the file says it is"
    ELEMENTS_TOO_DEEP = "elements lie more than {most} deep"
    TOO_MANY_ELEMENTS = "more than {most:,} elements belong together"
