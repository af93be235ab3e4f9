"""Tracing by brute force, for tests: every transfer is played, every minor unit is moved by hand.

Written from the rules' definitions alone and for clarity alone. FIFO and LIFO keep a Python list of units per pocket; a
unit is None when clean, else (the piece it belongs to, its place in the transfer that brought it).
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

Key = tuple[str | None, str, str]


@dataclass
class Move:
    """One transfer of a random ledger."""

    id: str
    seq: int
    time: int
    debtor: tuple[str | None, str]
    creditor: tuple[str | None, str]
    amount: int
    currency: str
    counter: tuple[int, str] | None = None
    kind: str = "transfer"

    @property
    def payer(self) -> Key:
        return (*self.debtor, self.currency)

    @property
    def payee(self) -> Key:
        return (*self.creditor, self.counter[1] if self.counter else self.currency)

    @property
    def received(self) -> int:
        return self.counter[0] if self.counter else self.amount


@dataclass
class Stops:
    """Where the oracle stops."""

    until: int | None = None
    min_parcel: int = 0
    hubs: frozenset[tuple[str | None, str]] = frozenset()
    covered: frozenset[str] | None = None

    def exit(self, move: Move, amount: int, is_claim: bool, currency: str) -> str | None:
        if move.kind in ("cash", "exchange", "payroll", "merchant"):
            return move.kind
        if move.debtor == move.creditor:
            return None
        if move.creditor in self.hubs:
            return "hub"
        if self.covered is not None and move.creditor[0] not in self.covered:
            return "outside"
        if not is_claim and move.currency == currency and amount < self.min_parcel:
            return "below_minimum"
        return None


@dataclass
class Result:
    """What both the oracle and the engine are boiled down to."""

    claimed: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    flows: list[Any] = field(default_factory=list)
    standing: dict[Key, int] = field(default_factory=dict)
    exits: list[Any] = field(default_factory=list)
    parcels: dict[Key, set[tuple[str, int]]] = field(default_factory=dict)


def in_order(moves: list[Move], until: int | None) -> list[Move]:
    return sorted((m for m in moves if until is None or m.time <= until), key=lambda m: (m.time, m.seq))


def trace_units(
    moves: list[Move],
    openings: dict[Key, int],
    claims: dict[str, list[tuple[int, int]]],
    rule: str,
    stops: Stops,
    currency: str,
) -> Result:
    """FIFO and LIFO, unit by unit. `claims`: transfer id → disjoint unit ranges."""
    pockets: dict[Key, list[Any]] = defaultdict(list)
    for key, amount in openings.items():
        pockets[key] = [None] * amount
    result = Result()
    for move in in_order(moves, stops.until):
        queue = pockets[move.payer]
        queue.extend([None] * (move.amount - len(queue)))
        if rule == "fifo":
            taken = queue[: move.amount]
            del queue[: move.amount]
        else:
            taken = queue[len(queue) - move.amount :][::-1]
            del queue[len(queue) - move.amount :]
        labels = [unit[0] if unit else None for unit in taken]
        hops = [label[0] for label in labels if label]
        for number, (first, last) in enumerate(claims.get(move.id, [])):
            for place in range(first, last):
                result.claimed[move.currency] += labels[place] is None
                labels[place] = (0, "claim", number)
        pieces = runs(labels)
        amount = sum(end - start for start, end in pieces)
        arriving: list[Any] = [None] * move.received
        if amount:
            hop = 0 if move.id in claims else 1 + min(hops)
            leaves = stops.exit(move, amount, move.id in claims, currency)
            result.flows.append((move.id, amount, hop, tuple(pieces)))
            if leaves:
                result.exits.append((move.id, move.creditor, amount, leaves, tuple(pieces)))
            else:
                for number, (start, end) in enumerate(pieces):
                    begin = start * move.received // move.amount
                    for place in range(begin, begin + (end - start) * move.received // move.amount):
                        arriving[place] = ((hop, move.id, number), (move.id, place))
        pockets[move.payee].extend(arriving)
    for key, queue in pockets.items():
        tainted = [unit for unit in queue if unit]
        if tainted:
            result.standing[key] = len(tainted)
            result.parcels[key] = {unit[1] for unit in tainted}
    return result


def runs(labels: list[Any]) -> list[tuple[int, int]]:
    """Ranges of equal labels, None left out."""
    pieces: list[tuple[int, int]] = []
    for place, label in enumerate(labels):
        if label is None:
            continue
        if place and labels[place - 1] == label:
            pieces[-1] = (pieces[-1][0], place + 1)
        else:
            pieces.append((place, place + 1))
    return pieces


def trace_pools(
    moves: list[Move], openings: dict[Key, int], claims: dict[str, int], rule: str, stops: Stops, currency: str
) -> Result:
    """Haircut, lowest intermediate balance and poison, transfer by transfer. `claims`: transfer id → units."""
    balance: dict[Key, int] = defaultdict(int, openings)
    taint: dict[Key, int] = defaultdict(int)
    nearest: dict[Key, int] = {}
    poisoned: set[Key] = set()
    result = Result()
    for move in in_order(moves, stops.until):
        payer, payee = move.payer, move.payee
        balance[payer] = max(balance[payer], move.amount)
        if rule == "haircut":
            moved = move.amount * taint[payer] // balance[payer]
        elif rule == "libr":
            moved = max(0, move.amount - (balance[payer] - taint[payer]))
        else:
            moved = move.amount if payer in poisoned else 0
        balance[payer] -= move.amount
        taint[payer] -= moved
        claim = claims.get(move.id, 0)
        result.claimed[move.currency] += claim - min(claim, moved)
        amount = max(claim, moved)
        balance[payee] += move.received
        if not amount:
            continue
        hop = 0 if claim else nearest[payer] + 1
        result.flows.append((move.id, amount, hop, ()))
        leaves = stops.exit(move, amount, bool(claim), currency)
        if leaves:
            result.exits.append((move.id, move.creditor, amount, leaves, ()))
            continue
        received = amount * move.received // move.amount
        if received or rule == "poison":
            taint[payee] += received
            poisoned.add(payee)
            nearest[payee] = min(hop, nearest.get(payee, hop))
    if rule != "poison":
        result.standing = {key: amount for key, amount in taint.items() if amount}
    return result
