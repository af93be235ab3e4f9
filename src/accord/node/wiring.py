"""Which adapter serves which port on this node.

An institution that has a line in lines.toml is reached over it. During an exercise all others are sandbox banks; otherwise
questions about institutions that this node's own records cover (`own_ledger_covers`) are answered from them, and there is no
line to anyone else. A bank's node asks nobody: it has a core system behind it, and lines to the agencies that order.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from django.conf import settings

from accord.adapters.own_ledger import OwnLedger
from accord.adapters.sandbox_bank import SandboxBanks
from accord.adapters.sandbox_core import SandboxCore
from accord.capabilities.claims.ports import LedgerHolder
from accord.capabilities.controls import core_line
from accord.capabilities.orders.ports import OrderTaker
from accord.capabilities.orders.regime import current_regime
from accord.core import clock
from accord.core.errors import NotFound, Unavailable
from accord.node.bank_lines import BankLines
from accord.node.home import Home
from accord.node.ledger_index import catch_up
from accord.node.line_wiring import with_lines
from accord.node.lines import LineBook
from accord.node.worker import Lines

OWN_LEDGER: Final = "own-records"
"""The name under which this node's own records may be asked as one ledger holder."""

CALLS_TO_CENTRES: Final = 8
"""Pushes of a bank's node under way at once."""


@dataclass(frozen=True, slots=True)
class Wired:
    """The node's lines, and what must be done now and then so that what they answer from keeps up with the world."""

    lines: Lines
    keep_up: Callable[[], None]


def wire(home: Home) -> Wired:
    """The lines of this node, by what lies in its home."""
    if settings.ACCORD_AGENCY_KIND == "bank":
        return _wire_bank(home)
    wired = wire_sandbox(SandboxBanks.from_world(home.world, home.sandbox)) if home.world.exists() else _wire_own_ledger(home)
    return with_lines(wired, LineBook(home), settings.ACCORD_AGENCY)


def wire_sandbox(banks: SandboxBanks) -> Wired:
    """Every institution is a sandbox bank, and the world moves on with the clock."""

    def holder_of(institution: str) -> LedgerHolder:
        with _line_to(institution):
            return banks.holder(institution)

    def taker_of(institution: str) -> OrderTaker:
        with _line_to(institution):
            return banks.bank(institution)

    lines = Lines(holder_of=holder_of, taker_of=taker_of, authority=current_regime().authority)
    return Wired(lines, lambda: banks.advance(clock.now()))


def _wire_bank(home: Home) -> Wired:
    """This node is one bank: it asks nobody, and carries out what others order in its core system.

    In an exercise that core is simulated: the bank of this code in the made-up world. Without one the inbox takes messages
    in and people may look at them, but nothing is carried out until a core is connected.
    """

    def nobody(institution: str) -> Any:
        raise Unavailable(f"this node is a bank's; it has no line to {institution!r}")

    lines = Lines(holder_of=nobody, taker_of=nobody, authority=current_regime().authority)
    executor = ThreadPoolExecutor(CALLS_TO_CENTRES, thread_name_prefix="centre")
    centres = BankLines(LineBook(home), settings.ACCORD_AGENCY, executor)
    if not home.world.exists():
        core_line.connect(None)
        return Wired(lines, centres.keep_up)
    banks = SandboxBanks.from_world(home.world, home.sandbox, delay_factor=0, refusal_factor=0)
    core_line.connect(SandboxCore(banks, settings.ACCORD_AGENCY))

    def keep_up() -> None:
        banks.advance(clock.now())
        centres.keep_up()

    return Wired(lines, keep_up)


@contextmanager
def _line_to(institution: str) -> Iterator[None]:
    try:
        yield
    except NotFound as error:
        raise Unavailable(f"there is no line to {institution!r}; check the institution's code") from error


def _wire_own_ledger(home: Home) -> Wired:
    covered = frozenset(filter(None, os.environ.get("ACCORD_OWN_LEDGER_COVERS", "").split(",")))
    everything = "*" in covered

    @cache
    def own() -> OwnLedger:
        return OwnLedger(home.index, OWN_LEDGER, None if everything else covered)

    def holder_of(institution: str) -> LedgerHolder:
        if everything or institution in covered:
            return own()
        raise Unavailable(f"there is no line to {institution!r} and this node's own records do not cover it")

    def taker_of(institution: str) -> OrderTaker:
        raise Unavailable(f"there is no line for orders to {institution!r}; connect the bank first")

    seen: list[int] = []

    def keep_up() -> None:
        """Index what was loaded since the last look; a look costs one file's time stamp."""
        log = home.records / "transfers" / "_delta_log"
        if covered and log.is_dir() and [log.stat().st_mtime_ns] != seen:
            seen[:] = [log.stat().st_mtime_ns]
            catch_up(home)

    return Wired(Lines(holder_of=holder_of, taker_of=taker_of, authority=current_regime().authority), keep_up)
