"""How a gang passes stolen money on: splits, layers, delays, borders, and the ways out.

Money lies on a mule's account as parcels, each made of slices: so much of which victim's. A parcel leaves after a while,
sometimes together with others that wait on the same account; the mule may keep a commission; the rest goes on in pieces.
Slices leave in order, so it is known to the minor unit whose money each piece carries. The parcel that holds a chain's
spine always goes on to a bank the chain has not seen, so that every chain reaches its full number of hops (while the day
lasts).
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from accord.core.clock import to_micros
from accord.engine.exercise.cast import Cast, Ints
from accord.engine.exercise.countries import Country, rate
from accord.engine.exercise.gangs import MINUTE, GangCast, Payment
from accord.engine.exercise.model import AccountKind
from accord.engine.records.schema import TransferKind

_SMALLEST_PIECE_DOLLARS: Final = 40
_CROSS_BORDER: Final = 0.25
_MERGE: Final = 0.3
_EARLY_EXIT: Final = 0.12
_COMMISSION: Final = 0.5
_LANDS_WITH_INNOCENTS: Final = 0.12


@dataclass(frozen=True, slots=True)
class Slice:
    """So much of one victim's money, in the currency of the account it lies on; `transfer` brought it (a row of the plot)."""

    victim: int
    amount: int
    transfer: int


@dataclass(slots=True)
class Parcel:
    """Money that lies on an account and leaves together. `seen` are the banks that its spine has been to."""

    account: int
    gang: int
    hop: int
    arrived: int
    leaves: int
    slices: list[Slice]
    seen: frozenset[int]
    spine: bool
    gone: bool = False


@dataclass(frozen=True, slots=True)
class PlotTransfer:
    """One scam transfer; `parents` are rows of the plot whose money it passes on."""

    gang: int
    debtor: int
    creditor: int
    time: int
    settles_at: int | None
    amount: int
    counter_amount: int
    kind: TransferKind
    parents: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Path:
    """One slice that moved: a row of the truth."""

    victim: int
    transfer: int
    parent: int | None
    hop: int
    amount: int
    counter_amount: int
    gang: int


@dataclass(frozen=True, slots=True)
class Rest:
    """Where one slice came to rest; `exit` is None while it stands."""

    victim: int
    transfer: int
    account: int
    amount: int
    exit: TransferKind | None


@dataclass(slots=True)
class Plot:
    """Every scam transfer in the order made, and the truth about them."""

    transfers: list[PlotTransfer] = field(default_factory=list)
    paths: list[Path] = field(default_factory=list)
    rests: list[Rest] = field(default_factory=list)
    claims: list[list[int]] = field(default_factory=list)


def play_out(cast: Cast, gangs: tuple[GangCast, ...], payments: tuple[Payment, ...]) -> Plot:
    """Let every payment run its course until the world ends."""
    return _Launderer(cast, gangs).run(payments)


class _Launderer:
    def __init__(self, cast: Cast, gangs: tuple[GangCast, ...]) -> None:
        self.cast = cast
        self.rng = cast.plan.random("chains")
        self.mules = [np.array(gang.mules, np.int64) for gang in gangs]
        self.end = to_micros(cast.plan.end)
        self.plot = Plot(claims=[[] for _ in range(cast.plan.victims)])
        self.branches = [1] * cast.plan.victims
        self.waiting: dict[int, list[Parcel]] = {}
        self.queue: list[tuple[int, int, Parcel]] = []
        self.queued = 0

    def run(self, payments: tuple[Payment, ...]) -> Plot:
        for payment in payments:
            self._start(payment)
        while self.queue:
            _, _, parcel = heapq.heappop(self.queue)
            if not parcel.gone:
                self._move(parcel)
        return self.plot

    def _start(self, payment: Payment) -> None:
        whole = [Slice(payment.victim, payment.amount, -1)]
        seen = frozenset({int(self.cast.bank_of[payment.debtor])})
        moment = (payment.time, payment.settles_at)
        self.plot.claims[payment.victim].append(len(self.plot.transfers))
        self._send(payment.gang, payment.debtor, payment.creditor, moment, whole, TransferKind.TRANSFER, 0, seen, spine=True)

    def _send(
        self, gang: int, debtor: int, creditor: int, moment: tuple[int, int | None], slices: list[Slice],
        kind: TransferKind, hop: int, seen: frozenset[int], *, spine: bool,
    ) -> None:  # fmt: skip
        """Write one transfer with its truth, and let what arrived wait, rest or leave."""
        row, received = len(self.plot.transfers), self._converted(debtor, creditor, slices)
        arrived = [Slice(part.victim, counter, row) for part, counter in zip(slices, received, strict=True) if counter]
        parents = tuple(sorted({part.transfer for part in slices if part.transfer >= 0}))
        amount = sum(part.amount for part in slices)
        self.plot.transfers.append(PlotTransfer(gang, debtor, creditor, *moment, amount, sum(received), kind, parents))
        for part, counter in zip(slices, received, strict=True):
            parent = part.transfer if part.transfer >= 0 else None
            self.plot.paths.append(Path(part.victim, row, parent, hop, part.amount, counter, gang))
        if kind is not TransferKind.TRANSFER:
            self._rest(creditor, arrived, kind)
        elif self.cast.accounts.kind[creditor] != AccountKind.MULE or hop >= self.cast.plan.chain_hops:
            self._rest(creditor, arrived, None)
        else:
            seen |= {int(self.cast.bank_of[creditor])}
            self._wait(Parcel(creditor, gang, hop, moment[1] or moment[0], 0, arrived, seen, spine))

    def _wait(self, parcel: Parcel) -> None:
        """Some minutes (log-normal); what came to an account earlier also leaves it earlier."""
        median = 4.0 if parcel.hop == 0 else 7.0
        parcel.leaves = parcel.arrived + int(np.clip(np.exp(self.rng.normal(np.log(median), 0.8)), 0.5, 240) * MINUTE)
        earlier = [other.leaves for other in self.waiting.get(parcel.account, ()) if other.arrived <= parcel.arrived]
        if earlier and max(earlier) >= parcel.leaves:
            parcel.leaves = max(earlier) + int(self.rng.uniform(0.1, 1) * MINUTE)
        if parcel.leaves >= self.end:
            self._rest(parcel.account, parcel.slices, None)
            return
        self.waiting.setdefault(parcel.account, []).append(parcel)
        heapq.heappush(self.queue, (parcel.leaves, self.queued, parcel))
        self.queued += 1

    def _move(self, parcel: Parcel) -> None:
        slices = list(parcel.slices)
        self.waiting[parcel.account].remove(parcel)
        for other in list(self.waiting[parcel.account]):
            same = other.arrived <= parcel.leaves and other.hop == parcel.hop and other.gang == parcel.gang and not other.spine
            if same and self.rng.random() < _MERGE:
                slices += other.slices
                other.gone = True
                self.waiting[parcel.account].remove(other)
        kept, pieces = self._pieces(parcel, slices[0].victim, sum(part.amount for part in slices))
        if not pieces:
            self._rest(parcel.account, slices, None)
            return
        for number, piece in enumerate(pieces):
            self._send_piece(parcel, _taken(slices, piece), number, spine=parcel.spine and number == 0)
        if kept:
            self._rest(parcel.account, slices, None)

    def _pieces(self, parcel: Parcel, victim: int, total: int) -> tuple[int, list[int]]:
        """(commission kept, amounts of the pieces): the first layer splits in 2 to 4, later ones now and then in two."""
        smallest = int(_SMALLEST_PIECE_DOLLARS * self._country(parcel.account).minor_per_dollar)
        if total < smallest and not parcel.spine:
            return total, []
        kept = int(total * self.rng.uniform(0.01, 0.04)) if self.rng.random() < _COMMISSION else 0
        wanted = int(self.rng.integers(2, 5)) if parcel.hop == 0 else 1 + int(self.rng.random() < 0.3)
        room = self.cast.plan.chain_width - self.branches[victim]
        wanted = max(1, min(wanted, 1 + room, (total - kept) // smallest))
        self.branches[victim] += wanted - 1
        cuts = np.sort(self.rng.uniform(0.15, 0.85, wanted - 1))
        if wanted > 2:
            cuts = (np.arange(1, wanted) + self.rng.uniform(-0.3, 0.3, wanted - 1)) / wanted
        ends = [int((total - kept) * cut) for cut in cuts] + [total - kept]
        return kept, [end - start for start, end in zip([0, *ends], ends, strict=False) if end > start]

    def _send_piece(self, parcel: Parcel, slices: list[Slice], number: int, *, spine: bool) -> None:
        hop = parcel.hop + 1
        last = hop >= self.cast.plan.chain_hops
        moment = (min(parcel.leaves + int(number * self.rng.uniform(0.3, 2.5) * MINUTE), self.end - 1), None)
        leave = self.cast.plan.exit_share if last else _EARLY_EXIT * self.cast.plan.exit_share
        kind = TransferKind.TRANSFER
        if (last or not spine) and self.rng.random() < leave:
            creditor, kind = self._way_out(parcel.account)
        elif last and self.cast.plan.exit_share and self.rng.random() < _LANDS_WITH_INNOCENTS:
            creditor = self._innocent(parcel.account)
        else:
            creditor = self._next_mule(parcel, spine=spine)
        self._send(parcel.gang, parcel.account, creditor, moment, slices, kind, hop, parcel.seen, spine=spine)

    def _next_mule(self, parcel: Parcel, *, spine: bool) -> int:
        """Another account of the gang, at another bank where it can be; the spine's at a bank the chain has not seen."""
        bank, country = self.cast.bank_of, self.cast.country_of
        mules = self.mules[parcel.gang]
        mules = mules[mules != parcel.account]
        mules = _where(mules, bank[mules] != bank[parcel.account])
        if spine:
            mules = _where(mules, ~np.isin(bank[mules], list(parcel.seen)))
        abroad = bool(self.rng.random() < _CROSS_BORDER)
        mules = _where(mules, (country[mules] != country[parcel.account]) == abroad)
        return int(mules[self.rng.integers(len(mules))])

    def _way_out(self, account: int) -> tuple[int, TransferKind]:
        """Cash at the mule's own bank, an exchange or a gold dealer of its country."""
        country = int(self.cast.country_of[account])
        draw = self.rng.random()
        if draw < 0.4:
            return int(self.cast.cash_of_bank[self.cast.bank_of[account]]), TransferKind.CASH
        if draw < 0.75:
            return int(self.rng.choice(self.cast.groups[AccountKind.EXCHANGE].all_of(country))), TransferKind.EXCHANGE
        return int(self.rng.choice(self.cast.gold.all_of(country))), TransferKind.MERCHANT

    def _innocent(self, account: int) -> int:
        """Somebody's joint or salary account, or a wallet provider's pooled one."""
        country = int(self.cast.country_of[account])
        people = self.cast.people.all_of(country)
        held = np.concatenate([self.cast.joint[people], self.cast.salary[people]])
        held = np.unique(held[held >= 0])
        if not len(held) or self.rng.random() < 0.2:
            return int(self.cast.groups[AccountKind.POOLED].first[country])
        return int(self.rng.choice(held))

    def _rest(self, account: int, slices: list[Slice], way_out: TransferKind | None) -> None:
        self.plot.rests += [Rest(part.victim, part.transfer, account, part.amount, way_out) for part in slices]

    def _converted(self, debtor: int, creditor: int, slices: list[Slice]) -> list[int]:
        """What each slice becomes at the creditor's: the parts add up to what the whole becomes."""
        numerator, denominator = rate(self._country(debtor), self._country(creditor))
        received, before = [], 0
        total = 0
        for part in slices:
            total += part.amount
            after = total * numerator // denominator
            received.append(after - before)
            before = after
        return received

    def _country(self, account: int) -> Country:
        return self.cast.countries[int(self.cast.country_of[account])]


def _where(accounts: Ints, wanted: NDArray[np.bool_]) -> Ints:
    """Those wanted, or all where none is."""
    return accounts[wanted] if wanted.any() else accounts


def _taken(slices: list[Slice], amount: int) -> list[Slice]:
    """Take the first `amount` units out of `slices`, which keep the rest."""
    taken: list[Slice] = []
    while amount > 0:
        first = slices[0]
        part = min(first.amount, amount)
        taken.append(Slice(first.victim, part, first.transfer))
        amount -= part
        if part == first.amount:
            slices.pop(0)
        else:
            slices[0] = Slice(first.victim, first.amount - part, first.transfer)
    return taken
