"""What goes wrong in adapters/bank_files."""

from __future__ import annotations

from accord.core.wording import Messages


class Msg(Messages):
    """What errors of this room say."""

    NOT_WRITTEN_YET_HOW_ORDER_STANDS = "{bank} has not written yet how the order stands; look again later"
    NOT_PICKED_MESSAGE_UP_FROM_FOLDER = "{bank} has not picked the message up from the folder yet"
    MESSAGE_WRITTEN_BEFORE_WITH_ANOTHER_CONTENT = (
        "message {about} was written before with another content; send a new id with the new content"
    )
    ANSWERS_WHAT_CANNOT_BE_READ = "{bank} answers what cannot be read: {reason}"
    NOT_A_PLAIN_FILE = "this is no plain file"
    FILE_LONGER_THAN_BYTES = "the file is longer than {most} bytes"
    EXCHANGE_FOLDER_CANNOT_BE_USED = "the exchange folder cannot be used ({why})"
    FILE_IS_A_LINK = "the file is a link, which is not followed"
    MESSAGE_ANOTHER_ID_THAN_LETTER_FILE = "the message has another id than its letter and file"
    LETTER_TYPE_DOES_NOT_BELONG_INTO = "a letter of type {type} does not belong into a file of this name"
    DOES_NOT_ACCEPT_MESSAGE = "{bank} does not accept the message: {reason}"
