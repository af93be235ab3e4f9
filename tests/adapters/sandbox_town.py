"""Two small banks made by hand, so that a test can say what each account must hold to the minor unit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pyarrow as pa

from accord.adapters.sandbox_bank import SandboxBank, SandboxBanks
from accord.adapters.sandbox_bank.book import AccountKey, TransferBook
from accord.adapters.sandbox_bank.directory import AccountDirectory
from accord.adapters.sandbox_bank.profile import Profile
from accord.capabilities.claims.ports import Credit, EnquiryRequest
from accord.capabilities.orders.kinds import OrderKind
from accord.capabilities.orders.ports import OrderMessage, PaymentFacts
from accord.core.clock import to_micros
from accord.engine.exercise import ACCOUNTS, WORLD_TRANSFERS
from accord.engine.tracing.model import Rule

NORTH = "NRTHXX00"
SOUTH = "SUTHXX00"
DAWN = datetime(2026, 3, 20, tzinfo=UTC)


def at(minutes: float) -> datetime:
    """So many minutes into the day that is played."""
    return DAWN + timedelta(minutes=minutes)


@dataclass
class Town:
    """Accounts "n…" are at NORTH, "s…" at SOUTH, all others abroad; CNY unless said otherwise."""

    transfers: list[dict[str, Any]] = field(default_factory=list)
    openings: dict[str, int] = field(default_factory=dict)
    kinds: dict[str, str] = field(default_factory=dict)
    aliases: dict[str, str] = field(default_factory=dict)

    def pay(self, name: str, minutes: float, debtor: str, creditor: str, amount: int, **more: Any) -> str:
        """A transfer `minutes` into the day (negative: history). `settles`: minutes too; `parents`: ids passed on."""
        self.transfers.append(
            {"id": name, "minutes": minutes, "debtor": debtor, "creditor": creditor, "amount": amount, **more}
        )
        return name

    def open(
        self, folder: Path, *, delay: float = 0.0, refuses: float = 0.0, overdraft: bool = False, played_from: float = 0.0
    ) -> SandboxBanks:
        openings = [(AccountKey(bank_of(name), name, "CNY"), amount) for name, amount in self.openings.items()]
        book = TransferBook(self.table(), openings, to_micros(at(played_from)), overdraft=overdraft)
        profiles = [Profile(code, delay, refuses, 7) for code in (NORTH, SOUTH)]
        switches = {"SWITCHXX": frozenset({NORTH, SOUTH})}
        return SandboxBanks(book, AccountDirectory(book.accounts, self._accounts(book)), profiles, switches, folder)

    def table(self) -> pa.Table:
        rows = [_row(seq, transfer) for seq, transfer in enumerate(self.transfers)]
        return pa.Table.from_pylist(rows, schema=pa.schema([f for f in WORLD_TRANSFERS if f.name != "scam"]))

    def _accounts(self, book: TransferBook) -> pa.Table:
        rows = [
            {
                "number": key.number, "bank": key.bank, "country": "XX", "currency": key.currency,
                "kind": self.kinds.get(key.number, "personal"), "holder": "A. Nobody", "phone": None,
                "alias": self.aliases.get(key.number), "opening_balance": 0,
            }
            for key in book.accounts
        ]  # fmt: skip
        return pa.Table.from_pylist(rows, schema=ACCOUNTS)


def bank_of(account: str) -> str:
    return {"n": NORTH, "s": SOUTH}.get(account[0].lower(), "ABRDXX00")


def _row(seq: int, transfer: dict[str, Any]) -> dict[str, Any]:
    settles = transfer.get("settles")
    return {
        "seq": seq, "id": transfer["id"], "time": to_micros(at(transfer["minutes"])),
        "debtor": transfer["debtor"], "debtor_bank": bank_of(transfer["debtor"]), "debtor_country": None,
        "creditor": transfer["creditor"], "creditor_bank": bank_of(transfer["creditor"]), "creditor_country": None,
        "amount": transfer["amount"], "currency": transfer.get("currency", "CNY"),
        "counter_amount": transfer.get("counter_amount"), "counter_currency": transfer.get("counter_currency"),
        "kind": transfer.get("kind", "transfer"), "batch": "town",
        "settles_at": None if settles is None else to_micros(at(settles)),
        "depends_on": transfer.get("parents", []),
    }  # fmt: skip


def hold_order(
    account: str,
    amount: int,
    credits_: Sequence[Credit] = (),
    *,
    order_id: UUID | None = None,
    rule: Rule = Rule.FIFO,
    until: datetime | None = None,
    payment: PaymentFacts | None = None,
    currency: str = "CNY",
    authority: str = "stop-payment rule",
    kind: OrderKind = OrderKind.HOLD,
) -> OrderMessage:
    return OrderMessage(
        order_id=order_id or uuid4(),
        reference="O-TEST-0000",
        kind=kind,
        authority=authority,
        institution=bank_of(account),
        account=account,
        amount=amount,
        currency=currency,
        rule=rule,
        until=until or at(48 * 60),
        credits=tuple(credits_),
        payment=payment,
    )


def release_order(order: OrderMessage, amount: int | None = None) -> OrderMessage:
    """Give back what `order` keeps, or a part of it."""
    return replace(
        order,
        order_id=uuid4(),
        kind=OrderKind.RELEASE,
        amount=order.amount if amount is None else amount,
        credits=(),
        target=order.order_id,
        grounds="appeal",
    )


def question(
    bank: SandboxBank | str,
    *credits_: Credit,
    rule: Rule = Rule.FIFO,
    until: datetime | None = None,
    enquiry_id: UUID | None = None,
) -> EnquiryRequest:
    code = bank if isinstance(bank, str) else bank.code
    return EnquiryRequest(enquiry_id or uuid4(), "stop-payment rule", code, credits_, rule, until)
