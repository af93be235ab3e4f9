"""A world of ordinary traffic with plain chains planted in it, one for each victim: six hops over eight banks.

Each victim's payment goes on whole from mule to mule, every hop to another bank, and stands on the eighth account when the
victim calls. The mules are new accounts without other money. All victims call at the same moment.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from typing import Any, Final

import pyarrow as pa

from accord.core.clock import to_micros
from accord.engine.exercise import ACCOUNTS, WORLD_TRANSFERS, VictimReport, World, WorldPlan, make_world

HOPS: Final = 6
BANKS: Final = 8
FIRST_PAYMENT: Final = timedelta(hours=11)
CALL: Final = timedelta(hours=12)


def world_with_chains(claims: int, seed: int = 7) -> World:
    """Eight banks with ten days of ordinary traffic, and `claims` chains on the last day."""
    plan = WorldPlan(
        seed=seed, countries=("CN",), banks_per_country=BANKS, people=max(1_000, 6 * claims), days=10, gangs=0, victims=0
    )
    world = make_world(plan)
    victims = _people_with(world, claims)
    accounts: list[dict[str, Any]] = []
    transfers: list[dict[str, Any]] = []
    reports = []
    for number, victim in enumerate(victims):
        mules = _mules(world, number, victim)
        chain = _chain(world, number, [victim, *mules])
        accounts += mules
        transfers += chain
        reports.append(_report(world, number, victim, chain[0]))
    rows = pa.concat_tables([world.transfers, pa.Table.from_pylist(transfers, WORLD_TRANSFERS)]).sort_by("time")
    rows = rows.set_column(0, WORLD_TRANSFERS.field("seq"), pa.array(range(len(rows)), pa.int64()))
    people = pa.concat_tables([world.accounts, pa.Table.from_pylist(accounts, ACCOUNTS)])
    return replace(world, accounts=people, transfers=rows, reports=tuple(reports))


def _people_with(world: World, number: int) -> list[dict[str, Any]]:
    people = [row for row in world.accounts.to_pylist() if row["kind"] == "personal"]
    return people[:: max(1, len(people) // number)][:number]


def _mules(world: World, number: int, victim: dict[str, Any]) -> list[dict[str, Any]]:
    """One account at each of the other seven banks, in an order that differs from chain to chain."""
    others = [bank for bank in world.banks if bank.code != victim["bank"]]
    turned = others[number % len(others) :] + others[: number % len(others)]
    return [
        {
            "number": f"9{number:05}{step}",
            "bank": bank.code,
            "country": bank.country,
            "currency": bank.currency,
            "kind": "mule",
            "holder": f"Mule {number}-{step}",
            "opening_balance": 0,
        }
        for step, bank in enumerate(turned)
    ]


def _chain(world: World, number: int, path: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The victim's payment and its hops, five minutes apart."""
    began = to_micros(world.plan.call_day + FIRST_PAYMENT)
    assert len(path) == HOPS + 2 == BANKS
    return [
        {
            "seq": 0,
            "id": f"PLANTED{number:05}{hop}",
            "time": began + (hop * 300 + number) * 1_000_000,
            "debtor": debtor["number"],
            "debtor_bank": debtor["bank"],
            "creditor": creditor["number"],
            "creditor_bank": creditor["bank"],
            "amount": _amount(number),
            "currency": path[0]["currency"],
            "kind": "transfer",
            "batch": "planted",
            "depends_on": [f"PLANTED{number:05}{hop - 1}"] if hop else [],
            "scam": "planted",
        }
        for hop, (debtor, creditor) in enumerate(pairwise(path))
    ]


def _amount(number: int) -> int:
    """Minor units; small, so that the victim's ordinary balance covers it."""
    return 1_000 + number


def _report(world: World, number: int, victim: dict[str, Any], first: dict[str, Any]) -> VictimReport:
    return VictimReport(
        reference=f"PLANTED-{number}",
        call_time=world.plan.call_day + CALL,
        language="zh",
        call_back=victim["phone"],
        caller_name=victim["holder"],
        country=victim["country"],
        payer_bank=victim["bank"],
        payer_account=victim["number"],
        payee_account=first["creditor"],
        payee_alias=None,
        payee_name="",
        payee_bank=first["creditor_bank"],
        amount_minor=first["amount"],
        currency=victim["currency"],
        about_when=world.plan.call_day + FIRST_PAYMENT + timedelta(seconds=number),
        still_pending=False,
        scam_type="planted",
        narrative="",
        transfers=(first["id"],),
    )
