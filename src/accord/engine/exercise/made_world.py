"""A made-up world: what each holder of a ledger sees of it, and how it is kept on disk."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from accord.core.errors import NotFound
from accord.engine.exercise.errors import Msg
from accord.engine.exercise.model import ACCOUNTS, AccountKind, Bank, Truth, VictimReport
from accord.engine.exercise.plan import WorldPlan
from accord.engine.exercise.store import Parts, load_parts, save_parts
from accord.engine.records.schema import TRANSFERS


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
        raise NotFound(Msg.NO_BANK_IN_WORLD, code=code, banks=tuple(bank.code for bank in self.banks))

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
            raise NotFound(Msg.NO_LEDGER_HOLDER_IN_WORLD, holder=holder, holders=tuple(holders))
        return holders[holder]

    def save(self, folder: Path) -> None:
        """Write the world and its truth under `folder`; Conflict where something stands there already."""
        save_parts(self._parts(), folder)

    @classmethod
    def load(cls, folder: Path) -> World:
        """Read a saved world; NotFound where there is none, Corrupt where a file is not what was saved."""
        return cls(*load_parts(folder))

    def _parts(self) -> Parts:
        return self.plan, self.banks, self.accounts, self.transfers, self.reports, self.truth
