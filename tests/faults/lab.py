"""Centres at work on a network of their own, and what whoever tests them may do: call, wait until all is done, compare."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from itertools import combinations
from pathlib import Path

import pauses
from both_ends import assert_holds_agree, assert_messages_agree
from centres import CODES, Centre, Clerk, copied
from changes import Changes, changes_in
from network import Network, network
from three_countries import MOVES, NOON, Paid, bank_of

SETTLED_WITHIN_SECONDS = 180
"""Seconds are not what these tests measure: on a busy machine three nodes take minutes for what takes seconds else."""

HAPPENS_WITHIN_SECONDS = 90

QUIET_SECONDS = 0.5
"""When nothing has been written for so long and nothing waits, all is done."""

TOGETHER_SECONDS = 0.1
"""Writes that come so close together are looked at once."""


class Lab:
    """`centres` by country. Their people act through `clerk`; `changes` is what any of them writes."""

    def __init__(self, net: Network, centres: dict[str, Centre], changes: Changes, stack: ExitStack) -> None:
        self.net, self.centres, self.changes = net, centres, changes
        self._stack = stack
        self._clerks: dict[str, Clerk] = {}
        self._callers = 0

    def start(self, *codes: str) -> None:
        for code in codes:
            self.begin(code)
        for code in codes:
            self.centres[code].wait(self.changes)

    def begin(self, code: str, fault: str = "") -> None:
        """Start a centre without waiting for it; `fault`: where one of its processes dies."""
        centre = self.centres[code]
        for folder in (centre.home.root, centre.home.sandbox):
            folder.mkdir(exist_ok=True)
            self.changes.watch(folder)
        centre.start(self.net, fault)

    def clerk(self, code: str) -> Clerk:
        if code not in self._clerks:
            centre = self.centres[code]
            self._clerks[code] = Clerk(centre.environment, centre.log)
            self._stack.callback(self._clerks[code].close)
        return self._clerks[code]

    def dismiss(self, code: str) -> None:
        """Nobody is at a centre while its home is taken away."""
        if code in self._clerks:
            self._clerks.pop(code).close()

    def call(self, code: str, paid: Paid) -> str:
        """A victim tells a centre of a payment; the claim's id."""
        self._callers += 1
        (minutes,) = (move[1] for move in MOVES if move[0] == paid.transfer)
        claim: str = self.clerk(code)(
            "call",
            payer=paid.payer,
            payee=paid.payee,
            payer_bank=bank_of(paid.payer),
            payee_bank=bank_of(paid.payee),
            amount=paid.amount,
            about=(NOON + timedelta(minutes=minutes)).isoformat(),
            callback=f"+8619044440{self._callers:03}",
        )
        return claim

    def waiting(self) -> dict[str, dict[str, int]]:
        """What is not done yet, by country."""
        found = {code: centre.end.waiting() for code, centre in self.centres.items()}
        return {code: waiting for code, waiting in found.items() if waiting}

    def until(self, true: Callable[[], object], within: float = HAPPENS_WITHIN_SECONDS) -> None:
        """Wait for something that the centres write; pauses are sat through."""
        self.changes.until(true, within)

    def settle(self, *deciding: str, within: float = SETTLED_WITHIN_SECONDS) -> None:
        """Approve what the deciding centres' plans propose, until nothing is left to do anywhere."""
        deadline = time.monotonic() + within
        while True:
            waiting = self.waiting()
            for code, left in waiting.items():
                if code in deciding and left.keys() & {"lines of plans", "orders under way"}:
                    self.clerk(code)("approve")
                if "orders of partners" in left:
                    self.clerk(code)("accept")
            done = not waiting and not self.messages_differ()
            if not self.changes.wait(QUIET_SECONDS):
                if done:
                    return
                pauses.pass_over(self.centres.values())
            assert time.monotonic() < deadline, f"not settled: {self.waiting()} {self.messages_differ()}"
            time.sleep(TOGETHER_SECONDS)

    def held_at_banks(self) -> dict[str, int]:
        """Account → what all banks of all countries hold on it."""
        total: Counter[str] = Counter()
        for centre in self.centres.values():
            for hold in centre.holds().values():
                total[hold.account] += hold.amount
        return dict(total)

    def messages_differ(self) -> str:
        """Where two centres have not the same on record of each other; empty when they have."""
        for one, other in combinations(self.centres.values(), 2):
            try:
                assert_messages_agree(one.end, other.end)
            except AssertionError as difference:
                return str(difference)
        return ""

    def assert_agree(self, *paids: Paid) -> None:
        """Each two centres have the same on record of each other, and the banks hold just the money of these payments."""
        assert self.messages_differ() == ""
        for one, other in combinations(self.centres.values(), 2):
            for asker, holder in ((one, other), (other, one)):
                holds = holder.holds()
                assert_holds_agree(asker.end, holder.end, lambda order, holds=holds: holds[order].amount)
        expected: Counter[str] = Counter()
        for paid in paids:
            expected.update(paid.rests)
        assert self.held_at_banks() == dict(expected)


@contextmanager
def lab_of(laid_out: Path, folder: Path, *codes: str, record: Path | None = None) -> Iterator[Lab]:
    """Centres of a test's own on a network of their own; none runs yet."""
    with ExitStack() as stack:
        centres = stack.enter_context(copied(laid_out, folder, *codes))
        changes = stack.enter_context(changes_in(folder))  # where a process says that it dies now
        net = stack.enter_context(network(record))
        net.add(*CODES)
        yield Lab(net, centres, changes, stack)
