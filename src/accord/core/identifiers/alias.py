"""Names that a payment scheme resolves to an account, and the virtual account numbers that banks issue to collect money.

An alias is canonical as "scheme:value". The schemes' public rule books say what a value may be: PromptPay (mobile, national or
tax id, e-wallet id), PayNow (mobile, NRIC or FIN, UEN, VPA), UPI (name@handle), Pix (mobile, CPF, CNPJ, e-mail, random key),
FPS of Hong Kong (mobile, e-mail, FPS id), DuitNow (mobile, id, business number), PayID (mobile, e-mail, ABN).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar, Final, Self

from accord.core.errors import BadInput
from accord.core.identifiers.bank_account import normalise_account_number
from accord.core.identifiers.base import Identifier, IdentifierType, clean, fold, keep_ends, quote
from accord.core.identifiers.email import Email
from accord.core.identifiers.errors import Msg
from accord.core.identifiers.phone import Phone


class AliasScheme(StrEnum):
    """Who resolves the alias. OTHER takes any text: a scheme this list does not know."""

    PROMPTPAY = "promptpay"
    PAYNOW = "paynow"
    UPI = "upi"
    PIX = "pix"
    FPS = "fps"
    DUITNOW = "duitnow"
    PAYID = "payid"
    OTHER = "other"

    @property
    def country(self) -> str | None:
        """Where the scheme runs."""
        return _COUNTRIES.get(self)


_COUNTRIES: Final = {
    AliasScheme.PROMPTPAY: "TH",
    AliasScheme.PAYNOW: "SG",
    AliasScheme.UPI: "IN",
    AliasScheme.PIX: "BR",
    AliasScheme.FPS: "HK",
    AliasScheme.DUITNOW: "MY",
    AliasScheme.PAYID: "AU",
}
_VALUES: Final[dict[AliasScheme, re.Pattern[str]]] = {
    AliasScheme.PROMPTPAY: re.compile(r"[0-9]{13}|[0-9]{15}"),
    AliasScheme.PAYNOW: re.compile(
        r"[stfgm][0-9]{7}[a-z]|[0-9]{8,9}[a-z]|[tsr][0-9]{2}[a-z]{2}[0-9]{4}[a-z]|[\w.+-]{1,64}#[a-z0-9]{1,20}"
    ),
    AliasScheme.UPI: re.compile(r"[a-z0-9._-]{2,256}@[a-z][a-z0-9]{1,63}"),
    AliasScheme.PIX: re.compile(r"[0-9]{11}|[0-9]{14}|[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}"),
    AliasScheme.FPS: re.compile(r"[0-9]{7}|[0-9]{9}"),
    AliasScheme.DUITNOW: re.compile(r"[0-9]{12}|[0-9]{6,20}|[a-z]{1,2}[0-9]{6,12}"),
    AliasScheme.PAYID: re.compile(r"[0-9]{9}|[0-9]{11}"),
    AliasScheme.OTHER: re.compile(r".+"),
}
_TAKES_EMAIL: Final = frozenset({AliasScheme.PIX, AliasScheme.FPS, AliasScheme.PAYID})
_TAKES_NATIONAL_PHONE: Final = frozenset(AliasScheme) - {AliasScheme.UPI, AliasScheme.PIX, AliasScheme.OTHER}
"""Pix is left out: there 11 digits without + are a CPF."""
_UUID_LENGTH: Final = 36
_PHONE_WRITTEN = re.compile(r"[+0-9 ()-]+")


@dataclass(frozen=True, slots=True)
class Alias(Identifier):
    """A payment alias. `country` is where its scheme runs."""

    type: ClassVar = IdentifierType.ALIAS

    scheme: AliasScheme = AliasScheme.OTHER

    @classmethod
    def parse(cls, text: str, *, scheme: str | None = None) -> Self:
        """Read "scheme:value", or a value whose scheme is given. "name@bank" without a scheme is UPI."""
        stated, value = _split(clean(text, Msg.PAYMENT_ALIAS), scheme)
        return cls(f"{stated}:{_value(stated, value)}", stated.country, stated)

    @property
    def value(self) -> str:
        """The alias without its scheme."""
        return self.canonical.partition(":")[2]

    @property
    def masked(self) -> str:
        return f"{self.scheme}:{keep_ends(self.value, 2, 3)}"


@dataclass(frozen=True, slots=True)
class VirtualAccount(Identifier):
    """A number that a bank issues so that payments to it land on another account. Canonical like a bank account."""

    type: ClassVar = IdentifierType.VIRTUAL_ACCOUNT

    institution: str | None = None

    @classmethod
    def parse(cls, text: str, *, institution: str | None = None) -> Self:
        """Read a number; any visible text is one."""
        stated = fold(institution) or None if institution else None
        return cls(normalise_account_number(clean(text, Msg.VIRTUAL_ACCOUNT_NUMBER)), None, stated)

    @property
    def masked(self) -> str:
        return keep_ends(self.canonical, 0, 4)


def _split(text: str, scheme: str | None) -> tuple[AliasScheme, str]:
    prefix, colon, rest = text.partition(":")
    known = {member.value for member in AliasScheme}
    prefix = prefix.strip().lower()
    if scheme is not None:
        stated = scheme.strip().lower()
        if stated not in known:
            raise BadInput(Msg.UNKNOWN_ALIAS_SCHEME, scheme=quote(scheme), known=sorted(known))
        return AliasScheme(stated), rest.strip() if colon and prefix == stated else text
    if colon and prefix in known:
        return AliasScheme(prefix), rest.strip()
    if _VALUES[AliasScheme.UPI].fullmatch(text.lower()):
        return AliasScheme.UPI, text
    raise BadInput(Msg.DOES_NOT_SAY_WHICH_SCHEME_RESOLVES, text=quote(text))


def _value(scheme: AliasScheme, text: str) -> str:
    """Canonical value: a telephone number in E.164 where it is one, an address as e-mail, ids without separators."""
    if scheme is AliasScheme.OTHER:
        return clean(text, Msg.PAYMENT_ALIAS)
    lowered = text.lower()
    if scheme in _TAKES_EMAIL and "@" in lowered:
        return Email.parse(lowered).canonical
    keeps_separators = scheme is AliasScheme.UPI or len(lowered) == _UUID_LENGTH
    compact = lowered if keeps_separators else re.sub(r"[ ./-]", "", lowered)
    is_national = scheme in _TAKES_NATIONAL_PHONE and _PHONE_WRITTEN.fullmatch(lowered)
    if is_national or (lowered.startswith("+") and scheme is not AliasScheme.UPI):
        try:
            return Phone.parse(lowered, region=scheme.country).canonical
        except BadInput:
            if lowered.startswith("+"):
                raise
    if not _VALUES[scheme].fullmatch(compact):
        raise BadInput(Msg.CANNOT_BE_ALIAS, text=quote(text), scheme=scheme)
    return compact
