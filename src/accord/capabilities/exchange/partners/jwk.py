"""Public keys as JSON Web Keys (RFC 7517, 8037): Ed25519 to verify with, X25519 to encrypt to, and nothing else."""

from __future__ import annotations

import base64
import binascii
import hashlib
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey

from accord.capabilities.exchange.models import KeyUse
from accord.capabilities.exchange.partners.errors import Msg
from accord.core.canonical import canonical_json
from accord.core.errors import BadInput

Jwk = dict[str, str]
"""{"crv", "kid", "kty": "OKP", "x"}"""

CURVES: Final = {KeyUse.SIGNING: "Ed25519", KeyUse.ENCRYPTION: "X25519"}
_LENGTH: Final = 32


def public_jwk(public: Ed25519PublicKey | X25519PublicKey) -> Jwk:
    """The JWK of a public key, with its thumbprint as kid."""
    curve = CURVES[KeyUse.SIGNING if isinstance(public, Ed25519PublicKey) else KeyUse.ENCRYPTION]
    bare = {"crv": curve, "kty": "OKP", "x": to_base64url(public.public_bytes_raw())}
    return {**bare, "kid": thumbprint(bare)}


def thumbprint(jwk: Jwk) -> str:
    """RFC 7638 (RFC 8037, section 2): base64url of the SHA-256 over the members that a key cannot be without."""
    needed = {name: jwk[name] for name in ("crv", "kty", "x")}
    return to_base64url(hashlib.sha256(canonical_json(needed)).digest())


def read_jwk(stated: Any, use: KeyUse, where: str) -> Jwk:
    """A public JWK for this use; BadInput where it is anything else, a private key above all, or its kid is not its own."""
    if not isinstance(stated, dict) or stated.keys() != {"crv", "kid", "kty", "x"}:
        raise BadInput(Msg.PUBLIC_KEY_MEMBERS_CRV, where=where)
    if not all(isinstance(value, str) for value in stated.values()):
        raise BadInput(Msg.EVERY_MEMBER_KEY_TEXT, where=where)
    if stated["kty"] != "OKP" or stated["crv"] != CURVES[use]:
        raise BadInput(Msg.KEY_FOR_KTY_OKP_CRV, use=use, curve=CURVES[use], where=where)
    if len(from_base64url(stated["x"], where)) != _LENGTH:
        raise BadInput(Msg.X_MUST_BE_BYTES, count=_LENGTH, where=where)
    if stated["kid"] != thumbprint(stated):
        raise BadInput(Msg.KID_NOT_THUMBPRINT_KEY, where=where)
    return dict(stated)


def exchange_bytes(public: Jwk) -> bytes:
    """The 32 bytes of an X25519 public key, which may be an ephemeral one without kid."""
    if public.get("crv") != "X25519" or public.get("kty") != "OKP":
        raise BadInput(Msg.SECRET_AGREED_ON_WITH_X25519_KEY, where="epk")
    raw = from_base64url(public.get("x", ""), "epk")
    if len(raw) != _LENGTH:
        raise BadInput(Msg.X_MUST_BE_BYTES, count=_LENGTH, where="epk")
    return raw


def verifies(public: Jwk, signature: bytes, data: bytes) -> bool:
    """Whether `signature` is that of this Ed25519 key over `data`."""
    try:
        Ed25519PublicKey.from_public_bytes(from_base64url(public["x"], "x")).verify(signature, data)
    except InvalidSignature:
        return False
    return True


def to_base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def from_base64url(text: str, where: str) -> bytes:
    """The bytes; BadInput where the text is not spelt in the one way that they have, so that no other text passes for it."""
    try:
        data = base64.b64decode(text.encode("ascii") + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (UnicodeEncodeError, binascii.Error):
        raise BadInput(Msg.NOT_BASE64URL, where=where) from None
    if to_base64url(data) != text:
        raise BadInput(Msg.BASE64URL_IN_UNUSUAL_SPELLING, where=where)
    return data
