"""Private keys, behind an interface that a hardware module can implement: they sign and agree on secrets, and never leave.

A key is named by its kid, the RFC 7638 thumbprint of its public half. Which keys this node has, and since when, are rows
(`OwnKey`); what a ring keeps is the private half alone.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from accord.capabilities.exchange.models import KeyUse
from accord.capabilities.exchange.partners.errors import Msg
from accord.capabilities.exchange.partners.jwk import Jwk, exchange_bytes, public_jwk
from accord.core.errors import NotFound

PrivateKey = Ed25519PrivateKey | X25519PrivateKey


class KeyRing(Protocol):
    """Keeps private keys. NotFound where it has none of that kid; safe for threads; thousands of calls a second."""

    def make(self, use: KeyUse) -> Jwk:
        """A new key pair, kept from now on; its public JWK with "kid"."""
        ...

    def sign(self, kid: str, data: bytes) -> bytes:
        """The Ed25519 signature (RFC 8032), 64 bytes."""
        ...

    def shared_secret(self, kid: str, public: Jwk) -> bytes:
        """What X25519 (RFC 7748) gives for this key and another's public one, 32 bytes."""
        ...

    def destroy(self, kid: str) -> None:
        """The private key is gone for good; nothing happens where it is gone already."""
        ...


class SoftwareRing:
    """A ring that holds its keys in this process. Alone it forgets them at the end; `FileKeyRing` keeps them in files."""

    def __init__(self) -> None:
        self._keys: dict[str, PrivateKey] = {}
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} at {id(self):#x}>"  # nothing of what it holds

    def make(self, use: KeyUse) -> Jwk:
        private = Ed25519PrivateKey.generate() if use == KeyUse.SIGNING else X25519PrivateKey.generate()
        public = public_jwk(private.public_key())
        self._keep(public["kid"], private)
        with self._lock:
            self._keys[public["kid"]] = private
        return public

    def sign(self, kid: str, data: bytes) -> bytes:
        private = self._private(kid)
        if not isinstance(private, Ed25519PrivateKey):
            raise NotFound(Msg.KEY_NOT_ONE_TO_SIGN, key=kid)
        return private.sign(data)

    def shared_secret(self, kid: str, public: Jwk) -> bytes:
        private = self._private(kid)
        if not isinstance(private, X25519PrivateKey):
            raise NotFound(Msg.KEY_NOT_ONE_TO_DECRYPT, key=kid)
        return private.exchange(X25519PublicKey.from_public_bytes(exchange_bytes(public)))

    def destroy(self, kid: str) -> None:
        with self._lock:
            self._keys.pop(kid, None)

    def _private(self, kid: str) -> PrivateKey:
        private = self._keys.get(kid)
        if private is None:
            raise NotFound(Msg.NODE_NO_PRIVATE_KEY, key=kid)
        return private

    def _keep(self, kid: str, private: PrivateKey) -> None:
        """Keep a new key where it outlives the process; here nowhere."""


_ring: KeyRing = SoftwareRing()


def install(made: KeyRing) -> None:
    """Make a ring this process's; the app does so at its start, with the node's own files."""
    global _ring
    _ring = made


def ring() -> KeyRing:
    """This process's ring."""
    return _ring


@contextmanager
def using(other: KeyRing) -> Iterator[KeyRing]:
    """Use another ring for the length of a with block."""
    global _ring
    before, _ring = _ring, other
    try:
        yield other
    finally:
        _ring = before
