"""A security key in software: answers what a node asks as a browser with a real key would."""

from __future__ import annotations

import hashlib
import os
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from fido2.cose import ES256
from fido2.utils import websafe_decode, websafe_encode
from fido2.webauthn import Aaguid, AttestationObject, AttestedCredentialData, AuthenticatorData, CollectedClientData

HOST = "desk.example"
ORIGIN = f"https://{HOST}"


class SoftwareKey:
    """One credential. `counter` goes up by one with each signature, as a real key's does."""

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._id = os.urandom(32)
        self.counter = 0

    def make(self, options: dict[str, Any], origin: str = ORIGIN, host: str = HOST) -> dict[str, Any]:
        """The answer to navigator.credentials.create."""
        public = ES256.from_cryptography_key(self._key.public_key())
        credential = AttestedCredentialData.create(Aaguid.NONE, self._id, public)
        flags = AuthenticatorData.FLAG.UP | AuthenticatorData.FLAG.UV | AuthenticatorData.FLAG.AT
        data = AuthenticatorData.create(_hash(host), flags, self.counter, bytes(credential))
        attestation = AttestationObject.create("none", data, {})
        client = self._client("webauthn.create", options, origin)
        return self._answer({"clientDataJSON": _text(client), "attestationObject": _text(attestation)})

    def sign(self, options: dict[str, Any], origin: str = ORIGIN, host: str = HOST) -> dict[str, Any]:
        """The answer to navigator.credentials.get."""
        self.counter += 1
        flags = AuthenticatorData.FLAG.UP | AuthenticatorData.FLAG.UV
        data = AuthenticatorData.create(_hash(host), flags, self.counter)
        client = self._client("webauthn.get", options, origin)
        signature = self._key.sign(bytes(data) + hashlib.sha256(client).digest(), ec.ECDSA(SHA256()))
        parts = {"clientDataJSON": _text(client), "authenticatorData": _text(data), "signature": _text(signature)}
        return self._answer(parts)

    def _client(self, kind: str, options: dict[str, Any], origin: str) -> bytes:
        challenge = websafe_decode(options["publicKey"]["challenge"])
        return bytes(CollectedClientData.create(kind, challenge, origin))

    def _answer(self, parts: dict[str, str]) -> dict[str, Any]:
        name = websafe_encode(self._id)
        return {"id": name, "rawId": name, "type": "public-key", "response": parts}


def _hash(host: str) -> bytes:
    return hashlib.sha256(host.encode()).digest()


def _text(data: bytes) -> str:
    return websafe_encode(bytes(data))
