"""Account and phone numbers that are valid in form and belong, as far as ranges exist, to nobody.

- Bank codes look like BICs whose eighth character is 0, which ISO 9362 kept for test and training.
- Chinese cards start with 6298 and the bank's two digits, outside the issuer numbers in use, and end in their Luhn digit.
- IBANs carry the bank codes EXER (GB), 999bb (FR) and 9bb (AE), which no bank is known to have, and right check digits
  (ISO 13616; in France the RIB key as well).
- Other countries: plain digits with the bank's two digits inside, so that no two banks share a number.
"""

from __future__ import annotations

from typing import Final

from accord.core.errors import BadInput
from accord.engine.exercise.countries import Country
from accord.engine.exercise.errors import Msg

_US_AREAS: Final = (
    201, 202, 203, 205, 206, 207, 208, 209, 210, 212, 213, 214, 215, 216, 217, 218, 219, 224, 225, 228, 229, 231, 234, 239,
    240, 248, 251, 252, 253, 254, 256, 260, 262, 267, 269, 270, 276, 281, 301, 302, 303, 304, 305, 307, 308, 309, 310, 312,
    313, 314, 315, 316, 317, 318, 319, 320, 321, 323, 325, 330,
)  # fmt: skip
_GOLDEN: Final = "61803398874989484820"


def scrambled(serial: int, digits: int) -> int:
    """A number of at most `digits` digits, different for each serial below 10**digits, that does not look like a count.

    Serials step through all numbers in strides of about the golden ratio's part of the range; a stride that ends in 7
    shares no factor with a power of ten, so no number comes twice.
    """
    stride = int(_GOLDEN[: digits - 1] + "7")
    return (serial * stride + 2_718_281) % int(10**digits)


def luhn_digit(body: str) -> str:
    """The check digit that makes `body` and it pass the Luhn test (ISO/IEC 7812-1, annex B)."""
    total = 0
    for position, character in enumerate(reversed(body)):
        digit = int(character) * (2 if position % 2 == 0 else 1)
        total += digit - 9 if digit > 9 else digit
    return str(-total % 10)


def iban(country_code: str, bban: str) -> str:
    """The IBAN of a national account number: check digits by ISO 7064 MOD 97-10 (ISO 13616-1)."""
    digits = "".join(str(int(character, 36)) for character in bban + country_code + "00")
    return f"{country_code}{98 - int(digits) % 97:02d}{bban}"


def account_number(country: Country, bank: int, serial: int) -> str:
    """The number of the `serial`th account of the country's `bank`th bank."""
    if country.account == "card":
        body = f"6298{bank:02d}{scrambled(serial, 12):012d}"
        return body + luhn_digit(body)
    if country.account == "iban":
        return iban(country.code, _bban(country.code, bank, serial))
    return _filled(country.account.replace("bb", f"{bank:02d}"), serial)


def mobile_number(country: Country, serial: int) -> str | None:
    """The E.164 mobile number of the country's `serial`th person; None where a reserved range is used up."""
    if country.mobile == "reserved":
        if serial >= len(_US_AREAS) * 100:
            return None
        area, line = _US_AREAS[serial % len(_US_AREAS)], serial // len(_US_AREAS)
        return f"+{country.dial}{area}55501{line:02d}"
    if serial >= 10 ** country.mobile.count("#"):
        return None
    return f"+{country.dial}{_filled(country.mobile, serial)}"


def _bban(country_code: str, bank: int, serial: int) -> str:
    if country_code == "GB":
        return f"EXER9999{bank:02d}{scrambled(serial, 8):08d}"
    if country_code == "AE":
        return f"9{bank:02d}{scrambled(serial, 10):016d}"
    branch, account = 1, scrambled(serial, 11)
    key = 97 - (89 * (99900 + bank) + 15 * branch + 3 * account) % 97
    return f"{99900 + bank:05d}{branch:05d}{account:011d}{key:02d}"


def _filled(pattern: str, serial: int) -> str:
    digits = pattern.count("#")
    if serial >= 10**digits:
        raise BadInput(Msg.FORM_WITH_FREE_DIGITS_CANNOT_NUMBER, digits=digits, count=serial + 1)
    return pattern.replace("#" * digits, f"{scrambled(serial, digits):0{digits}d}")
