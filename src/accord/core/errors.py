"""Every error that Accord raises on purpose.

    AccordError                    something a person can act on; its message says what, where and what to do
    ├── BadInput                   what was given is wrong: a value, a file, a column, an argument (exit code 2, HTTP 400)
    │   └── NotFound               what was named does not exist here, or may not be seen (HTTP 404)
    ├── NotAllowed                 the actor may not do this (HTTP 403)
    ├── Conflict                   the state of things refuses it: an order already released, a report already locked (HTTP 409)
    ├── Unavailable                another system did not answer, or a part is missing; trying later may help (HTTP 503)
    └── Corrupt                    what is kept here fails its own check: a broken hash chain, a damaged index

Each carries a message that its room declares, with parameters (`core.wording`), and is worded where somebody reads it:

    raise NotFound(Msg.NO_SUCH_REPORT)
    raise BadInput(Msg.TEXT_TOO_LONG, count=len(text), most=LONGEST, where="statement")

Programming mistakes are not in this tree: they stay TypeError, AssertionError and the like, and are never caught.
"""

from __future__ import annotations

from collections.abc import Mapping

from accord.core.wording import ENGLISH, Messages, Wording, stored


class AccordError(Exception):
    """The root: `wording` is what it says; `where` names the file, row, column or field when there is one.

    `message` and `str` are in English, for logs, the command line, partners and banks.
    """

    exit_code = 1

    def __init__(self, message: Messages | Wording, /, *, where: str = "", **params: object) -> None:
        if isinstance(message, Wording):
            self.wording = Wording(message.text, message.params, where) if where else message
        else:
            self.wording = Wording(message, params, where)
        super().__init__(self.wording)

    @property
    def id(self) -> str:
        return self.wording.text.id

    @property
    def params(self) -> Mapping[str, object]:
        return self.wording.params

    @property
    def where(self) -> str:
        return self.wording.where

    @where.setter
    def where(self, place: str) -> None:
        self.wording = Wording(self.wording.text, self.wording.params, place)

    @property
    def message(self) -> str:
        return ENGLISH.text(self.wording)

    @property
    def said(self) -> Wording:
        """The text without its place: as a part of another text, or for somebody who sees the place already."""
        return Wording(self.wording.text, self.wording.params)

    def __str__(self) -> str:
        return str(self.wording)

    def stored(self, most: int | None = None) -> str:
        """How a column of text keeps it; `core.wording.read` gives it back."""
        return stored(self.wording, most)

    def __reduce__(self) -> tuple[object, ...]:
        return _made_again, (type(self), self.__dict__)


def _made_again(kind: type[AccordError], state: dict[str, object]) -> AccordError:
    """An error that came from another process; kinds may take other arguments than the root."""
    error = kind.__new__(kind)
    error.__dict__.update(state)
    return error


def stored_text(error: Exception) -> str:
    """How a column of text keeps any exception: what is not ours by its own words."""
    return error.stored() if isinstance(error, AccordError) else str(error)


class BadInput(AccordError):
    """What was given is wrong; the message says how to put it right."""

    exit_code = 2


class NotFound(BadInput):
    """What was named does not exist, or the actor may not know that it does."""


class NotAllowed(AccordError):
    """The actor lacks the permission."""


class Conflict(AccordError):
    """The present state refuses the request."""


class Unavailable(AccordError):
    """Another system or part cannot be reached now."""


class Corrupt(AccordError):
    """Stored data fail their own check and must not be used."""


class Msg(Messages):
    """Texts that several rooms use."""

    FILE_CANNOT_BE_READ = "the file cannot be read ({why})"
    CHARACTERS_TOO_MANY = "{count} characters are too many; at most {most} are accepted"
    CANNOT_BE_READ_TOML = "cannot be read as TOML: {error}"
    FILE_EMPTY = "the file is empty"
    FILE_LARGER_THAN_MIB = "the file is larger than {limit} MiB"
    GIVE_REASON = "give the reason; it stays on record"
    AMOUNT_MUST_BE_MORE_THAN_ZERO = "the amount must be more than zero"
    TEXT_TOO_LONG = "the text has {count} characters; at most {limit} are accepted; shorten it"
    CANNOT_BE_WRITTEN = "cannot be written: {why}"
    NO_SUCH_FILE = "there is no such file"
    FLOAT_CANONICAL_DOCUMENTS = "{value!r} is a float; canonical documents carry integers or decimal strings"
    TEXT_HALF_SURROGATE_PAIR = "a text has half of a surrogate pair ({character!a}); send whole characters"
    KEY_NOT_STRING = "the key {key!r} is not a string; canonical documents have string keys only"
    UNKNOWN_CURRENCY = "unknown currency {currency!r}; give an ISO 4217 code such as CNY"
    NOT_AMOUNT = "{amount!r} is not an amount; write it like 1234.50"
    TOO_MANY_DECIMALS = "{amount!r} has {count} decimals but {currency} has {decimals}"
    LARGER_THAN_ANY_AMOUNT_ACCEPTED_HERE = "{amount!r} {currency} is larger than any amount accepted here"
    CANNOT_COMBINE = "cannot combine {currency} with {other}"
    NOT_CODE = "that is not a code; it has eight letters and digits, such as K7P2-9XQM"
    NOT_REFERENCE = "{text!r} is not a reference; check each character against the one you were given"
    VERBATIM = "{text}"
