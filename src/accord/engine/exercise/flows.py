"""Transfers as bare columns, before they have ids and names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from accord.engine.exercise.cast import Cast, Ints
from accord.engine.exercise.countries import rate
from accord.engine.records.schema import TransferKind

KINDS: Final = tuple(TransferKind)
KIND_CODE: Final = {kind: code for code, kind in enumerate(KINDS)}


@dataclass(frozen=True, slots=True)
class Flows:
    """Parallel columns: time (µs), debtor, creditor (account positions), amount (minor units), kind (position in KINDS)."""

    time: Ints
    debtor: Ints
    creditor: Ints
    amount: Ints
    kind: Ints

    def __len__(self) -> int:
        return len(self.time)

    def only(self, keep: np.ndarray) -> Flows:
        """The rows where `keep` is true."""
        return Flows(self.time[keep], self.debtor[keep], self.creditor[keep], self.amount[keep], self.kind[keep])


def joined(parts: Sequence[Flows]) -> Flows:
    """All rows of all parts, in order."""
    columns = ("time", "debtor", "creditor", "amount", "kind")
    return Flows(*(np.concatenate([getattr(part, column) for part in parts]).astype(np.int64) for column in columns))


def counter_amounts(cast: Cast, debtor: Ints, creditor: Ints, amount: Ints) -> Ints:
    """What the creditor receives, in the creditor's own currency, rounded down: equal to `amount` inside one currency."""
    size = len(cast.countries)
    ratios = [[rate(source, target) for target in cast.countries] for source in cast.countries]
    table = np.array(ratios, np.int64).reshape(size, size, 2)
    source, target = cast.country_of[debtor], cast.country_of[creditor]
    return np.asarray(amount * table[source, target, 0] // table[source, target, 1], np.int64)
