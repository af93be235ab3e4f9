"""Every error that Accord raises on purpose.

    AccordError                    something a person can act on; the message says what, where and what to do
    ├── BadInput                   what was given is wrong: a value, a file, a column, an argument (exit code 2, HTTP 400)
    │   └── NotFound               what was named does not exist here, or may not be seen (HTTP 404)
    ├── NotAllowed                 the actor may not do this (HTTP 403)
    ├── Conflict                   the state of things refuses it: an order already released, a report already locked (HTTP 409)
    ├── Unavailable                another system did not answer, or a part is missing; trying later may help (HTTP 503)
    └── Corrupt                    what is kept here fails its own check: a broken hash chain, a damaged index

Programming mistakes are not in this tree: they stay TypeError, AssertionError and the like, and are never caught.
"""

from __future__ import annotations


class AccordError(Exception):
    """The root: `message` is for people, `where` names the file, row, column or field when there is one."""

    exit_code = 1

    def __init__(self, message: str, *, where: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.where = where

    def __str__(self) -> str:
        return f"{self.where}: {self.message}" if self.where else self.message


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
