"""One byte sequence per document, so that a hash or a signature means the document and not its spelling.

The subset of RFC 8785 that Accord signs: objects with string keys, arrays, strings, booleans, null and integers. Floats
are refused: money and time are integers here, and float spelling is where canonical forms differ.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from accord.core.errors import BadInput, Msg


def canonical_json(document: Any) -> bytes:
    """UTF-8 bytes of `document`: keys sorted by UTF-16 code units (RFC 8785, 3.2.3), no white space.

    BadInput for what the subset leaves out: floats, keys that are not strings, half of a surrogate pair.
    """
    try:
        return json.dumps(_ordered(document), ensure_ascii=False, separators=(",", ":")).encode()
    except UnicodeEncodeError as error:
        raise BadInput(Msg.TEXT_HALF_SURROGATE_PAIR, character=error.object[error.start]) from None


def content_hash(document: Any) -> str:
    """SHA-256 of the canonical form, in hexadecimal."""
    return hashlib.sha256(canonical_json(document)).hexdigest()


def _ordered(value: Any) -> Any:
    if isinstance(value, str | int) or value is None:  # most of what there is in a document
        return value
    if isinstance(value, dict):
        for key in value:
            if not isinstance(key, str):
                raise BadInput(Msg.KEY_NOT_STRING, key=key)
        # where all keys are ASCII, code points and UTF-16 code units sort alike
        names = sorted(value) if all(map(str.isascii, value)) else sorted(value, key=_utf16)
        return {name: _ordered(value[name]) for name in names}
    if isinstance(value, list | tuple):
        return [_ordered(item) for item in value]
    if isinstance(value, float):
        raise BadInput(Msg.FLOAT_CANONICAL_DOCUMENTS, value=value)
    return value


def _utf16(key: str) -> bytes:
    return key.encode("utf-16-be", "surrogatepass")  # half pairs are refused when the whole is encoded
