"""A centre and a bank, each a node of its own: a call becomes a stop payment at the bank, and is released again."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from federation_kit.bank_node import BANK, CENTRE, NOON, bank_node
from federation_kit.running import RunningNode, free_port, running, secret_file
from federation_kit.stores import with_store

from accord.adapters.bank_wire.signatures import new_secret
from accord.node import exercise_clock
from accord.node.home import Home

pytestmark = pytest.mark.slow

PREPARE_CENTRE = """
from accord.capabilities.people import services as people
from accord.capabilities.people.models import Role
people.create_user("officer", "a-long-password", Role.OFFICER)
people.create_user("supervisor", "a-long-password", Role.SUPERVISOR)
"""

CALL = """
from datetime import datetime
from accord.capabilities.orders import services as orders
from accord.capabilities.people.models import User
from accord.capabilities.reports.services import CallFacts
from accord.core.money import Money
officer = User.objects.get(username="officer")
facts = CallFacts(callback_number="+8613900000001", payer_bank="BANKV", payer_account="v-1", payee_account="a-1",
    payee_bank="BANKA", amount=Money(500_000, "CNY"), about_when=datetime.fromisoformat(sys.argv[1]), still_pending=False)
print(json.dumps(str(orders.respond_to_call(officer, facts).order.pk)))
"""

RELEASE = """
from accord.capabilities.orders import services as orders
from accord.capabilities.people.models import User
supervisor = User.objects.get(username="supervisor")
print(json.dumps(str(orders.ask_release(supervisor, sys.argv[1], "the wrong account").pk)))
"""


def wait_for(found: Callable[[], Any], seconds: float = 120) -> Any:
    """What is found, as soon as it is."""
    deadline = time.monotonic() + seconds
    while True:
        if result := found():
            return result
        assert time.monotonic() < deadline, "not within the time"
        time.sleep(0.05)


def order_of(centre: RunningNode, order_id: str) -> dict[str, Any]:
    """How an order stands at the centre, read from its store: a program with Django takes too long to wait with."""
    (row,) = centre.rows("SELECT state, held, last_error FROM orders_order WHERE id = ?", UUID(order_id).hex)
    return row


def received(bank: RunningNode) -> list[dict[str, Any]]:
    """What the bank has received, first things first."""
    return bank.rows("SELECT id, state, kept FROM controls_receivedorder ORDER BY received_at")


def pushed(bank: RunningNode) -> list[dict[str, Any]]:
    return bank.rows("SELECT delivered_at, last_error FROM controls_answertopush")


@contextmanager
def centre_and_bank(root: Path, kind: str = "https") -> Iterator[tuple[RunningNode, RunningNode]]:
    """Both nodes, each with a line to the other."""
    centre_port = free_port()
    secret = secret_file(root / "secret", new_secret())
    drop = root / "drop"
    back = f'kind = "https"\nurl = "http://127.0.0.1:{centre_port}/api/centre/v1"\nwebhook_secret_file = "{secret}"\n'
    if kind == "files":
        back = f'kind = "files"\nfolder = "{drop}"\n'
    with ExitStack() as stack:
        webhook = "https://centre.example/api/centre/v1/answers" if kind == "https" else ""
        bank, tokens = stack.enter_context(bank_node(root, webhook, f"[centres.{CENTRE}]\n{back}"))
        home = Home(root / "centre")
        with_store(home.root)
        new_home_settings = f'agency = "{CENTRE}"\nsecond_factor = "off"\njurisdiction = "CN"\n'
        home.config.write_text(new_home_settings, encoding="utf-8")
        exercise_clock.run_on_from(home, NOON)
        token = secret_file(home.root / "token", tokens[CENTRE])
        there = f'kind = "https"\nurl = "{bank.address}/api/bank/v1"\ntoken_file = "{token.name}"\n'
        there += f'webhook_secret_file = "{secret}"\n'
        if kind == "files":
            there = f'kind = "files"\nfolder = "{drop}"\n'
        home.lines.write_text(f"[lines.{BANK}]\n{there}", encoding="utf-8")
        yield stack.enter_context(running(home, centre_port)), bank


def hold_and_release(centre: RunningNode, bank: RunningNode) -> None:
    """The whole way, looked at from both sides."""
    centre.run(PREPARE_CENTRE)
    order_id = centre.run(CALL, "2026-03-20T11:00:00+00:00")
    wait_for(lambda: order_of(centre, order_id)["state"] == "held")
    assert order_of(centre, order_id)["held"] == 500_000
    assert received(bank) == [{"id": UUID(order_id).hex, "state": "executed", "kept": 500_000}]
    release_id = centre.run(RELEASE, order_id)
    wait_for(lambda: order_of(centre, release_id)["state"] == "done")
    assert order_of(centre, order_id)["state"] == "released"
    assert [row["state"] for row in received(bank)] == ["released", "executed"]


def test_call_hold_release_over_https_with_pushed_answers(tmp_path: Path) -> None:
    with centre_and_bank(tmp_path) as (centre, bank):
        hold_and_release(centre, bank)
        wait_for(lambda: (rows := pushed(bank)) and all(row["delivered_at"] for row in rows))
        assert not any(row["last_error"] for row in pushed(bank))


def test_call_hold_release_over_files(tmp_path: Path) -> None:
    with centre_and_bank(tmp_path, "files") as (centre, bank):
        hold_and_release(centre, bank)
        drop = tmp_path / "drop"
        assert list((drop / "rejected").iterdir()) == []
        wait_for(lambda: not list((drop / "out").iterdir()) and not list((drop / "in").iterdir()))


def test_a_bank_that_is_down_gets_the_order_once_it_is_back(tmp_path: Path) -> None:
    with centre_and_bank(tmp_path) as (centre, bank):
        centre.run(PREPARE_CENTRE)
        bank.stop()
        order_id = centre.run(CALL, "2026-03-20T11:00:00+00:00")
        wait_for(lambda: order_of(centre, order_id)["last_error"])
        assert "line is down" in order_of(centre, order_id)["last_error"]
        assert order_of(centre, order_id)["state"] == "sent"
        with running(bank.home, bank.port):
            wait_for(lambda: order_of(centre, order_id)["state"] == "held", 180)
            assert [row["kept"] for row in received(bank)] == [500_000]
