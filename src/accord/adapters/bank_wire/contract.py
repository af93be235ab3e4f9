"""What a ledger holder's system says of itself, so that a line can be tried without sending an order."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from accord.adapters.bank_wire.version import CONTRACT_VERSION
from accord.capabilities.orders.kinds import OrderKind


@dataclass(frozen=True, slots=True)
class Contract:
    """`now` is the system's own clock: deadlines mean little between clocks that differ."""

    version: str
    institution: str
    now: datetime
    kinds: tuple[str, ...] = ()
    """The kinds of orders that it carries out at all; text, so that a newer kind is no error."""

    @property
    def fits(self) -> bool:
        """Whether this node understands it."""
        return self.version.partition(".")[0] == CONTRACT_VERSION.partition(".")[0]


def own_contract(institution: str, now: datetime, kinds: tuple[OrderKind, ...]) -> Contract:
    return Contract(CONTRACT_VERSION, institution, now, tuple(kind.value for kind in kinds))
