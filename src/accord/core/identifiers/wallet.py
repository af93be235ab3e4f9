"""A customer's own sub-account at an e-money institution, canonical as "provider:account".

The institution keeps one pooled account at a bank; an order must name the sub-account, never the pool. An account is an
e-mail address, a telephone number of the provider's country, or the provider's own customer number.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar, Final, Self

from accord.core.errors import BadInput
from accord.core.identifiers.base import Identifier, IdentifierType, clean, keep_ends, quote
from accord.core.identifiers.email import Email
from accord.core.identifiers.errors import Msg
from accord.core.identifiers.phone import Phone

PROVIDER_COUNTRIES: Final[dict[str, str]] = {
    "alipay": "CN",
    "wechat_pay": "CN",
    "unionpay_app": "CN",
    "jd_pay": "CN",
    "alipay_hk": "HK",
    "octopus": "HK",
    "truemoney": "TH",
    "rabbit_line_pay": "TH",
    "gcash": "PH",
    "maya": "PH",
    "paytm": "IN",
    "phonepe": "IN",
    "ovo": "ID",
    "gopay": "ID",
    "dana": "ID",
    "touch_n_go": "MY",
    "momo": "VN",
    "kakao_pay": "KR",
    "mpesa": "KE",
    "bkash": "BD",
}
"""Providers of one country; any other provider is accepted and has none."""

_PROVIDER = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
_PHONE_WRITTEN = re.compile(r"\+?[0-9][0-9 ()-]{5,20}")


@dataclass(frozen=True, slots=True)
class Wallet(Identifier):
    """A sub-account. `country` is the provider's, where it serves one."""

    type: ClassVar = IdentifierType.WALLET

    provider: str = ""

    @classmethod
    def parse(cls, text: str, *, provider: str | None = None) -> Self:
        """Read "provider:account", or an account whose provider is given."""
        cleaned = clean(text, Msg.WALLET_ACCOUNT)
        prefix, colon, rest = cleaned.partition(":")
        stated = (prefix if provider is None else clean(provider, Msg.WALLET_PROVIDER)).strip().lower().replace(" ", "_")
        if provider is None and not colon:
            raise BadInput(Msg.DOES_NOT_SAY_WHO_KEEPS_WALLET, text=quote(text))
        if not _PROVIDER.fullmatch(stated):
            raise BadInput(Msg.CANNOT_BE_WALLET_PROVIDER, stated=quote(stated))
        account = rest if colon and prefix.strip().lower() == stated else cleaned
        if provider is None:
            account = rest
        return cls(f"{stated}:{_account(account, stated)}", PROVIDER_COUNTRIES.get(stated), stated)

    @property
    def account(self) -> str:
        """The sub-account without its provider."""
        return self.canonical.partition(":")[2]

    @property
    def masked(self) -> str:
        return f"{self.provider}:{keep_ends(self.account, 3, 4)}"


def _account(text: str, provider: str) -> str:
    cleaned = clean(text, Msg.WALLET_ACCOUNT)
    if "@" in cleaned:
        return Email.parse(cleaned).canonical
    if _PHONE_WRITTEN.fullmatch(cleaned):
        try:
            return Phone.parse(cleaned, region=PROVIDER_COUNTRIES.get(provider)).canonical
        except BadInput:  # a customer number looks like a telephone number that does not exist
            return cleaned.replace(" ", "")
    return cleaned
