"""Where the stolen money of a played day really was, given which payments really happened. Only the exercise knows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from accord.adapters.sandbox_bank import SandboxBanks
from accord.engine.exercise import World

Amount = tuple[str, int]
"""(currency, minor units)"""


class Truth:
    """The truth about one world, after its banks have played it."""

    def __init__(self, world: World, banks: SandboxBanks) -> None:
        names = ("id", "time", "amount", "currency", "debtor_bank", "debtor", "creditor_bank", "creditor")
        rows = zip(*(world.transfers[name].to_pylist() for name in names), strict=True)
        wanted = set(world.truth.paths["transfer"].to_pylist())
        self._transfers = {row[0]: dict(zip(names, row, strict=True)) for row in rows if row[0] in wanted}
        self._payments = {report.reference: report.transfers for report in world.reports}
        self._stopped = set(banks.stopped())
        self._paths = world.truth.paths.to_pylist()
        self._rests: dict[str, list[dict[str, object]]] = defaultdict(list)
        for rest in world.truth.rests.to_pylist():
            self._rests[rest["report"]].append(rest)
        self._holds = banks.placed_holds()

    def paid_at(self, reference: str) -> int:
        """When the victim of a report first paid, in epoch µs."""
        return int(self._transfers[self._payments[reference][0]]["time"])

    def claimed(self, reference: str) -> list[Amount]:
        """All that the victim paid."""
        rows = [self._transfers[transfer] for transfer in self._payments[reference]]
        return [(row["currency"], row["amount"]) for row in rows]

    def left(self, reference: str) -> Iterator[tuple[int, str, str, int]]:
        """What of a victim's money left all ledgers: (epoch µs, the bank it left, currency, minor units)."""
        for rest in self._rests[reference]:
            transfer = self._transfers[str(rest["transfer"])]
            if rest["exit"] is not None and transfer["id"] not in self._stopped:
                yield transfer["time"], str(rest["bank"]), str(rest["currency"]), int(str(rest["amount"]))

    def innocent_held(self) -> Iterator[Amount]:
        """What is held on accounts beyond what stolen money stood there when the last hold was placed."""
        by_account: dict[tuple[str, str, str], list[int]] = defaultdict(list)
        for number, hold in enumerate(self._holds):
            by_account[hold.bank, hold.ref.number, hold.currency].append(number)
        for (bank, account, currency), numbers in by_account.items():
            holds = [self._holds[number] for number in numbers]
            held = sum(hold.amount for hold in holds if hold.released_at is None)
            stolen = self._stolen_on(bank, account, max(hold.placed_at for hold in holds))
            yield currency, max(0, held - stolen)

    def _stolen_on(self, bank: str, number: str, at: int) -> int:
        """Stolen minor units on an account at a moment: what came by payments that happened, less what went on."""
        stolen = 0
        for path in self._paths:
            transfer = self._transfers[path["transfer"]]
            if transfer["time"] > at or transfer["id"] in self._stopped:
                continue
            if (transfer["creditor_bank"], transfer["creditor"]) == (bank, number):
                stolen += path["counter_amount"]
            if (transfer["debtor_bank"], transfer["debtor"]) == (bank, number) and path["parent"] is not None:
                stolen -= path["amount"]
        return stolen
