"""What goes wrong in adapters/bank_http."""

from __future__ import annotations

from accord.core.wording import Messages


class Msg(Messages):
    """What errors of this room say."""

    CANNOT_ANSWER_NOW = "{bank} cannot answer now ({status})"
    DOES_NOT_LET_NODE_IN = "{bank} does not let this node in ({status}); check the token of the line"
    NO_BANK_API_AT_ADDRESS = "there is no bank API at the address of {bank} ({status}); check the url of the line"
    REFUSES_MESSAGE = "{bank} refuses the message: {reason}"
    DOES_NOT_LET_AGENCY_DO_IT = "{bank} does not let this agency do it: {reason}"
    DOES_NOT_KNOW_WHAT_MESSAGE_NAMES = "{bank} does not know what the message names: {reason}"
    DOES_NOT_ACCEPT_MESSAGE = "{bank} does not accept the message: {reason}"
    ANSWERS_WHAT_CANNOT_BE_READ = "{bank} answers what cannot be read: {reason}"
    CANNOT_TAKE_LETTER_NOW = "{agency} cannot take the letter now ({status})"
    ANOTHER_LETTER_UNDER_ID = "{code} has had another letter under this id"
    DOES_NOT_KNOW_WHAT_LETTER_ABOUT = "{agency} does not know what the letter is about, or is not at this address"
    DOES_NOT_ACCEPT_LETTER = "{agency} does not accept the letter ({status})"
    DOES_NOT_ACCEPT_SIGNATURE = "{agency} does not accept the signature; check the shared secret and the clock"
    TOOK_APPEAL_ANSWERS_WHAT_CANNOT = "{bank} took the appeal and answers what cannot be read"
    ADDRESS_MUST_BEGIN_WITH_HTTPS = "the address must begin with https://; http:// is for this machine alone"
    WRITE_ADDRESS_LIKE_HTTPS_BANK_EXAMPLE = "write the address like https://bank.example/api/bank/v1"
    ASKED_TO_BE_LEFT_ALONE = "{bank} asked to be left alone for another {seconds:.0f} s"
    CERTIFICATE_FILES_LINE_TO_CANNOT = "the certificate files of the line to {bank} cannot be used: {why}"
    LINE_DOWN = "no answer from {bank} ({kind}); the line is down"
    SENDS_COMPRESSED_ANSWER = "{bank} sends a compressed answer, which was not asked for"
    ANSWER_TOO_LONG = "{bank} sends more than {count} bytes for one answer"
    ANSWER_TAKES_TOO_LONG = "{bank} takes longer than {seconds:.0f} s for one answer"
    NOBODY_LISTENS = "nobody listens there"
    NOBODY_PICKS_UP = "nobody picks up"
    STAYS_SILENT = "it took the message and stays silent"
    BROKE_OFF = "it broke off"
    CERTIFICATE_NOT_TRUSTED = "its certificate is not one that we trust"
