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
from accord.engine.exercise.countries import country, rate

HOPS: Final = 6
BANKS: Final = 8
FIRST_PAYMENT: Final = timedelta(hours=11)
CALL: Final = timedelta(hours=12)


def world_with_chains(claims: int, seed: int = 7, countries: tuple[str, ...] = ("CN",), route: str = "aaaaaaaa") -> World:
    """At least eight banks with ten days of ordinary traffic, and `claims` chains on the last day.

    `route` has a letter for the country of each account, the victim's first: "a" is the country that the victim lives in, "b"
    and "c" are the others in turn, so that every country has as many victims.
    """
    assert len(route) == HOPS + 2 == BANKS
    plan = WorldPlan(
        seed=seed, countries=countries, banks_per_country=-(-BANKS // len(countries)), people=max(1_000, 6 * claims), days=10,
        gangs=0, victims=0,
    )  # fmt: skip
    world = make_world(plan)
    victims = _people_of(world, claims)
    accounts: list[dict[str, Any]] = []
    transfers: list[dict[str, Any]] = []
    reports = []
    for number, victim in enumerate(victims):
        mules = _mules(world, number, victim, route)
        chain = _chain(world, number, [victim, *mules])
        accounts += mules
        transfers += chain
        reports.append(_report(world, number, victim, chain[0]))
    rows = pa.concat_tables([world.transfers, pa.Table.from_pylist(transfers, WORLD_TRANSFERS)]).sort_by("time")
    rows = rows.set_column(0, WORLD_TRANSFERS.field("seq"), pa.array(range(len(rows)), pa.int64()))
    people = pa.concat_tables([_provided(world.accounts, victims), pa.Table.from_pylist(accounts, ACCOUNTS)])
    return replace(world, accounts=people, transfers=rows, reports=tuple(reports))


def _people_of(world: World, number: int) -> list[dict[str, Any]]:
    """So many people, in turn of each country."""
    countries = world.plan.countries
    share = -(-number // len(countries))
    chosen: list[list[dict[str, Any]]] = []
    rows = [row for row in world.accounts.to_pylist() if row["kind"] == "personal"]
    for code in countries:
        people = [row for row in rows if row["country"] == code]
        chosen.append(people[:: max(1, len(people) // share)][:share])
    return [chosen[turn % len(countries)][turn // len(countries)] for turn in range(number)]


def _provided(accounts: pa.Table, victims: list[dict[str, Any]]) -> pa.Table:
    """The accounts, with enough on the victims' that each payment happens whatever they bought before."""
    whose = {(victim["bank"], victim["number"]) for victim in victims}
    rows = zip(*(accounts[name].to_pylist() for name in ("bank", "number", "opening_balance")), strict=True)
    openings = [balance + 1_000_000 * ((bank, number) in whose) for bank, number, balance in rows]
    place = accounts.column_names.index("opening_balance")
    return accounts.set_column(place, ACCOUNTS.field("opening_balance"), pa.array(openings, pa.int64()))


def _mules(world: World, number: int, victim: dict[str, Any], route: str) -> list[dict[str, Any]]:
    """One account at each of seven other banks, in the countries of the route, in an order that differs from chain to chain."""
    others = [bank for bank in world.banks if bank.code != victim["bank"]]
    turned = others[number % len(others) :] + others[: number % len(others)]
    countries, mules = world.plan.countries, []
    for step, letter in enumerate(route[1:]):
        country = countries[(countries.index(victim["country"]) + ord(letter) - ord("a")) % len(countries)]
        bank = next(bank for bank in turned if bank.country == country)
        turned.remove(bank)
        mules.append(
            {
                "number": f"9{number:05}{step}",
                "bank": bank.code,
                "country": bank.country,
                "currency": bank.currency,
                "kind": "mule",
                "holder": f"Mule {number}-{step}",
                "opening_balance": 0,
            }
        )
    return mules


def _chain(world: World, number: int, path: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The victim's payment and its hops, five minutes apart; each brings in the creditor's currency what came before."""
    began = to_micros(world.plan.call_day + FIRST_PAYMENT)
    rows, amount = [], _amount(number)
    for hop, (debtor, creditor) in enumerate(pairwise(path)):
        received = _converted(amount, debtor, creditor)
        crosses = debtor["currency"] != creditor["currency"]
        rows.append(
            {
                "seq": 0,
                "id": f"PLANTED{number:05}{hop}",
                "time": began + (hop * 300 + number) * 1_000_000,
                "debtor": debtor["number"],
                "debtor_bank": debtor["bank"],
                "creditor": creditor["number"],
                "creditor_bank": creditor["bank"],
                "amount": amount,
                "currency": debtor["currency"],
                "counter_amount": received if crosses else None,
                "counter_currency": creditor["currency"] if crosses else None,
                "kind": "transfer",
                "batch": "planted",
                "depends_on": [f"PLANTED{number:05}{hop - 1}"] if hop else [],
                "scam": "planted",
            }
        )
        amount = received
    return rows


def _converted(amount: int, debtor: dict[str, Any], creditor: dict[str, Any]) -> int:
    numerator, denominator = rate(country(debtor["country"]), country(creditor["country"]))
    return amount * numerator // denominator


def _amount(number: int) -> int:
    """Minor units."""
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
