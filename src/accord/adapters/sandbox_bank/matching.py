"""Which transfer a victim means who knows only some facts of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import numpy as np

from accord.adapters.sandbox_bank.book import TransferBook
from accord.adapters.sandbox_bank.directory import AccountDirectory
from accord.capabilities.orders.ports import PaymentFacts
from accord.core.clock import to_micros
from accord.engine.tracing.model import AccountRef

WINDOW: Final = timedelta(hours=3)
"""How far the stated moment may lie from the real one."""
ROUNDING: Final = 0.06
"""How far a sum told from memory may lie from the real one: two figures remembered are off by up to 5 %."""


@dataclass(frozen=True, slots=True)
class Match:
    """The row meant, or None and why."""

    row: int | None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Matcher:
    """Looks through the rows that a bank has seen by now: `visible(row)`."""

    book: TransferBook
    directory: AccountDirectory
    banks: frozenset[str] | None
    visible: Callable[[int], bool]

    def credit(self, facts: PaymentFacts) -> Match:
        """The transfer as the payee's bank sees it arrive."""
        payees = self.directory.find(facts.payee_account, self.banks)
        rows = (row for ref in payees for row in self.book.rows_by_creditor[ref.number].tolist())
        return self._choose(facts, rows, payees, _payers(self.directory, facts))

    def debit(self, facts: PaymentFacts) -> Match:
        """The transfer as the payer's bank sees it leave."""
        payers = self.directory.find(facts.payer_account, self.banks)
        payees = self.directory.find(facts.payee_account, None) if facts.payee_account else None
        rows = (row for ref in payers for row in self.book.rows_by_debtor[ref.number].tolist())
        return self._choose(facts, rows, payees, payers)

    def _choose(
        self, facts: PaymentFacts, rows: Iterable[int], payees: list[AccountRef] | None, payers: list[AccountRef] | None
    ) -> Match:
        near = self._near(facts, rows)
        found = [(row, values) for row in near if self._fits(values := self.book.row_dict(row), facts, payees, payers)]
        exact = [(row, values) for row, values in found if facts.amount in (values["amount"], values["counter_amount"])]
        if not exact and payers is None:
            found = []  # a rounded sum alone would point at anybody's payment
        candidates = exact or found
        if not candidates:
            return Match(None, "no payment to that account fits the stated amount and time")
        if payers is None and len({(values["debtor_bank"], values["debtor"]) for _, values in candidates}) > 1:
            return Match(None, f"ambiguous: {len(candidates)} payments from different payers fit; name the payer's account")
        about = to_micros(facts.about_when)
        distance = {row: abs(int(self.book.initiated[row]) - about) for row, _ in candidates}
        nearest = min(distance.values())
        best = [row for row, far in distance.items() if far == nearest]
        if len(best) > 1:
            return Match(None, f"ambiguous: {len(best)} payments fit equally well; state the time more exactly")
        return Match(best[0])

    def _near(self, facts: PaymentFacts, rows: Iterable[int]) -> list[int]:
        """Visible rows inside the window with about that amount."""
        numbers = np.fromiter(rows, np.int64)
        near = np.abs(self.book.initiated[numbers] - to_micros(facts.about_when)) <= WINDOW // timedelta(microseconds=1)
        slack = facts.amount * ROUNDING
        faces = (self.book.amount[numbers], self.book.received[numbers])
        alike = (np.abs(faces[0] - facts.amount) <= slack) | (np.abs(faces[1] - facts.amount) <= slack)
        return [row for row in numbers[near & alike].tolist() if self.visible(row)]

    def _fits(
        self, values: dict[str, Any], facts: PaymentFacts, payees: list[AccountRef] | None, payers: list[AccountRef] | None
    ) -> bool:
        if payees is not None and AccountRef(values["creditor"], values["creditor_bank"]) not in payees:
            return False
        if payers is not None and AccountRef(values["debtor"], values["debtor_bank"]) not in payers:
            return False
        if facts.payer_bank and values["debtor_bank"] not in (None, facts.payer_bank):
            return False
        faces = ((values["amount"], values["currency"]), (values["counter_amount"], values["counter_currency"]))
        return any(
            currency == facts.currency and abs(amount - facts.amount) <= facts.amount * ROUNDING for amount, currency in faces
        )


def _payers(directory: AccountDirectory, facts: PaymentFacts) -> list[AccountRef] | None:
    """The payer's accounts where the victim named one that exists; None where the payer is unknown."""
    return directory.find(facts.payer_account, None) or None if facts.payer_account else None
