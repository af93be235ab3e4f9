"""Time-based one-time codes as authenticator apps make them: RFC 6238 with SHA-1, six digits, steps of 30 seconds."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
import struct
from datetime import datetime
from typing import Final
from urllib.parse import quote, urlencode

from accord.core import clock

STEP_SECONDS: Final = 30
TOLERANCE: Final = 1
"""Steps that an app's clock may be off, to either side."""

_CODE: Final = re.compile(r"[0-9]{6}")
_SECRET_BYTES: Final = 20


def new_secret() -> str:
    """160 random bits in base 32, as apps take them."""
    return base64.b32encode(secrets.token_bytes(_SECRET_BYTES)).decode("ascii")


def code_at(secret: str, step: int) -> str:
    """The code of one time step (RFC 4226, 5.3)."""
    digest = hmac.new(base64.b32decode(secret), struct.pack(">Q", step), hashlib.sha1).digest()
    offset = digest[-1] & 0x0F
    number = int.from_bytes(digest[offset : offset + 4], "big") & 0x7FFFFFFF
    return f"{number % 1_000_000:06}"


def step_of(moment: datetime) -> int:
    return clock.to_micros(moment) // (STEP_SECONDS * 1_000_000)


def matching_step(secret: str, code: str, moment: datetime) -> int | None:
    """The time step near `moment` whose code this is; None for a wrong one. Spaces in what was typed do not matter."""
    typed = re.sub(r"\s", "", code)
    if not _CODE.fullmatch(typed):
        return None
    here = step_of(moment)
    for step in range(here - TOLERANCE, here + TOLERANCE + 1):
        if hmac.compare_digest(code_at(secret, step), typed):
            return step
    return None


def address(secret: str, username: str, issuer: str) -> str:
    """What the QR code says to an app."""
    return f"otpauth://totp/{quote(f'{issuer}:{username}')}?{urlencode({'secret': secret, 'issuer': issuer}, quote_via=quote)}"
