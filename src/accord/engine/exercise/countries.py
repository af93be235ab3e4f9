"""What the made-up world knows of each country it may play in.

Exchange rates and price levels are round made-up figures, fixed so that the same seed always gives the same world.

Phone numbers: only the United States' 555-0100 to 555-0199 are both reserved for fiction and accepted as valid numbers
everywhere, so they are used there (and people beyond that range have no phone). The other countries here reserve none, or
(GB 07700 900xxx, FR 06 39 98 xx xx) reserve numbers that common number plans refuse as invalid. Theirs are of valid form
and might be somebody's: never dial or text a number out of an exercise.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import gcd
from typing import Final

from accord.core.errors import BadInput
from accord.core.money import exponent
from accord.engine.exercise.errors import Msg


@dataclass(frozen=True, slots=True)
class Country:
    """`usd_micros`: value of one main unit in millionths of a US dollar. `price_percent`: price level against the US.

    `mobile`: national mobile number, each # a digit. `account`: account number, bb the bank's two digits, each # a digit;
    "card" and the IBAN countries have forms of their own in `forms.py`. `alias_scheme`: the scheme by
    which a phone number is a payment alias there.
    """

    code: str
    name: str
    name_zh: str
    currency: str
    dial: str
    utc_hours: int
    language: str
    names: str
    usd_micros: int
    price_percent: int
    mobile: str
    account: str
    alias_scheme: str | None = None

    @property
    def minor_per_dollar(self) -> float:
        """Minor units that buy what one dollar buys in the US: scales every amount of ordinary life."""
        return float(10 ** exponent(self.currency)) * 1_000_000 / self.usd_micros * self.price_percent / 100


COUNTRIES: Final[dict[str, Country]] = {
    country.code: country
    for country in (
        Country("CN", "China", "中国", "CNY", "86", 8, "zh", "zh", 140_000, 60, "190########", "card"),
        Country("HK", "Hong Kong", "香港", "HKD", "852", 8, "zh", "zh", 128_000, 95, "61######", "9bb#########", "fps"),
        Country("SG", "Singapore", "新加坡", "SGD", "65", 8, "en", "mixed", 740_000, 90, "88######", "7bb#######", "paynow"),
        Country("TH", "Thailand", "泰国", "THB", "66", 7, "en", "thai", 28_000, 45, "80#######", "2bb#######", "promptpay"),
        Country(
            "MY", "Malaysia", "马来西亚", "MYR", "60", 8, "en", "mixed", 220_000, 50, "12#######", "1bb#########", "duitnow"
        ),
        Country("KH", "Cambodia", "柬埔寨", "KHR", "855", 7, "en", "thai", 245, 40, "12#######", "5bb#######"),
        Country("GB", "United Kingdom", "英国", "GBP", "44", 0, "en", "en", 1_270_000, 95, "7400######", "iban"),
        Country("FR", "France", "法国", "EUR", "33", 1, "en", "en", 1_080_000, 90, "60#######", "iban"),
        Country("AE", "United Arab Emirates", "阿联酋", "AED", "971", 4, "en", "mixed", 272_000, 80, "50#######", "iban"),
        Country("US", "United States", "美国", "USD", "1", -5, "en", "en", 1_000_000, 100, "reserved", "4bb#########"),
    )
}


def country(code: str) -> Country:
    """The country of an ISO 3166 alpha-2 code; BadInput where the exercise does not know it."""
    try:
        return COUNTRIES[code]
    except KeyError:
        raise BadInput(Msg.EXERCISE_CANNOT_PLAY, code=code, countries=tuple(COUNTRIES)) from None


def rate(source: Country, target: Country) -> tuple[int, int]:
    """(numerator, denominator) that turns minor units of `source`'s currency into those of `target`'s, rounded down."""
    numerator = source.usd_micros * 10 ** exponent(target.currency)
    denominator = target.usd_micros * 10 ** exponent(source.currency)
    common = gcd(numerator, denominator)
    return numerator // common, denominator // common
