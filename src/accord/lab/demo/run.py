"""The demo from the first line to the last: world, centres, day, tables, desks."""

from __future__ import annotations

import secrets
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from accord.core.errors import BadInput, Conflict
from accord.core.file_locks import exclusive, is_held
from accord.engine.exercise import World, WorldPlan, make_world
from accord.lab.errors import Msg
from accord.lab.federation import forking, introductions, kernels, layout
from accord.lab.federation.channel import Member, answers, ask_all, close_all
from accord.lab.federation.people import LIAISON, OFFICER, SUPERVISOR
from accord.lab.federation.plan import FederationPlan, free_ports, plan_centres
from accord.node import exercise_clock, exercise_world, serve
from accord.node.home import Home

if TYPE_CHECKING:
    from accord.adapters.sandbox_bank import SandboxBanks

_LAST_PORT: Final = 65_535


@dataclass(frozen=True, slots=True)
class Stage:
    """What stays the same while a demo runs. `addresses` are those of the desks that are open, by agency code."""

    plan: FederationPlan
    world: World
    members: Mapping[str, Member]
    password: str
    addresses: dict[str, str]
    console: Console

    @property
    def home(self) -> Home:
        return Home(self.plan.root)


def run(root: Path, world_plan: WorldPlan, *, port: int, keep_desks_open: bool) -> None:
    """Play the demo of a planned world under `root`. An earlier one that has ended makes room.

    Raises Conflict where real nodes lie there or a demo is still running, Unavailable where a port is taken, KeyboardInterrupt
    where it is to end before its day has begun.
    """
    console = Console(stderr=True, highlight=False)
    countries = world_plan.countries
    ports = _ports(port, len(countries)) if port and keep_desks_open else free_ports(len(countries))
    plan = plan_centres(root, countries, ports)
    stop = threading.Event()
    with _alone(root), serve.stopping_on_signals(stop), ExitStack() as open_:
        layout.make_room(plan)
        with _progress(console) as making:
            world = _make_world(world_plan, making)
        layout.lay_out(plan, world, world_plan.call_day)
        members = _start_centres(plan, world)
        open_.callback(close_all, members.values())
        progress = open_.enter_context(_progress(console))
        opening = _Opening(progress, stop, steps=4 + len(plan.pacts) if len(countries) > 1 else 3)
        stage = _open_centres(plan, world, console, opening, members, keep_desks_open=keep_desks_open)
        if keep_desks_open:
            tell_sign_in(stage)
        ended = _play(stage, progress, stop)
        progress.stop()
        exercise_clock.run_on_from(stage.home, ended)
        if keep_desks_open and not stop.is_set():
            ask_all(stage.members.values(), "work_on")
            tell_sign_in(stage)
            console.print("The exercise goes on at ordinary speed; Ctrl-C ends it.")
            _wait(stop, stage)


def _ports(first: int, number: int) -> tuple[int, ...]:
    """One port after another, on none of which anybody listens: found out before anything is cleared away."""
    ports = tuple(range(first, first + number))
    if ports[-1] > _LAST_PORT:
        highest = _LAST_PORT - number + 1
        raise BadInput(Msg.DESKS_NEED_PORTS, number=number, first=first, last=ports[-1], highest=highest, where="--port")
    for port in ports:
        serve.refuse_taken("127.0.0.1", port)
    return ports


@contextmanager
def _alone(root: Path) -> Iterator[None]:
    """The only demo in this folder: another would clear away the stores that the first one works with."""
    lock = root / "cache" / "demo.lock"
    if is_held(lock):
        raise Conflict(Msg.DEMO_RUNNING_IN_FOLDER, where=str(root))
    Home(root).create()
    with exclusive(lock):
        yield


class _Opening:
    """Shows how far the opening of the centres is, and ends it between two steps where that is wanted."""

    def __init__(self, progress: Progress, stop: threading.Event, steps: int) -> None:
        self._progress, self._stop = progress, stop
        self._task = progress.add_task("Opening the centres", total=steps, note="stores, staff, the tracer")

    def next(self, note: str) -> None:
        """The step before is done; `note` says what begins now."""
        if self._stop.is_set():
            raise KeyboardInterrupt
        self._progress.update(self._task, advance=1, note=note)


def _progress(console: Console) -> Progress:
    return Progress(
        SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[note]}"), TimeElapsedColumn(),
        console=console,
    )  # fmt: skip


def _make_world(plan: WorldPlan, progress: Progress) -> World:
    task = progress.add_task("Making a world", total=1.0, note="")
    world = make_world(plan, lambda part, done: progress.update(task, completed=done, note=part))
    progress.update(task, completed=1.0, note=f"{len(world.transfers):,} transfers, {len(world.banks)} banks")
    return world


def _start_centres(plan: FederationPlan, world: World) -> dict[str, Member]:
    """Fork the centres' processes from this one, which has loaded what they need and has no thread at this moment."""
    home = Home(plan.root)
    forking.load(home)
    from accord.lab.demo import player

    exercise_world.keep(home, world)
    kernels.make_ready()
    return {
        centre.code: Member.forked(
            centre.code, partial(player.forked, layout.environment(plan, centre)), centre.folder / "demo.log"
        )
        for centre in plan.centres
    }


def _open_centres(
    plan: FederationPlan,
    world: World,
    console: Console,
    opening: _Opening,
    members: Mapping[str, Member],
    *,
    keep_desks_open: bool,
) -> Stage:
    """Let the centres get to know each other, and have them ready for their calls."""
    several = len(plan.centres) > 1
    password = "-".join(secrets.token_hex(2) for _ in range(4))
    stage = Stage(plan, world, members, password, {}, console)
    for member in members.values():
        member.tell("prepare", password=password)
    answers(members.values())
    opening.next("desks")
    if keep_desks_open or several:
        for centre in plan.centres:
            members[centre.code].tell("open_desk", port=centre.port)
        stage.addresses.update(answers(members.values()))
    if several:
        introductions.introduce(plan, members, world.plan.start, opening.next)
    opening.next("staff learn who calls today")
    for centre in plan.centres:
        members[centre.code].tell("begin", country=centre.country)
    answers(members.values())
    opening.next(", ".join(members))
    return stage


def tell_sign_in(stage: Stage) -> None:
    """Where the desks are, and how one comes in."""
    stage.console.print()
    for name, address in stage.addresses.items():
        stage.console.print(f"The desk of {name} is open at [bold]{address}[/]")
    names = f"[bold]{OFFICER}[/], [bold]{SUPERVISOR}[/] or [bold]{LIAISON}[/]"
    stage.console.print(f"Sign in as {names} with [bold]{stage.password}[/]\n")


def _play(stage: Stage, progress: Progress, stop: threading.Event) -> datetime:
    """Play the day and print the tables; returns the exercise's last moment."""
    from accord.adapters.sandbox_bank import SandboxBanks
    from accord.lab.demo import tables
    from accord.lab.demo.leader import Leader
    from accord.lab.demo.outcomes import CentreOutcome
    from accord.lab.demo.results import evaluate
    from accord.lab.demo.truth import Truth

    exercise_clock.install(stage.home)
    banks: SandboxBanks = SandboxBanks.from_world(stage.world, stage.home.sandbox, books=exercise_world.of(stage.home).books)
    plan = stage.world.plan
    task = progress.add_task("Playing the day", total=len(stage.world.reports), note="")

    def shown(moment: datetime, calls: int) -> None:
        progress.update(task, completed=calls, note=f"{moment:%H:%M} UTC, {calls} of {len(stage.world.reports)} calls")

    try:
        ended = Leader(stage.home, stage.members, banks, shown).play(plan.call_day, plan.end, stop)
        told = {name: msgspec.convert(one, CentreOutcome) for name, one in ask_all(stage.members.values(), "told").items()}
        results = evaluate(stage.world, Truth(stage.world, banks), told, stage.plan)
        tables.show(results, Console(file=sys.stdout, highlight=False))
    finally:
        banks.close()
    return ended


def _wait(stop: threading.Event, stage: Stage) -> None:
    """Until Ctrl-C. Raises Unavailable where a centre ends by itself."""
    while not stop.wait(1):
        for member in stage.members.values():
            member.check()
