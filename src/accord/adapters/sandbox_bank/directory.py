"""The accounts that a sandbox's banks keep: numbers, payment aliases, kinds."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Final

import pyarrow as pa

from accord.adapters.sandbox_bank.book import AccountKey
from accord.capabilities.claims.ports import AccountKind
from accord.core.identifiers import normalise_account_number
from accord.engine.tracing.model import AccountRef

_KINDS: Final = {
    "personal": AccountKind.PERSONAL,
    "mule": AccountKind.PERSONAL,  # no bank knows which of its customers are mules
    "joint": AccountKind.JOINT,
    "salary": AccountKind.SALARY,
    "merchant": AccountKind.MERCHANT,
    "payroll": AccountKind.POOLED,
    "pooled": AccountKind.POOLED,
    "exchange": AccountKind.POOLED,
}


class AccountDirectory:
    """Who has which account where."""

    def __init__(self, pockets: Iterable[AccountKey], accounts: pa.Table | None = None) -> None:
        """`accounts` has the schema of exercise.ACCOUNTS; without it kinds are unknown and there are no aliases."""
        self._banks: defaultdict[str, set[str | None]] = defaultdict(set)
        self._kinds: dict[AccountRef, AccountKind] = {}
        self._holders: dict[AccountRef, str] = {}
        self._aliases: defaultdict[str, list[AccountRef]] = defaultdict(list)
        for pocket in pockets:
            self._banks[pocket.number].add(pocket.bank)
        if accounts is not None:
            for number, bank, kind, alias, holder in zip(*(accounts[name].to_pylist() for name in _COLUMNS), strict=True):
                ref = AccountRef(number, bank)
                self._kinds[ref] = _KINDS.get(kind, AccountKind.UNKNOWN)
                self._holders[ref] = holder
                if alias:
                    self._aliases[alias.rpartition(":")[2]].append(ref)

    def kind_of(self, ref: AccountRef) -> AccountKind:
        return self._kinds.get(ref, AccountKind.UNKNOWN)

    def holder_of(self, ref: AccountRef) -> str:
        """The holder's name; empty where none is known."""
        return self._holders.get(ref, "")

    def find(self, text: str, banks: frozenset[str] | None) -> list[AccountRef]:
        """The accounts that a number or an alias names at these banks (None: any)."""
        number = normalise_account_number(text)
        refs = [AccountRef(number, bank) for bank in self._banks.get(number, ())]
        value = text.strip().rpartition(":")[2]  # an alias comes with its scheme or without
        refs = refs or self._aliases.get(value, [])
        return [ref for ref in refs if banks is None or ref.bank in banks]


_COLUMNS: Final = ("number", "bank", "kind", "alias", "holder")
