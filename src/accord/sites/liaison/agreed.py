"""What an agreement calls things that messages name by a code."""

from __future__ import annotations

from accord.capabilities.exchange.agreements import queries as agreements
from accord.capabilities.exchange.errors import Refused


def offence_name(partner: str, agreement: str, code: str) -> str:
    """The offence as the agreement of that hash names it, with its code; the code alone where the agreement is not here."""
    try:
        offences = agreements.by_hash(partner, agreement).terms.offences
    except Refused:
        return code
    return next((f"{one.name} ({code})" for one in offences if one.code == code), code)
