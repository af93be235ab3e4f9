"""E-mail addresses, canonical in lower case with the domain in its ASCII form.

Lower case also before the @: RFC 5321 lets a host tell "A" from "a" there, but no large one does, and two spellings of one
mailbox must meet. Defanged spellings ("name[at]example[.]com") are read. Quoted local parts are not.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar, Self

from accord.core.errors import BadInput
from accord.core.identifiers.base import Identifier, IdentifierType, clean, keep_ends, quote
from accord.core.identifiers.domain import Domain, refang
from accord.core.identifiers.errors import Msg

_AT = re.compile(r"\s*[\[({]\s*(?:at|@)\s*[\])}]\s*", re.IGNORECASE)
_LOCAL = re.compile(r"[\w!#$%&'*+/=?^`{|}~-]+(?:\.[\w!#$%&'*+/=?^`{|}~-]+)*")


@dataclass(frozen=True, slots=True)
class Email(Identifier):
    """A mailbox. `country` is that of the domain."""

    type: ClassVar = IdentifierType.EMAIL

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read an address, with or without "mailto:"."""
        cleaned = _AT.sub("@", clean(text, Msg.E_MAIL_ADDRESS)).lower().removeprefix("mailto:")
        local, at, host = refang(cleaned).rpartition("@")
        if not at or len(local.encode()) > 64 or not _LOCAL.fullmatch(local):
            raise BadInput(Msg.NOT_AN_EMAIL_ADDRESS, text=quote(text))
        domain = Domain.parse(host)
        return cls(f"{local}@{domain.canonical}", domain.country)

    @property
    def masked(self) -> str:
        local, _, host = self.canonical.rpartition("@")
        return f"{keep_ends(local, 2, 0)}@{host}"
