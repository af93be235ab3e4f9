"""What a case is, and the list of all of them in the order in which they are run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from accord.adapters.contract_kit.bench import Bench

Act = Callable[[Bench], None]


@dataclass(frozen=True, slots=True)
class Case:
    """One promise of the contract. `act` raises ContractBroken where the bank breaks it."""

    name: str
    promise: str
    act: Act

    def __str__(self) -> str:
        return self.name

    def run(self, bench: Bench) -> None:
        """Try it, and leave the bank's accounts as they were whatever came of it."""
        try:
            self.act(bench)
        finally:
            bench.tidy()


CASES: Final[list[Case]] = []


def case(act: Act) -> Act:
    """Adds a function to the cases: its name is the case's, its docstring the promise."""
    assert act.__doc__
    CASES.append(Case(act.__name__, act.__doc__.strip().splitlines()[0], act))
    return act
