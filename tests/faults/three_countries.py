"""A small world of four countries, so that tests can say where each minor unit must be and who may know of it.

An account is named by its bank's letter and a number. Everything happened before the call, so that what banks hold depends
on the orders that reach them alone. Each centre plays what its own country's banks know of it, in a sandbox of its own.
Money of two other victims moves where the centre outside the path has banks, and nowhere else.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pyarrow as pa

from accord.core.clock import to_micros
from accord.engine.exercise import ACCOUNTS, MENTIONS, PATHS, RESTS, WORLD_TRANSFERS, Bank, Truth, World, WorldPlan

NOON: Final = datetime(2026, 3, 20, 12, tzinfo=UTC)

BANKS: Final = {
    "v": "VICTCNBJ",
    "a": "AGRICNSH",
    "s": "STRASGSG",
    "t": "TEMASGSG",
    "h": "HORNTHBK",
    "m": "MELAGB2L",
}
"""Letter → BIC; characters 5 and 6 are the country."""


@dataclass(frozen=True)
class Paid:
    """A victim's payment, and where its money stands at the time of the call."""

    transfer: str
    payer: str
    payee: str
    amount: int
    rests: dict[str, int]


MOVES: Final = (
    # (transfer, minutes, from, to, amount)
    ("pay31-one", -50, "v-1001", "a-2001", 1_000_37),
    ("pay32-one", -48, "a-2001", "s-3001", 600_11),
    ("pay33-one", -46, "s-3001", "t-4001", 300_05),
    ("pay34-one", -44, "t-4001", "h-5001", 120_03),
    ("pay31-two", -40, "v-1002", "s-3002", 700_77),
    ("pay32-two", -38, "s-3002", "a-2002", 310_33),
    ("pay31-three", -35, "v-1003", "a-2003", 450_19),
    ("pay32-three", -33, "a-2003", "s-3003", 450_19),
    ("pay31-own", -30, "m-6001", "m-6002", 800_00),  # a matter of the fourth country alone
)

VICTIMS: Final = (
    Paid("pay31-one", "v-1001", "a-2001", 1_000_37, {"a-2001": 400_26, "s-3001": 300_06, "t-4001": 180_02, "h-5001": 120_03}),
    Paid("pay31-two", "v-1002", "s-3002", 700_77, {"s-3002": 390_44, "a-2002": 310_33}),
    Paid("pay31-three", "v-1003", "a-2003", 450_19, {"s-3003": 450_19}),
)

HOLDERS: Final = {
    "v-1001": "Vashti Underwood", "v-1002": "Valentin Ostrowski", "v-1003": "Verity Quillfeather", "a-2001": "Anselm Birdsong",
    "a-2002": "Araminta Foxglove", "a-2003": "Ambrose Thistlewood", "s-3001": "Seraphina Lockhart", "s-3002": "Silas Pemberton",
    "s-3003": "Sunniva Hartigan", "t-4001": "Thaddeus Winterbourne", "h-5001": "Hyacinth Castellane", "m-6001": "Mirabel Novak",
    "m-6002": "Montague Eversleigh",
}  # fmt: skip
"""Names that stand nowhere else, so that a search for them finds a leak and nothing by chance."""


OPENED: Final = ("v-1001", "v-1002", "v-1003", "m-6001")
"""Accounts with money of their own."""


def bank_of(account: str) -> str:
    return BANKS[account[0]]


def country_of(account: str) -> str:
    return bank_of(account)[4:6]


def world_of(country: str) -> World:
    """What the banks of one country know: the transfers that they sent or received, and the names of their own customers.

    A payer abroad has whatever its payments here took; nothing else is said of it.
    """
    seen = [move for move in sorted(MOVES, key=lambda move: move[1]) if country in (country_of(move[2]), country_of(move[3]))]
    accounts = sorted({account for move in seen for account in move[2:4]})
    banks = tuple(
        Bank(code, code, code, code[4:6], "CNY", 0.0, 0.0, ("https",))
        for code in map(bank_of, accounts)
        if code[4:6] == country
    )
    empty = Truth((), *(schema.empty_table() for schema in (PATHS, RESTS, MENTIONS)))
    return World(
        WorldPlan(countries=(country,), start=NOON - timedelta(days=4, hours=12), days=5, central_switch=frozenset()),
        banks,
        pa.Table.from_pylist([_account(number, country) for number in accounts], schema=ACCOUNTS),
        pa.Table.from_pylist([_transfer(seq, *move) for seq, move in enumerate(seen)], schema=WORLD_TRANSFERS),
        (),
        empty,
    )


def _transfer(seq: int, name: str, minutes: float, debtor: str, creditor: str, amount: int) -> dict[str, Any]:
    return {
        "seq": seq, "id": name, "time": to_micros(NOON + timedelta(minutes=minutes)),
        "debtor": debtor, "debtor_bank": bank_of(debtor), "debtor_country": country_of(debtor),
        "creditor": creditor, "creditor_bank": bank_of(creditor), "creditor_country": country_of(creditor),
        "amount": amount, "currency": "CNY", "counter_amount": None, "counter_currency": None,
        "kind": "transfer", "batch": "world", "settles_at": None, "depends_on": [], "scam": None,
    }  # fmt: skip


def _account(number: str, country: str) -> dict[str, Any]:
    abroad = country_of(number) != country
    return {
        "number": number, "bank": bank_of(number), "country": country_of(number), "currency": "CNY", "kind": "personal",
        "holder": "" if abroad else HOLDERS[number], "phone": None, "alias": None,
        "opening_balance": 10_000_00 if abroad or number in OPENED else 0,
    }  # fmt: skip
