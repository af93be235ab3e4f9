"""A small made-up world in three countries, made by hand, so that a test can say where each minor unit must be.

Bank codes look like BICs, whose fifth and sixth characters are the country. Amounts in minor units of each side's currency;
1 CNY is 0.20 SGD, 1 SGD is 25 THB. Noon is NOON; the victims call then.

    V1 (CN) pays 10,000.00 CNY to m1 at ABOCCNX0, which keeps 3,000 and sends 7,000 CNY = 1,400 SGD to m2 at MERLSGX0.
    m2 sends 600 SGD to m3 at ORCHSGX0, where it stands, and 800 SGD = 20,000 THB to m4 at SIAMTHX0;
    m4 sends 5,000 THB = 200 SGD back to m5 at ORCHSGX0, and keeps 15,000 THB.
    V2 (SG) pays 500 SGD straight to m4 at SIAMTHX0 (12,500 THB), after all that.
    V3 (TH) pays 8,000 THB to m6 at LOTUTHX0, where it stands: never leaves the country.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa

from accord.core.clock import to_micros
from accord.engine.exercise import (
    ACCOUNTS,
    MENTIONS,
    PATHS,
    RESTS,
    WORLD_TRANSFERS,
    Bank,
    Truth,
    VictimReport,
    World,
    WorldPlan,
)

NOON = datetime(2026, 3, 20, 12, tzinfo=UTC)
BANKS = ("DRAGCNX0", "ABOCCNX0", "MERLSGX0", "ORCHSGX0", "SIAMTHX0", "LOTUTHX0")
_CURRENCY = {"CN": "CNY", "SG": "SGD", "TH": "THB"}

AT = {
    "v1": "DRAGCNX0", "v2": "MERLSGX0", "v3": "SIAMTHX0",
    "m1": "ABOCCNX0", "m2": "MERLSGX0", "m3": "ORCHSGX0", "m4": "SIAMTHX0", "m5": "ORCHSGX0", "m6": "LOTUTHX0",
}  # fmt: skip
"""The bank of each account."""

MOVES = (
    ("t1", -60, "v1", "m1", 1_000_000, 1_000_000),
    ("t2", -50, "m1", "m2", 700_000, 140_000),
    ("t3", -40, "m2", "m3", 60_000, 60_000),
    ("t4", -35, "m2", "m4", 80_000, 2_000_000),
    ("t5", -30, "m4", "m5", 500_000, 20_000),
    ("t6", -20, "v2", "m4", 50_000, 1_250_000),
    ("t7", -10, "v3", "m6", 800_000, 800_000),
)
"""id, minutes from noon, debtor, creditor, amount on the debtor's face and on the creditor's."""

STANDING = {("m1", "CNY"): 300_000, ("m3", "SGD"): 60_000, ("m4", "THB"): 1_500_000, ("m5", "SGD"): 20_000}
"""Where V1's money stands at noon, by FIFO as by any rule."""


def crossing_world() -> World:
    transfers = [_transfer(seq, *move) for seq, move in enumerate(MOVES)]
    banks = tuple(Bank(code, code, code, code[4:6], _CURRENCY[code[4:6]], 0.0, 0.0, ("api",)) for code in BANKS)
    reports = (_report("V1", "v1", "t1", "zh"), _report("V2", "v2", "t6", "en"), _report("V3", "v3", "t7", "en"))
    return World(
        WorldPlan(start=NOON - timedelta(days=4, hours=12), days=5, people=90, victims=3),
        banks,
        pa.Table.from_pylist([_account(name) for name in AT], schema=ACCOUNTS),
        pa.Table.from_pylist(transfers, schema=WORLD_TRANSFERS),
        reports,
        Truth((), *(schema.empty_table() for schema in (PATHS, RESTS, MENTIONS))),
    )


def country_of(account: str) -> str:
    return AT[account][4:6]


def number_of(account: str) -> str:
    """The account's number: of this world alone, so that a search for it finds nothing else."""
    return f"ACC{account.upper()}7700{len(account)}{sum(account.encode())}"


def _transfer(seq: int, name: str, minutes: float, debtor: str, creditor: str, amount: int, counter: int) -> dict[str, Any]:
    currency, received = _CURRENCY[country_of(debtor)], _CURRENCY[country_of(creditor)]
    crosses = currency != received
    return {
        "seq": seq, "id": f"CROSSING-{name}", "time": to_micros(NOON + timedelta(minutes=minutes)),
        "debtor": number_of(debtor), "debtor_bank": AT[debtor], "debtor_country": country_of(debtor),
        "creditor": number_of(creditor), "creditor_bank": AT[creditor], "creditor_country": country_of(creditor),
        "amount": amount, "currency": currency,
        "counter_amount": counter if crosses else None, "counter_currency": received if crosses else None,
        "kind": "transfer", "batch": "crossing", "settles_at": None, "depends_on": [], "scam": None,
    }  # fmt: skip


def _account(name: str) -> dict[str, Any]:
    return {
        "number": number_of(name), "bank": AT[name], "country": country_of(name), "currency": _CURRENCY[country_of(name)],
        "kind": "personal", "holder": f"Holder Of {name.upper()}", "phone": None, "alias": None,
        "opening_balance": 10_000_000 if name.startswith("v") else 0,
    }  # fmt: skip


def _report(reference: str, victim: str, transfer: str, language: str) -> VictimReport:
    _, minutes, debtor, creditor, amount, _ = next(move for move in MOVES if move[0] == transfer)
    return VictimReport(
        reference=reference, call_time=NOON, language=language, call_back=None, caller_name=f"Holder Of {victim.upper()}",
        country=country_of(debtor), payer_bank=AT[debtor], payer_account=number_of(debtor),
        payee_account=number_of(creditor), payee_alias=None, payee_name="", payee_bank=AT[creditor],
        amount_minor=amount, currency=_CURRENCY[country_of(debtor)], about_when=NOON + timedelta(minutes=minutes),
        still_pending=False, scam_type="investment", narrative="", transfers=(f"CROSSING-{transfer}",),
    )  # fmt: skip
