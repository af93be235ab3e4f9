"""Telephone numbers, canonical in E.164 ("+8613800138000").

Only numbers that are possible and valid under the numbering plan are accepted. Valid means that the plan has such a range,
not that the number is allocated to someone. Short numbers (110, 95588) have no E.164 form and are refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar, Final, Self

import phonenumbers

from accord.core.errors import BadInput
from accord.core.identifiers.base import Identifier, IdentifierType, clean, keep_ends, quote
from accord.core.identifiers.errors import Msg

DEFAULT_REGION: Final = "CN"
_WRITTEN = re.compile(r"(?:tel:)?[+(]*[0-9][0-9 ()./+-]{2,40}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Phone(Identifier):
    """A telephone number. `country` is where its range belongs; None for international services such as +800."""

    type: ClassVar = IdentifierType.PHONE

    @classmethod
    def parse(cls, text: str, *, region: str | None = DEFAULT_REGION) -> Self:
        """Read a number as people write it. `region` (ISO alpha-2) says how a number without country code is meant;
        None accepts international numbers only.
        """
        canonical, country = _resolve(clean(text, Msg.TELEPHONE_NUMBER), region.upper() if region else None)
        return cls(canonical, country)

    @property
    def masked(self) -> str:
        return keep_ends(self.canonical, 6, 4)


@lru_cache(maxsize=65_536)
def _resolve(text: str, region: str | None) -> tuple[str, str | None]:
    """(E.164, country) of a cleaned number. Cached: a narrative or a table repeats its numbers, and a look-up costs 50 µs."""
    if not _WRITTEN.fullmatch(text):
        raise BadInput(Msg.NOT_TELEPHONE_NUMBER, text=quote(text), region=region)
    if region is not None and region not in phonenumbers.SUPPORTED_REGIONS:
        raise BadInput(Msg.UNKNOWN_REGION, region=quote(region))
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException as error:
        raise BadInput(Msg.NOT_TELEPHONE_NUMBER_WRITE, text=quote(text), reason=error.args[0]) from None
    if not (phonenumbers.is_possible_number(number) and phonenumbers.is_valid_number(number)):
        raise BadInput(Msg.FITS_NO_NUMBER_RANGE, text=quote(text), country=number.country_code)
    country = phonenumbers.region_code_for_number(number)
    canonical = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return canonical, country if country != phonenumbers.REGION_CODE_FOR_NON_GEO_ENTITY else None


def warm_up(regions: tuple[str, ...] = ("CN", "SG", "TH", "HK", "US", "GB")) -> None:
    """Load the number plans of `regions` now, so that the first call screened does not wait for them."""
    for region in regions:
        example = phonenumbers.example_number(region)
        if example is None:
            raise BadInput(Msg.UNKNOWN_REGION, region=quote(region))
        phonenumbers.is_valid_number(example)
