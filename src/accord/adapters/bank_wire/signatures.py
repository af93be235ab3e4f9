"""Signatures of pushed letters, as in the Standard Webhooks specification (github.com/standard-webhooks/standard-webhooks).

Signed is `{webhook-id}.{webhook-timestamp}.{body}` with HMAC-SHA256; the header `webhook-signature` lists `v1,<base64>` for
each secret in use, so that a secret can be changed without a moment in which letters are refused.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from accord.adapters.bank_wire.errors import Msg
from accord.core.clock import to_micros
from accord.core.errors import BadInput, NotAllowed

ID: Final = "webhook-id"
TIMESTAMP: Final = "webhook-timestamp"
SIGNATURE: Final = "webhook-signature"

TOLERANCE: Final = timedelta(minutes=5)
"""How far a letter's time may lie from ours; older letters are replays."""

_PREFIX: Final = "whsec_"
_SHORTEST, _LONGEST = 24, 64
_MOST_SIGNATURES: Final = 10
_ID_SHAPE: Final = re.compile(r"[A-Za-z0-9_:-]{1,128}", re.ASCII)
_TIMESTAMP_SHAPE: Final = re.compile(r"\d{1,12}", re.ASCII)


def new_secret() -> str:
    """A secret to share with one counterpart."""
    return _PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def read_secrets(text: str, where: str) -> tuple[bytes, ...]:
    """The secrets of a file: one a line, newest first, lines that begin with # left out. BadInput names what is wrong."""
    lines = [line.strip() for line in text.splitlines()]
    found = tuple(_secret(line, where) for line in lines if line and not line.startswith("#"))
    if not found:
        raise BadInput(Msg.FILE_HOLDS_NO_SECRET, where=where)
    return found


def _secret(line: str, where: str) -> bytes:
    """One secret's bytes. The message never repeats the line: it may be all but right."""
    try:
        secret = base64.b64decode(line.removeprefix(_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        raise BadInput(Msg.LINE_NO_BASE64_AFTER_WHSEC, where=where) from None
    if not _SHORTEST <= len(secret) <= _LONGEST:
        raise BadInput(Msg.SECRET_LENGTH, count=len(secret), shortest=_SHORTEST, longest=_LONGEST, where=where)
    return secret


def signed_headers(keys: Sequence[bytes], letter_id: str, moment: datetime, body: bytes) -> dict[str, str]:
    """The three headers of a letter, signed with every key in use."""
    timestamp = str(to_micros(moment) // 1_000_000)
    signatures = " ".join("v1," + base64.b64encode(_digest(key, letter_id, timestamp, body)).decode() for key in keys)
    return {ID: letter_id, TIMESTAMP: timestamp, SIGNATURE: signatures}


def verify(keys: Sequence[bytes], headers: Mapping[str, str], body: bytes, now: datetime) -> str:
    """The letter's id, once one of `keys` has signed it within the tolerance. NotAllowed, one message for all, otherwise.

    Every key and every signature is compared, in constant time, whatever the first ones gave.
    """
    letter_id, timestamp = headers.get(ID, ""), headers.get(TIMESTAMP, "")
    if not _ID_SHAPE.fullmatch(letter_id) or not _TIMESTAMP_SHAPE.fullmatch(timestamp):
        raise NotAllowed(Msg.SIGNATURE_NOT_VALID_HERE)
    stated = headers.get(SIGNATURE, "").split(" ")
    shown = [part.removeprefix("v1,").encode() for part in stated if part.startswith("v1,")][:_MOST_SIGNATURES]
    matches = 0
    for key in keys:
        wanted = base64.b64encode(_digest(key, letter_id, timestamp, body))
        for signature in shown:
            matches += hmac.compare_digest(wanted, signature)
    away = abs(int(timestamp) * 1_000_000 - to_micros(now))
    if not matches or away > TOLERANCE // timedelta(microseconds=1):
        raise NotAllowed(Msg.SIGNATURE_NOT_VALID_HERE)
    return letter_id


def _digest(key: bytes, letter_id: str, timestamp: str, body: bytes) -> bytes:
    return hmac.new(key, f"{letter_id}.{timestamp}.".encode() + body, hashlib.sha256).digest()
