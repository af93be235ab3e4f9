"""The desk as a service of its own, on the home of an exercise (where a password alone opens it), and an officer at it."""

from __future__ import annotations

import http.cookiejar
import json
import os
import re
import signal
import subprocess
import urllib.error
import urllib.parse
import urllib.request
from contextlib import suppress
from pathlib import Path

from changes import changes_in
from federation_kit import commands, loaded
from federation_kit.running import OPEN, free_port
from network import MACHINE

PASSWORD = "four plain words together"
START_WITHIN_SECONDS = 90

_PREPARE = """
import sys
from accord.node.home import Home
from accord.node.serve import prepare
home = Home.from_environment()
home.exercise.mkdir(parents=True)
prepare(home)
from accord.capabilities.people.models import Role
from accord.capabilities.people.services import create_user
create_user("officer", sys.argv[1], Role.OFFICER)
"""

COUNT = """
import json
from accord.node.home import Home
from accord.node.serve import prepare
prepare(Home.from_environment())
from accord.capabilities.claims.models import Claim
from accord.capabilities.orders.models import Order
from accord.capabilities.people.models import AuditEntry
from accord.capabilities.people.queries import first_broken_audit_entry
from accord.capabilities.reports.models import Report
taken = AuditEntry.objects.filter(action="report taken")
print(json.dumps({
    "reports": sorted(str(pk) for pk in Report.objects.values_list("pk", flat=True)),
    "claimed": sorted(str(pk) for pk in Claim.objects.values_list("report_id", flat=True)),
    "ordered": sorted(str(pk) for pk in Order.objects.values_list("claim__report_id", flat=True)),
    "audited": sorted(taken.values_list("object_id", flat=True)),
    "broken": first_broken_audit_entry(),
}))
"""


def prepare(environment: dict[str, str]) -> None:
    commands.program(_PREPARE, PASSWORD, environment=environment)


def whole_reports(environment: dict[str, str]) -> list[str]:
    """The reports there are: each with its claim, its first order and its audit entry, or nothing of it at all."""
    found = json.loads(commands.program(COUNT, environment=environment))
    assert found["reports"] == found["claimed"] == found["ordered"] == found["audited"]
    assert found["broken"] is None
    reports: list[str] = found["reports"]
    return reports


class Desk:
    """`accord node run --no-worker` for the length of a with block."""

    def __init__(self, environment: dict[str, str], log: Path) -> None:
        self._environment, self._log = environment, log
        self._port = free_port()
        self.address = f"http://127.0.0.1:{self._port}"

    def __enter__(self) -> Desk:
        command = ["node", "run", "--no-worker", "--port", str(self._port)]
        self._log.touch()
        before = len(self._log.read_text())
        with self._log.open("ab") as log, changes_in(self._log.parent) as changes:
            self._process = loaded.start(
                ("file", str(MACHINE)), "-", *command, environment=self._environment, stdout=log, stderr=log
            )
            changes.until(lambda: OPEN in self._said(before) or self._process.poll() is not None, START_WITHIN_SECONDS)
        assert self._process.poll() is None, self._said(before)
        return self

    def _said(self, since: int) -> str:
        return self._log.read_text(errors="replace")[since:]

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(30)
        self.kill()

    def family(self) -> list[int]:
        """The service's process and all that it started."""
        return _family(self._process.pid) if self._process.poll() is None else []

    def kill(self) -> None:
        """SIGKILL to all of it, as systemd does with what is left of a unit."""
        for pid in self.family():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._process.wait()


def _family(pid: int) -> list[int]:
    with suppress(FileNotFoundError):
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        return [pid, *(member for child in children for member in _family(int(child)))]
    return []


class Officer:
    """Signed in at a desk; hands in calls as the form sends them."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))
        page = self._post("/account/sign-in/", {"username": "officer", "password": PASSWORD})
        assert page[0] == 200

    def call(self, number: int) -> tuple[int, str]:
        """(status, page) of handing in the facts of one victim's call."""
        facts = {
            "callback_number": f"1390000{number:04}",
            "payer_bank": "BANKV",
            "payer_account": f"v-{number}",
            "payee_bank": "BANKA",
            "payee_account": f"622200000000{number:04}",
            "amount": "100",
            "currency": "CNY",
            "about": "15",
            "still_pending": "no",
        }
        return self._post("/calls/new/", facts)

    def _post(self, path: str, fields: dict[str, str]) -> tuple[int, str]:
        place = self._desk.address + path
        with self._opener.open(place, timeout=30) as page:
            token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.read().decode())
        assert token
        form = urllib.parse.urlencode({"csrfmiddlewaretoken": token[1], **fields}).encode()
        try:
            with self._opener.open(urllib.request.Request(place, form, {"Referer": place}), timeout=30) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
