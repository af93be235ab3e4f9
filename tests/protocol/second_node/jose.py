"""Compact JWS (RFC 7515, RFC 8037) and JWE (RFC 7516, RFC 7518) as docs/protocol.md uses them, with `cryptography` alone."""

from __future__ import annotations

import base64
import hashlib
import json
import os
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.concatkdf import ConcatKDFHash
from cryptography.hazmat.primitives.keywrap import aes_key_unwrap, aes_key_wrap
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

Jwk = dict[str, str]


def encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def canonical(document: Any) -> bytes:
    """RFC 8785 for documents without floats."""

    def ordered(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: ordered(value[key]) for key in sorted(value, key=lambda key: key.encode("utf-16-be"))}
        return [ordered(item) for item in value] if isinstance(value, list) else value

    return json.dumps(ordered(document), ensure_ascii=False, separators=(",", ":")).encode()


def thumbprint(curve: str, x: str) -> str:
    """RFC 7638."""
    return encode(hashlib.sha256(canonical({"crv": curve, "kty": "OKP", "x": x})).digest())


@dataclass(frozen=True)
class SigningKey:
    private: Ed25519PrivateKey

    @classmethod
    def make(cls) -> SigningKey:
        return cls(Ed25519PrivateKey.generate())

    @property
    def public(self) -> Jwk:
        return public_jwk("Ed25519", self.private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw))

    @property
    def kid(self) -> str:
        return self.public["kid"]


@dataclass(frozen=True)
class EncryptionKey:
    private: X25519PrivateKey

    @classmethod
    def make(cls) -> EncryptionKey:
        return cls(X25519PrivateKey.generate())

    @property
    def public(self) -> Jwk:
        return public_jwk("X25519", self.private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw))

    @property
    def kid(self) -> str:
        return self.public["kid"]


def public_jwk(curve: str, raw: bytes) -> Jwk:
    x = encode(raw)
    return {"kty": "OKP", "crv": curve, "x": x, "kid": thumbprint(curve, x)}


def sign(key: SigningKey, header: dict[str, Any], payload: bytes) -> str:
    """Compact JWS; `header` without alg and kid, which are put in."""
    protected = encode(canonical({**header, "kid": key.kid}))
    signed = f"{protected}.{encode(payload)}"
    return f"{signed}.{encode(key.private.sign(signed.encode()))}"


def header_of(compact: str) -> dict[str, Any]:
    header: dict[str, Any] = json.loads(decode(compact.partition(".")[0]))
    return header


def payload_of(jws: str) -> bytes:
    """The payload, whoever signed it."""
    return decode(jws.split(".")[1])


def verify(jws: str, public: Jwk) -> bytes:
    """The payload; InvalidSignature where it was not signed by this key."""
    signed, _, signature = jws.rpartition(".")
    Ed25519PublicKey.from_public_bytes(decode(public["x"])).verify(decode(signature), signed.encode())
    return payload_of(jws)


def encrypt(public: Jwk, header: dict[str, Any], plain: bytes) -> str:
    """Compact JWE, ECDH-ES+A256KW with X25519 and A256GCM; `header` without alg, enc, kid and epk, which are put in."""
    ephemeral = EncryptionKey.make()
    epk = {name: ephemeral.public[name] for name in ("kty", "crv", "x")}
    whole = {**header, "alg": "ECDH-ES+A256KW", "enc": "A256GCM", "kid": public["kid"], "epk": epk}
    protected = encode(canonical(whole))
    shared = ephemeral.private.exchange(X25519PublicKey.from_public_bytes(decode(public["x"])))
    content_key, nonce = AESGCM.generate_key(256), os.urandom(12)
    sealed = AESGCM(content_key).encrypt(nonce, plain, protected.encode())
    parts = (aes_key_wrap(_wrapping_key(shared), content_key), nonce, sealed[:-16], sealed[-16:])
    return ".".join((protected, *map(encode, parts)))


def decrypt(key: EncryptionKey, jwe: str) -> bytes:
    protected, wrapped, nonce, sealed, tag = jwe.split(".")
    header = json.loads(decode(protected))
    assert (header["alg"], header["enc"]) == ("ECDH-ES+A256KW", "A256GCM")
    shared = key.private.exchange(X25519PublicKey.from_public_bytes(decode(header["epk"]["x"])))
    content_key = aes_key_unwrap(_wrapping_key(shared), decode(wrapped))
    return AESGCM(content_key).decrypt(decode(nonce), decode(sealed) + decode(tag), protected.encode())


def _wrapping_key(shared: bytes) -> bytes:
    """RFC 7518, 4.6.2: AlgorithmID is the alg of the header; no party information; 256 bits."""

    def with_length(data: bytes) -> bytes:
        return len(data).to_bytes(4, "big") + data

    information = with_length(b"ECDH-ES+A256KW") + with_length(b"") + with_length(b"") + (256).to_bytes(4, "big")
    return ConcatKDFHash(hashes.SHA256(), 32, information).derive(shared)
