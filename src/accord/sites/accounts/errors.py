"""What goes wrong in sites/accounts."""

from __future__ import annotations

from accord.core.wording import Messages


class Msg(Messages):
    """What errors of this room say."""

    RECORD_READS_CANNOT_BE_WRITTEN = "the record of reads cannot be written, so that nothing is shown"
    SIGN_IN_WITH_YOUR_SECOND_FACTOR = "sign in with your second factor before you add another"
    SIGN_IN_WITH_YOUR_PASSWORD_FIRST = "sign in with your password first"
    UNKNOWN_LANGUAGE = "unknown language; choose English or Chinese"
    CHOOSE_PURPOSE_FROM_LIST = "choose a purpose from the list"
    NO_SUCH_PAGE = "there is no such page"
