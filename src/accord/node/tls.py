"""The certificate and key with which the desk's own process ends TLS."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from accord.core.errors import BadInput
from accord.node.errors import Msg

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
            raise BadInput(Msg.CANNOT_BE_READ_AT_ALL, error=error, where="--tls-cert, --tls-key") from error
        if _WANTED not in key:
            raise BadInput(Msg.NO_PKCS_8_KEY_WITHOUT_PASSWORD, where=str(self.key))
        try:
            ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(self.certificate, self.key)
        except ssl.SSLError as error:
            raise BadInput(
                Msg.DOES_NOT_GO_WITH_KEY, key=self.key, why=error.reason or error, where=str(self.certificate)
            ) from error
