"""The demo from the first line to the last: world, node, day, table, desk."""

from __future__ import annotations

import json
import secrets
import shutil
import sys
import threading
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from accord.core.errors import Conflict
from accord.engine.exercise import World, WorldPlan, make_world
from accord.node import exercise_clock, serve
from accord.node.home import Home

if TYPE_CHECKING:
    from accord.adapters.sandbox_bank import SandboxBanks
    from accord.capabilities.people.models import User

OFFICER: Final = "officer"
SUPERVISOR: Final = "supervisor"


@dataclass(frozen=True, slots=True)
class Cast:
    """Who plays, and the password that opens the desk."""

    officer: User
    supervisor: User
    password: str


def run(home: Home, plan: WorldPlan, *, port: int, keep_desk_open: bool) -> None:
    """Play the demo of a planned world in `home`. Raises Conflict where `home` holds a node that is no exercise."""
    console = Console(stderr=True, highlight=False)
    _make_room(home)
    home.create()
    with _progress(console) as progress:
        world = _make_world(home, plan, progress)
        exercise_clock.stand_at(home, world.plan.call_day)
        serve.prepare(home)
        cast = _make_people()
        desk = serve.web(home, "127.0.0.1", port) if keep_desk_open else nullcontext()
        stop = threading.Event()
        with serve.stopping_on_signals(stop), desk as opened:
            if opened is not None:
                _tell_sign_in(console, opened[0], cast)
            ended = _play(home, world, cast, progress, stop)
            progress.stop()
            exercise_clock.run_on_from(home, ended)
            if opened is not None and not stop.is_set():
                _tell_sign_in(console, opened[0], cast)
                console.print("The exercise goes on at ordinary speed; Ctrl-C ends it.")
                serve.run_worker(home, stop, opened[1])


def _progress(console: Console) -> Progress:
    return Progress(
        SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[note]}"), TimeElapsedColumn(),
        console=console,
    )  # fmt: skip


def _make_room(home: Home) -> None:
    """Clear an earlier exercise away; leave a real node alone."""
    if home.database.exists() and not home.exercise.exists():
        raise Conflict("this folder holds a node that is no exercise; choose another with --home", where=str(home.root))
    for folder in (home.exercise, home.sandbox):
        shutil.rmtree(folder, ignore_errors=True)
    for file in home.root.glob(f"{home.database.name}*"):
        file.unlink()


def _make_world(home: Home, plan: WorldPlan, progress: Progress) -> World:
    task = progress.add_task("Making a world", total=1.0, note="")
    world = make_world(plan, lambda part, done: progress.update(task, completed=done, note=part))
    home.exercise.mkdir(parents=True, exist_ok=True)
    world.save(home.world)
    names = {
        bank.code: {"name": bank.name, "name_zh": bank.name_zh, "country": bank.country, "currency": bank.currency}
        for bank in world.banks
    }
    (home.root / "institutions.json").write_text(json.dumps(names, ensure_ascii=False, indent=1), encoding="utf-8")
    progress.update(task, completed=1.0, note=f"{len(world.transfers):,} transfers, {len(world.banks)} banks")
    return world


def _make_people() -> Cast:
    from accord.capabilities.people import services as people
    from accord.capabilities.people.models import Role

    password = "-".join(secrets.token_hex(2) for _ in range(4))
    officer = people.create_user(OFFICER, password, Role.OFFICER, "Lin Yue")
    supervisor = people.create_user(SUPERVISOR, password, Role.SUPERVISOR, "Chen Hao")
    return Cast(officer, supervisor, password)


def _tell_sign_in(console: Console, address: str, cast: Cast) -> None:
    console.print(f"\nThe desk is open at [bold]{address}[/]")
    console.print(f"Sign in as [bold]{OFFICER}[/] or [bold]{SUPERVISOR}[/] with [bold]{cast.password}[/]\n")


def _play(home: Home, world: World, cast: Cast, progress: Progress, stop: threading.Event) -> datetime:
    """Play the day and print the table; returns the exercise's last moment."""
    from accord.adapters.sandbox_bank import SandboxBanks
    from accord.node import wiring
    from accord.node.demo import table
    from accord.node.demo.play import Day
    from accord.node.demo.results import evaluate
    from accord.node.worker import Worker

    banks: SandboxBanks = SandboxBanks.from_world(world, home.sandbox)
    worker = Worker(wiring.wire_sandbox(banks).lines)
    step = _step(home, world, progress, stop)
    day = Day(world, banks, worker, [cast.officer, cast.supervisor], world.plan.seed, step)
    try:
        played = day.play()
        table.show(evaluate(world, banks, played.values(), cast.officer), Console(file=sys.stdout, highlight=False))
    finally:
        worker.close()
        banks.close()
    return day.now


def _step(home: Home, world: World, progress: Progress, stop: threading.Event) -> Callable[[datetime, int], bool]:
    """Shows how far the day is and moves the desk's clock along; tells the day whether to go on."""
    task = progress.add_task("Playing the day", total=len(world.reports), note="")

    def step(moment: datetime, calls: int) -> bool:
        exercise_clock.stand_at(home, moment)
        progress.update(task, completed=calls, note=f"{moment:%H:%M} UTC, {calls} of {len(world.reports)} calls")
        return not stop.is_set()

    return step
