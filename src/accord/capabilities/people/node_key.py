"""Secrets at rest, under keys that are derived from the node's own secret key (RFC 5869)."""

from __future__ import annotations

import base64
import hashlib
import hmac

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from accord.capabilities.people.errors import Msg
from accord.core.errors import Unavailable


def encrypt(text: str) -> str:
    """`text`, to be read again by this node alone."""
    return Fernet(base64.urlsafe_b64encode(_key(b"second factors"))).encrypt(text.encode()).decode("ascii")


def decrypt(encrypted: str) -> str:
    """What was encrypted; Unavailable where the node has another secret key now."""
    try:
        return Fernet(base64.urlsafe_b64encode(_key(b"second factors"))).decrypt(encrypted.encode()).decode()
    except InvalidToken:
        raise Unavailable(Msg.SECOND_FACTORS_CANNOT_BE_READ) from None


def keyed_hash(text: str) -> str:
    """A hash that nobody without the node's key can try codes against."""
    return hmac.new(_key(b"recovery codes"), text.encode(), hashlib.sha256).hexdigest()


def _key(purpose: bytes) -> bytes:
    derived: bytes = HKDF(SHA256(), 32, salt=None, info=b"accord " + purpose).derive(settings.SECRET_KEY.encode())
    return derived
