"""What goes wrong in adapters/sandbox_bank."""

from __future__ import annotations

from accord.core.wording import Messages


class Msg(Messages):
    """What errors of this room say."""

    LINE_DOWN = "no answer from {bank}; the line is down, try again later"
    MESSAGE_FOR_ANOTHER = "this message is for {institution}; {bank} does not answer for it"
    CAME_BEFORE_WITH_ANOTHER_CONTENT = "{kind} {id} came before with another content; send a new id with the new content"
    NO_BANK_IN_SANDBOX = "no bank {code!r} in this sandbox; its banks are {banks}"
    FOLDER_KEEPS_STATE_ANOTHER_WORLD = "this folder keeps the state of another world; name a new folder or remove this one"
    SANDBOX_STATE_CANNOT_BE_OPENED_NOW = "the sandbox's state cannot be opened now ({error}); try again"
    SANDBOX_STATE_CANNOT_BE_READ = "the sandbox's state cannot be read ({error}); remove the file to start afresh"
