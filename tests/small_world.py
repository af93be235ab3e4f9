"""As many small banks as a test needs, made by hand, so that it can say where each minor unit must be."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa

from accord.adapters.sandbox_bank import SandboxBanks
from accord.adapters.sandbox_bank.book import AccountKey, TransferBook
from accord.adapters.sandbox_bank.directory import AccountDirectory
from accord.adapters.sandbox_bank.profile import Profile
from accord.core.clock import to_micros
from accord.core.money import Money
from accord.engine.exercise import ACCOUNTS, WORLD_TRANSFERS
from accord.engine.tracing import Ledger

if TYPE_CHECKING:
    from accord.capabilities.reports.services import CallFacts
    from accord.node.worker import Worker

NOON: Final = datetime(2026, 3, 20, 12, tzinfo=UTC)
VICTIM: Final = "v-1"


def at(minutes: float) -> datetime:
    """So many minutes after noon."""
    return NOON + timedelta(minutes=minutes)


def bank_of(account: str) -> str:
    """An account is named by its bank's letter and a number: "a-1" is at BANKA."""
    return f"BANK{account[0].upper()}"


@dataclass
class SmallWorld:
    """Transfers in the order in which they are made; CNY unless said otherwise."""

    transfers: list[dict[str, Any]] = field(default_factory=list)
    openings: dict[str, int] = field(default_factory=dict)
    kinds: dict[str, str] = field(default_factory=dict)
    aliases: dict[str, str] = field(default_factory=dict)
    delay: float = 0.0
    refuses: float = 0.0

    def pay(self, name: str, minutes: float, debtor: str, creditor: str, amount: int, **more: Any) -> str:
        """A transfer; `settles` minutes (pending until then), `kind`, `currency`, `counter_amount`, `counter_currency`."""
        self.transfers.append(
            {"id": name, "minutes": minutes, "debtor": debtor, "creditor": creditor, "amount": amount, **more}
        )
        return name

    def table(self) -> pa.Table:
        """All transfers, as the records have them."""
        rows = [_row(seq, transfer) for seq, transfer in enumerate(self.transfers)]
        return pa.Table.from_pylist(rows, schema=pa.schema([field for field in WORLD_TRANSFERS if field.name != "scam"]))

    def ledger(self) -> Ledger:
        """What somebody would see who sees every bank."""
        return Ledger.from_tables(self.table().drop_columns(["settles_at", "depends_on"]), None)

    def banks(self, folder: Path, *, overdraft: bool = True) -> SandboxBanks:
        """The banks, each on its own ledger. Without `overdraft` a payment that the balance does not cover fails."""
        openings = [(AccountKey(bank_of(name), name, "CNY"), amount) for name, amount in self.openings.items()]
        book = TransferBook(self.table(), openings, to_micros(NOON - timedelta(days=1)), overdraft=overdraft)
        codes = sorted({key.bank for key in book.accounts if key.bank})
        profiles = [Profile(code, self.delay, self.refuses, 7) for code in codes]
        return SandboxBanks(book, AccountDirectory(book.accounts, self._accounts(book)), profiles, {}, folder)

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


def _row(seq: int, transfer: dict[str, Any]) -> dict[str, Any]:
    settles = transfer.get("settles")
    return {
        "seq": seq, "id": transfer["id"], "time": to_micros(at(transfer["minutes"])),
        "debtor": transfer["debtor"], "debtor_bank": bank_of(transfer["debtor"]), "debtor_country": None,
        "creditor": transfer["creditor"], "creditor_bank": bank_of(transfer["creditor"]), "creditor_country": None,
        "amount": transfer["amount"], "currency": transfer.get("currency", "CNY"),
        "counter_amount": transfer.get("counter_amount"), "counter_currency": transfer.get("counter_currency"),
        "kind": transfer.get("kind", "transfer"), "batch": "small",
        "settles_at": None if settles is None else to_micros(at(settles)),
        "depends_on": transfer.get("parents", []),
    }  # fmt: skip


def call_of(amount: int | Money = 1_000, payee: str = "a-1", **other: Any) -> CallFacts:
    """What the victim v-1 tells of its payment at noon; `other` replaces any fact."""
    from accord.capabilities.reports.services import CallFacts

    facts: dict[str, Any] = {
        "callback_number": "+8613900000001",
        "payer_bank": bank_of(VICTIM),
        "payer_account": VICTIM,
        "payee_account": payee,
        "payee_bank": bank_of(payee),
        "amount": amount if isinstance(amount, Money) else Money(amount, "CNY"),
        "about_when": at(0),
        "still_pending": False,
    }
    return CallFacts(**{**facts, **other})


def worker_of(banks: SandboxBanks) -> Worker:
    """The node's hands, wired to these banks."""
    from accord.node.wiring import wire_sandbox
    from accord.node.worker import Worker

    return Worker(wire_sandbox(banks).lines)
