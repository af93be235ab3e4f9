"""Which adapter serves which port on this node.

An institution of a partner's jurisdiction is asked at the partner's centre. One that has a line in lines.toml is reached over
it. During an exercise all others are sandbox banks; otherwise questions about institutions that this node's own records cover
(`own_ledger_covers`) are answered from them, and there is no line to anyone else. A bank's node asks nobody: it has a core
system behind it, and lines to the agencies that order.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
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
from accord.engine.exercise import World
from accord.node import exercise_world
from accord.node.bank_lines import BankLines
from accord.node.errors import Msg
from accord.node.home import Home
from accord.node.ledger_index import catch_up
from accord.node.line_wiring import with_lines
from accord.node.lines import LineBook
from accord.node.partner_wiring import with_partners
from accord.node.wired import Lines, Wired

OWN_LEDGER: Final = "own-records"
"""The name under which this node's own records may be asked as one ledger holder."""

CALLS_TO_CENTRES: Final = 8
"""Pushes of a bank's node under way at once."""


def wire(home: Home) -> Wired:
    """The lines of this node, by what lies in its home."""
    if settings.ACCORD_AGENCY_KIND == "bank":
        return _wire_bank(home)
    wired = _wire_exercise(home) if home.world.exists() else _wire_own_ledger(home)
    return with_partners(with_lines(wired, LineBook(home), settings.ACCORD_AGENCY))


def _wire_exercise(home: Home) -> Wired:
    """All sandbox banks, or those of this node's countries where several nodes play in one world."""
    exercise = exercise_world.of(home)
    banks = SandboxBanks.from_world(exercise.world, home.sandbox, books=exercise.books)
    return wire_sandbox(banks, banks_reached(home, exercise.world))


def banks_reached(home: Home, world: World) -> frozenset[str] | None:
    """The banks and ledger holders of a world that this node has lines to; None is all."""
    if home.exercise_folder is None:
        return None
    stated = os.environ.get("ACCORD_COVERS_COUNTRIES") or settings.ACCORD_JURISDICTION
    countries = set(filter(None, stated.split(",")))
    own = [bank.code for bank in world.banks if bank.country in countries]
    return frozenset([*own, *(world.ledger_holder(code) for code in own)])


def wire_sandbox(banks: SandboxBanks, reached: frozenset[str] | None = None) -> Wired:
    """Every institution (of those `reached`) is a sandbox bank, and the world moves on with the clock."""

    def holder_of(institution: str) -> LedgerHolder:
        with _line_to(institution, reached):
            return banks.holder(institution)

    def taker_of(institution: str) -> OrderTaker:
        with _line_to(institution, reached):
            return banks.bank(institution)

    lines = Lines(holder_of=holder_of, taker_of=taker_of, authority=current_regime().authority)
    return Wired(lines, lambda: banks.advance(clock.now()))


def _wire_bank(home: Home) -> Wired:
    """This node is one bank: it asks nobody, and carries out what others order in its core system.

    In an exercise that core is simulated: the bank of this code in the made-up world. Without one the inbox takes messages
    in and people may look at them, but nothing is carried out until a core is connected.
    """

    def nobody(institution: str) -> Any:
        raise Unavailable(Msg.NODE_IS_A_BANK, institution=institution)

    lines = Lines(holder_of=nobody, taker_of=nobody, authority=current_regime().authority)
    executor = ThreadPoolExecutor(CALLS_TO_CENTRES, thread_name_prefix="centre")
    centres = BankLines(LineBook(home), settings.ACCORD_AGENCY, executor)
    if not home.world.exists():
        core_line.connect(None)
        return Wired(lines, centres.refresh)
    banks = SandboxBanks.from_world(home.world, home.sandbox, delay_factor=0, refusal_factor=0)
    core_line.connect(SandboxCore(banks, settings.ACCORD_AGENCY))

    def refresh() -> None:
        banks.advance(clock.now())
        centres.refresh()

    return Wired(lines, refresh)


@contextmanager
def _line_to(institution: str, reached: frozenset[str] | None = None) -> Iterator[None]:
    nobody = Msg.NO_LINE_TO_INSTITUTION.with_(code=institution)
    if reached is not None and institution not in reached:
        raise Unavailable(nobody)
    try:
        yield
    except NotFound as error:
        raise Unavailable(nobody) from error


def _wire_own_ledger(home: Home) -> Wired:
    covered = frozenset(filter(None, os.environ.get("ACCORD_OWN_LEDGER_COVERS", "").split(",")))
    everything = "*" in covered

    @cache
    def own() -> OwnLedger:
        return OwnLedger(home.index, OWN_LEDGER, None if everything else covered)

    def holder_of(institution: str) -> LedgerHolder:
        if everything or institution in covered:
            return own()
        raise Unavailable(Msg.NO_LINE_TO_NODE_OWN_RECORDS, code=institution)

    def taker_of(institution: str) -> OrderTaker:
        raise Unavailable(Msg.NO_LINE_FOR_ORDERS, institution=institution)

    seen: list[int] = []

    def refresh() -> None:
        """Index what was loaded since the last look; a look costs one file's time stamp."""
        log = home.records / "transfers" / "_delta_log"
        if covered and log.is_dir() and [log.stat().st_mtime_ns] != seen:
            seen[:] = [log.stat().st_mtime_ns]
            catch_up(home)

    return Wired(Lines(holder_of=holder_of, taker_of=taker_of, authority=current_regime().authority), refresh)
