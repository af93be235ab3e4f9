"""Money: an integer number of minor units and an ISO 4217 code. Floats never touch an amount.

Exponents are those of ISO 4217:2015, table A.1 (most currencies have two decimals; those that differ are listed).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from accord.core.errors import BadInput, Msg
from accord.core.wording import keep_kind

_DECIMALS_0: Final = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
_DECIMALS_2: Final = (
    "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW"
    " CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR"
    " ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV"
    " MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD"
    " SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XCD YER ZAR ZMW ZWG"
)
_DECIMALS_3: Final = "BHD IQD JOD KWD LYD OMR TND"
_DECIMALS_4: Final = "CLF UYW"

EXPONENTS: Final[dict[str, int]] = {
    code: decimals
    for decimals, codes in ((0, _DECIMALS_0), (2, _DECIMALS_2), (3, _DECIMALS_3), (4, _DECIMALS_4))
    for code in codes.split()
}
"""ISO 4217 code → number of decimals."""

MAX_MINOR: Final = 10**15
"""The largest amount accepted, in minor units: sums of a thousand such amounts still fit in 64 bits."""

_PLAIN = re.compile(r"[+-]?\d+(\.\d*)?", re.ASCII)


def exponent(currency: str) -> int:
    """Number of decimals of `currency`; BadInput where ISO 4217 does not list it."""
    try:
        return EXPONENTS[currency]
    except KeyError:
        raise BadInput(Msg.UNKNOWN_CURRENCY, currency=currency) from None


@dataclass(frozen=True, slots=True, order=False)
class Money:
    """`minor` units of `currency`. Sums and comparisons need equal currencies."""

    minor: int
    currency: str

    def __post_init__(self) -> None:
        exponent(self.currency)

    @classmethod
    def parse(cls, text: str, currency: str) -> Money:
        """Read a decimal amount such as "1,234.50"; BadInput when it has more decimals than the currency."""
        decimals = exponent(currency)
        cleaned = text.strip().replace(",", "").replace(" ", "").replace("\u00a0", "")
        if not _PLAIN.fullmatch(cleaned):
            raise BadInput(Msg.NOT_AMOUNT, amount=text)
        whole, _, fraction = cleaned.partition(".")
        fraction = fraction.rstrip("0")
        if len(fraction) > decimals:
            raise BadInput(Msg.TOO_MANY_DECIMALS, amount=text, count=len(fraction), currency=currency, decimals=decimals)
        minor = int(whole + fraction.ljust(decimals, "0"))
        if abs(minor) > MAX_MINOR:
            raise BadInput(Msg.LARGER_THAN_ANY_AMOUNT_ACCEPTED_HERE, amount=text, currency=currency)
        return cls(minor, currency)

    def decimal(self) -> Decimal:
        """The amount as an exact decimal in the currency's main unit."""
        return Decimal(self.minor).scaleb(-exponent(self.currency))

    def __str__(self) -> str:
        return f"{self.decimal():,.{exponent(self.currency)}f} {self.currency}"

    def _same(self, other: Money) -> None:
        if self.currency != other.currency:
            raise BadInput(Msg.CANNOT_COMBINE, currency=self.currency, other=other.currency)

    def __add__(self, other: Money) -> Money:
        self._same(other)
        return Money(self.minor + other.minor, self.currency)

    def __sub__(self, other: Money) -> Money:
        self._same(other)
        return Money(self.minor - other.minor, self.currency)

    def __lt__(self, other: Money) -> bool:
        self._same(other)
        return self.minor < other.minor

    def __le__(self, other: Money) -> bool:
        self._same(other)
        return self.minor <= other.minor


keep_kind(Money, "money", lambda money: [money.minor, money.currency], lambda kept: Money(*kept))
