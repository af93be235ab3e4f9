"""What goes wrong in adapters/bank_wire."""

from __future__ import annotations

from accord.core.wording import Messages


class Msg(Messages):
    """What errors of this room say."""

    LETTER_TYPE_NOT_EXPECTED_HERE = "a letter of type {type} is not expected here"
    INVALID_MESSAGE = "this is no valid {message}: {errors}"
    NO_JSON_IN_UTF_8 = "this is no JSON in UTF-8: {error}"
    JSON_NESTED_TOO_DEEPLY = "this JSON is nested too deeply to be a message"
    TEXT_HOLDS_CONTROL_CHARACTERS = "the text holds control characters; send plain text"
    TIME_NAMES_NO_ZONE = "the time names no zone; add Z for UTC or an offset such as +08:00"
    YEAR_CANNOT_BE_MEANT = "the year {year} cannot be meant"
    ENTRIES_TOO_MANY = "{count} entries are too many; at most {most} are accepted"
    NUMBER_OUT_RANGE = "the number is out of range; at most {most} is accepted"
    FILE_HOLDS_NO_SECRET = "the file holds no secret; `accord lines secret` makes one"
    SECRET_LENGTH = "a secret has {count} bytes; {shortest} to {longest} are expected"
    LINE_NO_BASE64_AFTER_WHSEC = "a line is no base64 after whsec_"
    SIGNATURE_NOT_VALID_HERE = (
        "the letter's signature is not valid here; check the secret, the clock and who it claims to be from"
    )
