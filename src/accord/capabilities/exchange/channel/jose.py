"""The one suite of envelopes: JWS with Ed25519 (RFC 7515, 9864), JWE with ECDH-ES+A256KW on X25519 and A256GCM (7516, 8037).

Headers are compared with what the suite says before anything is computed: another algorithm, compression, a critical
extension, a key that travels along are all refused, so that nobody can talk two centres into something weaker. Private
keys stay in the key ring; the rest is put together here from the primitives of `cryptography`.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final

import msgspec
from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.concatkdf import ConcatKDFHash
from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap, aes_key_wrap

from accord.capabilities.exchange.channel.errors import Msg
from accord.capabilities.exchange.errors import Refused
from accord.capabilities.exchange.partners.jwk import Jwk, from_base64url, to_base64url
from accord.capabilities.exchange.partners.keyring import KeyRing
from accord.core.errors import BadInput, NotFound

SIGNATURE: Final = "Ed25519"
KEY_AGREEMENT: Final = "ECDH-ES+A256KW"
ENCRYPTION: Final = "A256GCM"
JWS_TYPE: Final = "accord+jws"
JWE_TYPE: Final = "accord+jwe"
REPLY_TYPE: Final = "accord+reply"

SecretOf = Callable[[str, Jwk], bytes]
"""What a key of this node (by its kid) and an ephemeral public key give: `KeyRing.shared_secret`, for keys that still open."""

_JWS_HEADER: Final = frozenset({"alg", "kid", "typ"})
_JWE_HEADER: Final = frozenset({"alg", "cty", "enc", "epk", "kid", "typ"})
_MOST_HEADER: Final = 1_024
_TAG: Final = 16


def sign(payload: bytes, ring: KeyRing, kid: str, type_: str = JWS_TYPE) -> str:
    """A compact JWS over `payload`, by a key of this node."""
    signing_input = _encoded(_signature_header(kid, type_)) + b"." + _encoded(payload)
    return (signing_input + b"." + _encoded(ring.sign(kid, signing_input))).decode("ascii")


def signer_of(signed: str, type_: str = JWS_TYPE) -> tuple[str, bytes]:
    """The key id and the payload that a compact JWS states, neither proven yet. Refused ("suite") for any other form."""
    parts = signed.split(".")
    if len(parts) != 3:
        raise Refused("suite", Msg.NO_COMPACT_JWS_THREE_PARTS)
    header = _header(parts[0], _JWS_HEADER)
    if header["alg"] != SIGNATURE or header["typ"] != type_:
        raise Refused(
            "suite",
            Msg.SIGNED_WITH_ANOTHER_ALGORITHM,
            algorithm=header["alg"],
            type=header["typ"],
            expected=SIGNATURE,
            expected_type=type_,
        )
    return header["kid"], decoded(parts[1])


def verify(signed: str, public: Jwk) -> None:
    """Refused ("seal") unless the key, a public JWK, has signed the compact JWS."""
    signing_input, _, signature = signed.rpartition(".")
    try:
        _ed25519(public["x"]).verify(decoded(signature), signing_input.encode("ascii"))
    except (InvalidSignature, UnicodeEncodeError):
        raise Refused("seal", Msg.SIGNATURE_NOT_KEY_NAMES) from None


def encrypt(plain: str, public: Jwk, kid: str) -> str:
    """A compact JWE of a JWS for the holder of the key `public`, a JWK on X25519."""
    ephemeral = X25519PrivateKey.generate()
    own = _encoded(ephemeral.public_key().public_bytes_raw()).decode("ascii")
    header = {
        "alg": KEY_AGREEMENT,
        "cty": JWS_TYPE,
        "enc": ENCRYPTION,
        "epk": {"crv": "X25519", "kty": "OKP", "x": own},
        "kid": kid,
        "typ": JWE_TYPE,
    }
    protected = _encoded(msgspec.json.encode(header, order="sorted"))
    wrapping = _wrapping_key(ephemeral.exchange(_x25519(public["x"])))
    content_key, nonce = os.urandom(32), os.urandom(12)
    sealed = AESGCM(content_key).encrypt(nonce, plain.encode("ascii"), protected)
    parts = (protected, *map(_encoded, (aes_key_wrap(wrapping, content_key), nonce, sealed[:-_TAG], sealed[-_TAG:])))
    return b".".join(parts).decode("ascii")


def decrypt(sealed: str, secret_of: SecretOf) -> str:
    """The JWS inside a compact JWE for one of this node's keys. Refused: "suite", "key" for a key it does not have, "seal"."""
    parts = sealed.split(".")
    if len(parts) != 5:
        raise Refused("suite", Msg.NO_COMPACT_JWE_FIVE_PARTS)
    header = _header(parts[0], _JWE_HEADER)
    stated = (header["alg"], header["enc"], header["typ"], header["cty"])
    if stated != (KEY_AGREEMENT, ENCRYPTION, JWE_TYPE, JWS_TYPE):
        raise Refused(
            "suite", Msg.SEALED_WITH_ANOTHER_ALGORITHM, stated=stated, key_agreement=KEY_AGREEMENT, encryption=ENCRYPTION
        )
    wrapped, nonce, text, tag = map(decoded, parts[1:])
    if len(wrapped) != 40 or len(nonce) != 12 or len(tag) != _TAG:
        raise Refused("suite", Msg.PARTS_SEAL_OTHER_LENGTHS_THAN_SUITE)
    try:
        wrapping = _wrapping_key(secret_of(header["kid"], _ephemeral(header["epk"])))
        plain = AESGCM(aes_key_unwrap(wrapping, wrapped)).decrypt(nonce, text + tag, parts[0].encode("ascii"))
        return plain.decode("ascii")
    except NotFound:
        raise Refused("key", Msg.SEALED_FOR_KEY_CENTRE_DOES) from None
    except (InvalidUnwrap, InvalidTag, UnicodeDecodeError, ValueError):
        raise Refused("seal", Msg.CANNOT_BE_OPENED_WITH_KEY_NAMES) from None


def decoded(text: str) -> bytes:
    """Base64url without padding, in its one spelling: what spells the same bytes otherwise is refused like any other change."""
    try:
        return from_base64url(text, "envelope")
    except BadInput as error:
        raise Refused("suite", Msg.PART_IS_WRONG, error=error.said) from None


@lru_cache(maxsize=64)
def _signature_header(kid: str, type_: str) -> bytes:
    return msgspec.json.encode({"alg": SIGNATURE, "kid": kid, "typ": type_}, order="sorted")


def _header(text: str, names: frozenset[str]) -> dict[str, Any]:
    """A protected header that has exactly these members, all of them text but the ephemeral key."""
    if len(text) > _MOST_HEADER:
        raise Refused("suite", Msg.HEADER_LONGER_THAN_ANY_HEADER_SUITE)
    try:
        header = msgspec.json.decode(decoded(text), type=dict[str, Any])
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        raise Refused("suite", Msg.HEADER_NO_JSON_OBJECT) from None
    if header.keys() != names or not all(isinstance(value, str) for name, value in header.items() if name != "epk"):
        raise Refused("suite", Msg.HEADER_EXACTLY_EXPECTED, found=", ".join(sorted(header))[:120], names=sorted(names))
    return header


def _ephemeral(stated: Any) -> dict[str, str]:
    if (
        not isinstance(stated, dict)
        or stated.keys() != {"crv", "kty", "x"}
        or (stated["crv"], stated["kty"]) != ("X25519", "OKP")
    ):
        raise Refused("suite", Msg.EPHEMERAL_KEY_NOT_ONE_ON_X25519)
    if not isinstance(stated["x"], str) or len(decoded(stated["x"])) != 32:
        raise Refused("suite", Msg.EPHEMERAL_KEY_ANOTHER_LENGTH_THAN_32)
    return stated


def _wrapping_key(shared: bytes) -> bytes:
    """Concat KDF as in RFC 7518, 4.6.2, with empty party infos."""
    name = KEY_AGREEMENT.encode()
    info = len(name).to_bytes(4, "big") + name + bytes(4) + bytes(4) + (256).to_bytes(4, "big")
    return ConcatKDFHash(hashes.SHA256(), 32, info).derive(shared)


@lru_cache(maxsize=256)
def _ed25519(x: str) -> Ed25519PublicKey:
    return Ed25519PublicKey.from_public_bytes(_32_bytes(x))


@lru_cache(maxsize=256)
def _x25519(x: str) -> X25519PublicKey:
    return X25519PublicKey.from_public_bytes(_32_bytes(x))


def _32_bytes(x: str) -> bytes:
    raw = decoded(x)
    if len(raw) != 32:
        raise Refused("key", Msg.PUBLIC_KEY_ANOTHER_LENGTH_THAN_32)
    return raw


def _encoded(raw: bytes) -> bytes:
    return to_base64url(raw).encode("ascii")
