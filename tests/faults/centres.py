"""Centres as real nodes, each on a machine of its own: laid out once, copied for each test, started, killed and restored."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import agreed
import three_countries
from both_ends import End
from changes import Changes, changes_in
from federation_kit import commands, loaded
from federation_kit.stores import with_store
from network import Machine, Network

from accord.capabilities.exchange.agreements import documents
from accord.capabilities.exchange.agreements.terms import AgreementTerms
from accord.node import exercise_clock
from accord.node.home import Home

CODES = ("CN", "SG", "TH", "GB")
HOSTS = {code: f"127.77.0.{number}" for number, code in enumerate(CODES, 2)}
PORT = 8080
START_WITHIN_SECONDS = 90
PROGRAM = Path(__file__).with_name("centre_program.py")


def agency(code: str) -> str:
    return f"{code}-CENTRE"


@dataclass(frozen=True)
class Hold:
    """A hold in a bank's books."""

    account: str
    amount: int


class Clerk:
    """A process on a centre's home that does what its people are told to."""

    def __init__(self, environment: Mapping[str, str], log: Path) -> None:
        with log.open("ab") as out:
            self._process = loaded.start(
                ("file", str(PROGRAM)), environment=environment, stdin=loaded.PIPE, stdout=loaded.PIPE, stderr=out, text=True
            )

    def __call__(self, command: str, **arguments: Any) -> Any:
        self.begin(command, **arguments)
        return self.end()

    def begin(self, command: str, **arguments: Any) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"do": command, "with": arguments}) + "\n")
        self._process.stdin.flush()

    def end(self) -> Any:
        assert self._process.stdout is not None
        answer = json.loads(self._process.stdout.readline() or '{"error": "it has ended"}')
        assert "error" not in answer, answer["error"]
        return answer["done"]

    def close(self) -> None:
        self._process.communicate(timeout=30)


class Centre:
    """One centre's home, and its machine while it runs."""

    def __init__(self, code: str, home: Home, host: str = "", port: int = PORT) -> None:
        self.code, self.home = code, home
        self.host, self.port = host or HOSTS[code], port
        self.log = home.root / "node.log"
        self.machine: Machine | None = None
        self.end = End(agency(code), home.database)

    @property
    def environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("ACCORD_", "DJANGO_"))}
        paths = os.pathsep.join([str(Path(__file__).parent), *sys.path])
        own = {"ACCORD_HOME": str(self.home.root), "DJANGO_SETTINGS_MODULE": "accord.node.settings", "PYTHONPATH": paths}
        return {**kept, **own}

    @property
    def address(self) -> str:
        return f"http://{self.host}:{self.port}"

    def start(self, net: Network | None, fault: str = "") -> None:
        """Begin to run, on a machine of a network or on this one; `fault`: where one of its processes dies (see `fire`)."""
        environment = self.environment
        if fault:
            environment |= {"FAULT_POINT": fault, "FAULT_MARK": str(self.mark)}
            self.mark.unlink(missing_ok=True)
        self._said = len(self.said())
        arguments = ["node", "run", "--host", self.host, "--port", str(self.port)]
        if net is not None:
            self.machine = net.node(self.code, arguments, environment, self.log)
            return
        with self.log.open("ab") as out:
            process = loaded.start(loaded.MAIN, *arguments, environment=environment, stdout=out, stderr=out)
        self.machine = Machine(process, self.log, alone=False)

    def wait(self, changes: Changes | None = None) -> None:
        """Until the desk is open; `changes` are those of its home."""
        if changes is None:
            with changes_in(self.home.root) as changes:
                return self.wait(changes)
        assert self.machine is not None
        changes.until(self._open_or_ended, START_WITHIN_SECONDS)
        assert self.machine.alive, self.said()[self._said :]
        return None

    def _open_or_ended(self) -> bool:
        assert self.machine is not None
        return "The desk is open" in self.said()[self._said :] or not self.machine.alive

    @property
    def mark(self) -> Path:
        return self.home.root.with_name(f"{self.code}-died")

    def said(self) -> str:
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def kill(self) -> None:
        assert self.machine is not None
        self.machine.kill()

    def stop(self) -> None:
        assert self.machine is not None
        self.machine.stop()

    def holds(self) -> dict[str, Hold]:
        """What this country's banks hold and have not released, by their own books: order (hexadecimal) → where, how much."""
        path = self.home.sandbox / "sandbox.sqlite3"
        if not path.exists():
            return {}
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=20)) as store:
            holds = [json.loads(content) for (content,) in store.execute("SELECT content FROM holds")]
        return {
            hold["order_id"].replace("-", ""): Hold(hold["ref"]["number"], hold["amount"])
            for hold in holds
            if hold.get("released_at") is None
        }

    def accord(self, *arguments: str, timeout: float = 120, **environment: str) -> str:
        """A command line on this home, while no network is needed; what it prints."""
        done = commands.to_its_end(loaded.MAIN, *arguments, environment={**self.environment, **environment}, seconds=timeout)
        assert done.code == 0, done.err
        return done.out

    def restore(self, backup: Path) -> None:
        """The home as it was when it was saved, and what no backup changes: the banks' own books and the keys' passphrase."""
        lost = self.home.root.with_name(f"{self.code}-lost")
        self.home.root.rename(lost)
        self.home.root.mkdir()
        passphrase = lost / "keys" / "passphrase"
        self.accord("node", "restore", str(backup), ACCORD_KEY_PASSPHRASE_FILE=str(passphrase))
        shutil.rmtree(self.home.sandbox, ignore_errors=True)
        shutil.copytree(lost / self.home.sandbox.name, self.home.sandbox)
        shutil.copy2(passphrase, self.home.root / "keys" / "passphrase")


def lay_out(root: Path, terms_of: Callable[[str, str], AgreementTerms] = agreed.terms) -> None:
    """Homes of all centres, keys made, words compared, agreements signed by both; no node has run yet."""
    centres = [Centre(code, Home(root / code)) for code in CODES]
    for centre in centres:
        make_home(centre)
        with_store(centre.home.root)
    with ExitStack() as stack:
        clerks = {centre.code: Clerk(centre.environment, centre.log) for centre in centres}
        for clerk in clerks.values():
            stack.callback(clerk.close)
            clerk.begin("open_centre")
        cards = {code: clerk.end()["card"] for code, clerk in clerks.items()}
        for first, second in agreed.PAIRS:
            clerks[first]("meet", card=cards[second])
            clerks[second]("meet", card=cards[first])
            document = documents.document(terms_of(first, second))
            offered = clerks[first]("offer", document=document)
            clerks[first]("conclude", file=clerks[second]("sign", file=offered))


def make_home(centre: Centre) -> None:
    """A home in which nothing has happened: the country's banks, the clock at noon, what the centre says of itself."""
    code, home = centre.code, centre.home
    home.create()
    three_countries.world_of(code).save(home.world)
    exercise_clock.run_on_from(home, three_countries.NOON)
    settings = {
        "agency": agency(code),
        "agency_name": f"Centre of {code}",
        "jurisdiction": code,
        "covers_countries": code,
        "contact": f"duty officer of {code}, at any hour",
        "partner_url": centre.address,
        "allowed_hosts": centre.host,
        "second_factor": "off",
    }
    home.config.write_text("".join(f"{name} = {json.dumps(value)}\n" for name, value in settings.items()), encoding="utf-8")


@contextmanager
def copied(laid_out: Path, root: Path, *codes: str) -> Iterator[dict[str, Centre]]:
    """Centres of a test's own, not running yet. What they said is printed at the end, for a test that failed."""
    made = {}
    for code in codes:
        shutil.copytree(laid_out / code, root / code)
        made[code] = Centre(code, Home(root / code))
    yield made
    for centre in made.values():
        sys.stderr.write(f"--- {centre.code}\n{centre.said()[-4_000:]}\n")
