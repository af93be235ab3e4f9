"""What a node that runs as a bank asks of that bank's core system, and how a message reached the bank.

Each act is idempotent by the id of the order it carries out: asked twice it gives the same answer and does nothing more, so
that a node killed between the core's act and its own record simply asks again. An act is done whole or not at all. A core
that needs time acknowledges and is asked again. Amounts are minor units.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol
from uuid import UUID

from accord.capabilities.claims.ports import AccountKind, Acknowledged, Credit, EnquiryAnswer, EnquiryRequest
from accord.capabilities.orders.ports import OrderAnswer, OrderMessage, OrderStatus


@dataclass(frozen=True, slots=True)
class Channel:
    """How a message came in: from which agency, over which line, handed in by whom.

    `sender` is the agency of the authenticated service account (or the owner of the drop folder), never what the message says.
    """

    sender: str
    kind: str  # "https" or "file"
    principal: str

    @property
    def username(self) -> str:
        """Whom the audit names."""
        return self.principal

    @property
    def role(self) -> str:
        """No role of people: whoever hands messages in may do nothing else here."""
        return "channel"


@dataclass(frozen=True, slots=True)
class CoreAccount:
    """One account as the core knows it. `available` is what the holder could pay now: (currency, minor units).

    An empty `holder` means that the core keeps no name.
    """

    number: str
    holder: str
    kind: AccountKind
    available: tuple[tuple[str, int], ...]

    @property
    def currencies(self) -> tuple[str, ...]:
        return tuple(currency for currency, _ in self.available)


Reply = Acknowledged | OrderAnswer


class CoreSystem(Protocol):
    """Port: the bank's own system of accounts. Every method raises Unavailable when it cannot be reached."""

    @property
    def institution(self) -> str:
        """The bank's code, as orders name it."""
        ...

    def accounts(self, named: str) -> Sequence[CoreAccount]:
        """The accounts that a number or a payment alias names; empty where there is none."""
        ...

    def missing_credits(self, credits_: Sequence[Credit]) -> Sequence[str]:
        """Which of these transfers never reached the bank."""
        ...

    def enquire(self, request: EnquiryRequest) -> Acknowledged | EnquiryAnswer:
        """What happened to credits, from the bank's own ledger. BadInput or NotFound where the question cannot be answered."""
        ...

    def stop_payment(self, order: OrderMessage) -> Reply:
        """Stop a payment that is still pending (recall)."""
        ...

    def block(self, order: OrderMessage) -> Reply:
        """Keep what still stands of the claimed units, at most `order.amount`, until `order.until`.

        Nothing that arrives later is captured, and `order.living_costs` stay available. Where `order.replaces` names a block,
        that one ends in the same act; it stays as it was where the new one is refused.
        """
        ...

    def limit(self, order: OrderMessage) -> Reply:
        """Put limits on what leaves an account until `order.until`; without limits nothing leaves but living costs."""
        ...

    def give_back(self, order: OrderMessage) -> Reply:
        """Lower the block of `order.target` by `order.amount`, or lift what is in force under it."""
        ...

    def prolong(self, order: OrderMessage) -> Reply:
        """Let what is in force under `order.target` last until `order.until`."""
        ...

    def pay_out(self, order: OrderMessage) -> Reply:
        """Pay `order.amount` of what is blocked under `order.target` to `order.pay_to`."""
        ...

    def lift(self, order_id: UUID) -> None:
        """End whatever is still in force under an order. Nothing to do where nothing is."""
        ...

    def status(self, order_id: UUID) -> OrderStatus | None:
        """How an order stands in the core; None where it never got it."""
        ...


MOST_TEXT: Final = 4_000
"""Characters of free text (grounds, legal basis, a notice, an appeal) that are taken in."""
