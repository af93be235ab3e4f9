"""A made-up world: what its banks, its people and its victims see, and apart from it the truth that none of them sees."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from accord.core.errors import NotFound
from accord.engine.exercise.plan import WorldPlan
from accord.engine.records.schema import TRANSFERS


class AccountKind(StrEnum):
    """What an account is. Banks see a mule's account as PERSONAL: see `World.accounts_at`."""

    PERSONAL = "personal"
    JOINT = "joint"
    SALARY = "salary"
    MERCHANT = "merchant"
    PAYROLL = "payroll"
    POOLED = "pooled"
    MULE = "mule"
    EXCHANGE = "exchange"
    CASH = "cash"


ACCOUNTS: Final = pa.schema(
    [
        pa.field("number", pa.string(), nullable=False),
        pa.field("bank", pa.string(), nullable=False),
        pa.field("country", pa.string(), nullable=False),
        pa.field("currency", pa.string(), nullable=False),
        pa.field("kind", pa.string(), nullable=False),
        pa.field("holder", pa.string(), nullable=False),
        pa.field("phone", pa.string()),
        pa.field("alias", pa.string()),
        pa.field("opening_balance", pa.int64(), nullable=False),
    ]
)

WORLD_TRANSFERS: Final = pa.schema(
    [
        *TRANSFERS,
        pa.field("settles_at", pa.int64()),  # pending at the debtor's bank until then; null: reached the creditor at `time`
        pa.field(
            "depends_on", pa.list_(pa.string()), nullable=False
        ),  # passes on their money; does not happen if one was stopped or held
        pa.field("scam", pa.string()),  # truth: the gang's id
    ]
)

PATHS: Final = pa.schema(
    [
        pa.field("report", pa.string(), nullable=False),
        pa.field("transfer", pa.string(), nullable=False),
        pa.field("parent", pa.string()),  # null for the victim's own payment
        pa.field("hop", pa.int32(), nullable=False),  # 0 for the victim's own payment
        pa.field("amount", pa.int64(), nullable=False),  # this victim's money in the transfer, debtor face
        pa.field("counter_amount", pa.int64(), nullable=False),  # the same on the creditor face
        pa.field("scam", pa.string(), nullable=False),
    ]
)
"""One row for each (victim, transfer, transfer before it): how this victim's money went on."""

RESTS: Final = pa.schema(
    [
        pa.field("report", pa.string(), nullable=False),
        pa.field("transfer", pa.string(), nullable=False),  # the transfer that brought it there
        pa.field("bank", pa.string(), nullable=False),
        pa.field("account", pa.string(), nullable=False),
        pa.field("account_kind", pa.string(), nullable=False),
        pa.field("amount", pa.int64(), nullable=False),
        pa.field("currency", pa.string(), nullable=False),
        pa.field("exit", pa.string()),  # cash, exchange or merchant; null: it still stands at the world's end
    ]
)
"""Where this victim's money came to rest, if nobody does anything.

What landed on an innocent account counts as standing there; a tracing rule may say that the holder's own payments carried
some of it on.
"""

MENTIONS: Final = pa.schema(
    [
        pa.field("report", pa.string(), nullable=False),
        pa.field("type", pa.string(), nullable=False),  # bank_account, alias, phone, url, handle, amount, order_number
        pa.field("written", pa.string(), nullable=False),  # as it stands in the narrative
        pa.field("canonical", pa.string(), nullable=False),  # amounts such as "1234.50 CNY"
    ]
)
"""What each narrative contains."""


@dataclass(frozen=True, slots=True)
class Bank:
    """A made-up bank and how its sandbox answers: median seconds, share of orders refused, channels it can be reached on."""

    code: str
    name: str
    name_zh: str
    country: str
    currency: str
    answer_delay_seconds: float
    refuses_rate: float
    channels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class VictimReport:
    """What one victim states in the call, and in `transfers` (truth) what it is about.

    The six facts describe the first of `transfers`; a second payment, where there is one, stands in the narrative alone.
    Either `payee_account` or `payee_alias` is given. Vague callers round the amount, misjudge the time by some minutes or
    do not know the payee's bank.
    """

    reference: str
    call_time: datetime
    language: str
    call_back: str | None
    caller_name: str
    country: str
    payer_bank: str
    payer_account: str
    payee_account: str | None
    payee_alias: str | None
    payee_name: str
    payee_bank: str | None
    amount_minor: int
    currency: str
    about_when: datetime
    still_pending: bool
    scam_type: str
    narrative: str
    transfers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Gang:
    """Truth: who belongs together. `mules` are (bank, account); phones, handles and sites are what its victims were given."""

    id: str
    home: str
    scam_types: tuple[str, ...]
    mules: tuple[tuple[str, str], ...]
    phones: tuple[str, ...]
    handles: tuple[str, ...]
    sites: tuple[str, ...]
    victims: tuple[str, ...]


@dataclass(frozen=True)
class Truth:
    """Everything that only the author of the world knows."""

    gangs: tuple[Gang, ...]
    paths: pa.Table
    rests: pa.Table
    mentions: pa.Table

    def paths_of(self, report: str) -> pa.Table:
        """The rows of `paths` of one victim, in time order."""
        return self.paths.filter(pc.equal(self.paths["report"], report))

    def rests_of(self, report: str) -> pa.Table:
        """The rows of `rests` of one victim."""
        return self.rests.filter(pc.equal(self.rests["report"], report))


@dataclass(frozen=True)
class World:
    """`accounts` has the schema ACCOUNTS, `transfers` WORLD_TRANSFERS in time order, `reports` are in order of call."""

    plan: WorldPlan
    banks: tuple[Bank, ...]
    accounts: pa.Table
    transfers: pa.Table
    reports: tuple[VictimReport, ...]
    truth: Truth

    def bank(self, code: str) -> Bank:
        """The bank of a code; NotFound where there is none."""
        for bank in self.banks:
            if bank.code == code:
                return bank
        raise NotFound(f"no bank {code!r} in this world; its banks are {', '.join(bank.code for bank in self.banks)}")

    def ledger_holder(self, bank_code: str) -> str:
        """Who answers for a bank's ledger: the bank itself, or the central switch of its country."""
        bank = self.bank(bank_code)
        return f"SWITCH{bank.country}" if bank.country in self.plan.central_switch else bank.code

    def ledger_holders(self) -> dict[str, tuple[str, ...]]:
        """Every ledger holder and the banks whose transfers it sees."""
        holders: dict[str, tuple[str, ...]] = {}
        for bank in self.banks:
            holder = self.ledger_holder(bank.code)
            holders[holder] = (*holders.get(holder, ()), bank.code)
        return holders

    def ledger(self, holder: str) -> pa.Table:
        """The transfers that a bank (or a central switch) sees, numbered from 0: every one its banks send or receive.

        Without the column `scam`. `depends_on` stays for the sandbox that plays the world; it never leaves the sandbox.
        """
        banks = pa.array(self._banks_of(holder))
        seen = pc.or_(
            pc.is_in(self.transfers["debtor_bank"], value_set=banks), pc.is_in(self.transfers["creditor_bank"], value_set=banks)
        )
        rows = self.transfers.filter(seen).drop_columns(["scam"])
        return rows.set_column(0, TRANSFERS.field("seq"), pa.array(range(len(rows)), pa.int64()))

    def accounts_at(self, holder: str) -> pa.Table:
        """The accounts that a bank (or a central switch) keeps, as it sees them: a mule's account is a personal one."""
        rows = self.accounts.filter(pc.is_in(self.accounts["bank"], value_set=pa.array(self._banks_of(holder))))
        kinds = pc.if_else(pc.equal(rows["kind"], AccountKind.MULE), AccountKind.PERSONAL.value, rows["kind"])
        return rows.set_column(rows.column_names.index("kind"), ACCOUNTS.field("kind"), kinds)

    def _banks_of(self, holder: str) -> tuple[str, ...]:
        holders = self.ledger_holders()
        if holder not in holders:
            raise NotFound(f"no ledger holder {holder!r} in this world; there are {', '.join(holders)}")
        return holders[holder]

    def save(self, folder: Path) -> None:
        """Write the world and its truth under `folder`; Conflict where something stands there already."""
        from accord.engine.exercise.store import save_world

        save_world(self, folder)

    @classmethod
    def load(cls, folder: Path) -> World:
        """Read a saved world; NotFound where there is none, Corrupt where a file is not what was saved."""
        from accord.engine.exercise.store import load_world

        return load_world(folder)
