"""The certificate and key with which the desk's own process ends TLS."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from accord.core.errors import BadInput

_WANTED: Final = "-----BEGIN PRIVATE KEY-----"


@dataclass(frozen=True, slots=True)
class Tls:
    """A PEM file with the certificate and those that vouch for it, and a PEM file with its key (PKCS #8, without password)."""

    certificate: Path
    key: Path

    def check(self) -> None:
        """Raise BadInput where a file cannot be read, is of another form, or the two do not belong together."""
        try:
            key = self.key.read_text(encoding="ascii")
            self.certificate.read_bytes()
        except (OSError, UnicodeDecodeError) as error:
            raise BadInput(f"cannot be read: {error}", where="--tls-cert, --tls-key") from error
        if _WANTED not in key:
            raise BadInput(
                "is no PKCS #8 key without a password; make one with: openssl pkcs8 -topk8 -nocrypt -in KEY -out NEW",
                where=str(self.key),
            )
        try:
            ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(self.certificate, self.key)
        except ssl.SSLError as error:
            raise BadInput(
                f"does not go with the key {self.key}, or is no PEM certificate ({error.reason or error})",
                where=str(self.certificate),
            ) from error
