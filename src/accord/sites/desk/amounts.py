from __future__ import annotations

from accord.sites.desk.forms.call import read_amount


def minor_units(text: str, currency: str) -> int:
    """An amount as officers type it, in minor units of `currency`; BadInput where it is none."""
    return read_amount(text, currency).minor
