"""A bank's node for tests of lines to banks: its small world, the agencies that it trusts, and the lawyer who decides."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa

from accord.adapters.contract_kit import TestData
from accord.core.clock import to_micros
from accord.engine.exercise import ACCOUNTS, MENTIONS, PATHS, RESTS, WORLD_TRANSFERS, Bank, Truth, World, WorldPlan
from accord.node import exercise_clock
from accord.node.home import Home
from federation_kit import loaded
from federation_kit.commands import environment_of
from federation_kit.running import DJANGO, RunningNode, running
from federation_kit.stores import with_store

BANK = "BANKA"
CENTRE = "CN-CENTRE"
OTHER = "SG-CENTRE"
AUTHORITY = "Contract test"
HOLDER = "Wang Fang"
NOON = datetime(2026, 3, 20, 12, tzinfo=UTC)
START_WITHIN_SECONDS = 90

DATA: dict[str, Any] = {
    "institution": BANK,
    "authority": AUTHORITY,
    "patience_seconds": 120,
    "shortest_seconds": 8,
    "longest_days": 184,
    "unknown_account": "a-404",
    "standing": {"account": "a-1", "holder": HOLDER, "credit": "standing", "amount": 500_000, "currency": "CNY"},
    "spent": {"account": "a-2", "credit": "spent", "amount": 1_000, "currency": "CNY"},
    "later": {"account": "a-3", "credit": "later", "amount": 1_000, "currency": "CNY", "left": 600},
}


def kit_data() -> TestData:
    return TestData.of(DATA, "bank_node")


def small_world() -> World:
    """Three accounts at BANKA: one whose credit stands, one that has passed its credit on, one with other money since."""
    moves = [
        ("standing", -60, "v-1", "a-1", 500_000),
        ("spent", -60, "v-1", "a-2", 1_000),
        ("gone", -50, "a-2", "b-1", 1_000),
        ("later", -60, "v-1", "a-3", 1_000),
        ("some", -50, "a-3", "b-1", 400),
        ("wages", -40, "v-1", "a-3", 5_000),
    ]
    transfers = [_transfer(seq, *move) for seq, move in enumerate(moves)]
    accounts = [_account(number) for number in ("v-1", "a-1", "a-2", "a-3", "b-1")]
    banks = tuple(Bank(code, code, code, "CN", "CNY", 0.0, 0.0, ("https",)) for code in ("BANKV", BANK, "BANKB"))
    empty = Truth((), *(schema.empty_table() for schema in (PATHS, RESTS, MENTIONS)))
    return World(
        WorldPlan(countries=("CN",), start=NOON - timedelta(days=4, hours=12), days=5, central_switch=frozenset()),
        banks,
        pa.Table.from_pylist(accounts, schema=ACCOUNTS),
        pa.Table.from_pylist(transfers, schema=WORLD_TRANSFERS),
        (),
        empty,
    )


def _transfer(seq: int, name: str, minutes: float, debtor: str, creditor: str, amount: int) -> dict[str, Any]:
    return {
        "seq": seq, "id": name, "time": to_micros(NOON + timedelta(minutes=minutes)),
        "debtor": debtor, "debtor_bank": _bank_of(debtor), "debtor_country": "CN",
        "creditor": creditor, "creditor_bank": _bank_of(creditor), "creditor_country": "CN",
        "amount": amount, "currency": "CNY", "counter_amount": None, "counter_currency": None,
        "kind": "transfer", "batch": "lines", "settles_at": None, "depends_on": [], "scam": None,
    }  # fmt: skip


def _account(number: str) -> dict[str, Any]:
    return {
        "number": number, "bank": _bank_of(number), "country": "CN", "currency": "CNY", "kind": "personal",
        "holder": HOLDER, "phone": None, "alias": None, "opening_balance": 1_000_000 if number == "v-1" else 0,
    }  # fmt: skip


def _bank_of(account: str) -> str:
    return f"BANK{account[0].upper()}"


PREPARE_BANK = """
from accord.capabilities.people import services as people
from accord.capabilities.people.models import Agency, Role
from accord.capabilities.controls.permissions import InboxPermission
from accord.capabilities.people.policy import OPERATOR
from accord.capabilities.people.services import service_accounts
from accord.capabilities.controls import services as controls
from accord.capabilities.controls.services.rules import KINDS_FOR_BANKS, AgreementFacts
from accord.core.money import Money

head = people.create_user("head", "a-long-password", Role.BANK_SUPERVISOR)
tokens = {}
for code in sys.argv[1].split(","):
    Agency.objects.create(code=code, name=code, kind="police")
    account = service_accounts.add_service_account(OPERATOR, f"line-{code}", code)
    _, tokens[code] = service_accounts.issue_token(OPERATOR, account, [InboxPermission.SUBMIT])
    kinds = [kind.value for kind in KINDS_FOR_BANKS]
    controls.agree(head, AgreementFacts(code, code, kinds, 24 * 184, webhook=sys.argv[2]))
    for kind in ("hold", "stop_payment"):
        controls.set_rule(head, code, kind, Money(10_000_000, "CNY"))
    controls.set_rule(head, code, "renewal")
account = service_accounts.add_service_account(OPERATOR, "reader", sys.argv[1].split(",")[0])
_, tokens["reader"] = service_accounts.issue_token(OPERATOR, account, [InboxPermission.READ])
print(json.dumps(tokens))
"""

CLERK = """
import time
from accord.capabilities.controls import services as controls
from accord.capabilities.controls.models import ReceivedOrder
from accord.capabilities.orders.ports import Refusal
from accord.capabilities.people.models import User
from accord.core.errors import AccordError
head = User.objects.get(username="head")
while True:
    for row in ReceivedOrder.objects.filter(state="for_decision"):
        mismatch = row.holder_name.startswith("Nobody")
        try:
            if mismatch:
                controls.refuse(head, row.pk, Refusal.NAME_MISMATCH, "another name")
            else:
                controls.execute(head, row.pk, "looked at")
        except AccordError as error:
            print(error, file=sys.stderr)
    time.sleep(0.1)
"""
"""The bank's lawyer: carries out whatever is laid before a person, unless the name is another."""


def new_home(root: Path, name: str, **settings: str) -> Home:
    """A home with the small world in it, at noon of its day."""
    home = Home(root / name)
    with_store(home.root)
    small_world().save(home.world)
    home.config.write_text("".join(f"{key} = {json.dumps(value)}\n" for key, value in settings.items()), encoding="utf-8")
    return home


@contextmanager
def clerk_of(node: RunningNode) -> Iterator[None]:
    """The bank's lawyer at work for the length of the block."""
    with (node.home.root / "clerk.log").open("ab") as out:
        clerk = loaded.start(("text", DJANGO + CLERK), environment=dict(node.environment), stdout=out, stderr=out)
    try:
        yield
    finally:
        clerk.kill()
        clerk.wait()


@contextmanager
def bank_node(root: Path, webhook: str = "", lines: str = "") -> Iterator[tuple[RunningNode, dict[str, str]]]:
    """A bank's node that trusts two agencies, and the tokens it gave them; `webhook` is where it pushes what it promised."""
    home = new_home(root, "bank", agency=BANK, agency_kind="bank", second_factor="off")
    exercise_clock.run_on_from(home, NOON)
    if lines:
        home.lines.write_text(lines, encoding="utf-8")
    prepared = RunningNode(home, "", 0, environment_of(home.root, DJANGO_SETTINGS_MODULE="accord.node.settings"))
    tokens = prepared.run(PREPARE_BANK, f"{CENTRE},{OTHER}", webhook)
    with running(home) as node:
        yield node, tokens
