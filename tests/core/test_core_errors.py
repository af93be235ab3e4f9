"""Errors: the tree that callers rely on, and messages that say where."""

from __future__ import annotations

import pytest

from accord.core.errors import AccordError, BadInput, Conflict, Corrupt, NotAllowed, NotFound, Unavailable
from accord.core.errors import Msg as CoreMsg


@pytest.mark.parametrize(
    ("error", "exit_code"), [(BadInput, 2), (NotFound, 2), (NotAllowed, 1), (Conflict, 1), (Unavailable, 1), (Corrupt, 1)]
)
def test_every_error_is_ours_and_knows_its_exit_code(error: type[AccordError], exit_code: int) -> None:
    assert issubclass(error, AccordError)
    assert error.exit_code == exit_code


def test_what_is_not_found_is_bad_input() -> None:
    assert issubclass(NotFound, BadInput)


def test_the_message_names_the_place_where_there_is_one() -> None:
    error = BadInput(CoreMsg.VERBATIM, text="amount is negative", where="t.csv row 7")
    assert str(error) == "t.csv row 7: amount is negative"
    assert (error.message, error.where) == ("amount is negative", "t.csv row 7")
    assert str(BadInput(CoreMsg.VERBATIM, text="no place")) == "no place"
