"""Port messages to and from JSON.

Unknown fields are ignored, so that a newer counterpart may say more; unknown kinds, rules and codes are refused, because
guessing what was ordered would be worse than refusing it.
"""

from __future__ import annotations

import threading
from typing import Any, TypeVar

import msgspec

from accord.adapters.bank_wire.errors import Msg
from accord.adapters.bank_wire.shape import check_shape
from accord.core.errors import BadInput

_Message = TypeVar("_Message")

_making = threading.Lock()
_made: dict[Any, msgspec.json.Decoder[Any]] = {}


def _decoder(kind: type[_Message]) -> msgspec.json.Decoder[_Message]:
    """Made by one thread at a time: threads that make one of the same dataclass at once crash the process."""
    with _making:
        if kind not in _made:
            _made[kind] = msgspec.json.Decoder(kind)
        return _made[kind]


def encode(message: Any) -> bytes:
    """The message as UTF-8 JSON; the same message always gives the same bytes."""
    return msgspec.json.encode(message)


def decode(content: bytes | msgspec.Raw, kind: type[_Message], what: str) -> _Message:
    """`content` as a `kind`, its shape checked. BadInput that says which field of `what` is wrong and how."""
    try:
        message = _decoder(kind).decode(content)
    except msgspec.ValidationError as error:
        raise BadInput(Msg.INVALID_MESSAGE, message=what, errors=error) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadInput(Msg.NO_JSON_IN_UTF_8, error=error) from error
    except RecursionError:
        raise BadInput(Msg.JSON_NESTED_TOO_DEEPLY) from None
    except (ValueError, OverflowError) as error:
        raise BadInput(Msg.INVALID_MESSAGE, message=what, errors=error) from error
    check_shape(message, what)
    return message
