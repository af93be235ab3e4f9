"""Whose ledger an institution's is: this node's own to ask, or a partner's centre's.

To this node a whole partner jurisdiction is one ledger holder, whose code is the partner's agency code. Which institutions
are a partner's is known to a later room, which connects its look-up here when the node starts.
"""

from __future__ import annotations

from collections.abc import Callable

PartnerOf = Callable[[str], str]
"""The code of the partner whose centre answers for an institution; "" where the institution is our own, or nobody's."""


def _nobody(_institution: str) -> str:
    return ""


_partner_of: PartnerOf = _nobody


def connect(partner_of: PartnerOf | None) -> None:
    """Ask this from now on; None: there are no partners. It is asked for every credit, so it must be cheap."""
    global _partner_of
    _partner_of = partner_of or _nobody


def holder_of(institution: str) -> str:
    """Whom to ask about a credit of `institution`: itself, or the partner's centre that answers for it."""
    return _partner_of(institution) or institution


def is_abroad(institution: str) -> bool:
    """Whether a partner's centre answers for it."""
    return bool(_partner_of(institution))
