"""The description of the test accounts at a bank's test system: a small TOML file that the bank writes.

    institution = "NRTHXX00"          # the bank's code, as orders name it
    authority = "Contract test"       # an authority that the bank accepts from the kit's token
    legal_basis = "Contract test"
    patience_seconds = 60             # how long an answer may take
    shortest_seconds = 5              # how short an order may last
    longest_days = 184                # how long an order may last at most
    unknown_account = "NO-SUCH-1"

    [standing]                        # a credit that stands whole on a personal account; at least 10 minor units
    account = "622200001111"
    holder = "Wang Fang"
    credit = "E2E-1"                  # the transfer's id
    amount = 500000                   # minor units
    currency = "CNY"

    [spent]                           # optional: a credit, all of which has left its account
    [later]                           # optional: a credit of which `left` still stands, on an account that has received
    left = 100000                     #           other money since

Orders of the kit are marked as verified. Where the bank lets a person decide on every order, somebody must sit at its test
system while the kit runs.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from accord.adapters.contract_kit.errors import Msg
from accord.core.errors import BadInput
from accord.core.errors import Msg as CoreMsg
from accord.core.money import EXPONENTS


@dataclass(frozen=True, slots=True)
class KnownCredit:
    """A credit at the bank, and how much of it still stands on `account` (`left`; all of it where it is not said)."""

    account: str
    credit: str
    amount: int
    currency: str
    holder: str = ""
    left: int | None = None


@dataclass(frozen=True, slots=True)
class TestData:
    """What the kit may use at a bank's test system."""

    __test__ = False  # the name does not make it a test

    institution: str
    authority: str
    standing: KnownCredit
    legal_basis: str = "Contract test"
    patience_seconds: float = 60
    shortest_seconds: float = 5
    longest_days: int = 366
    unknown_account: str = "000000000000"
    spent: KnownCredit | None = None
    later: KnownCredit | None = None

    @classmethod
    def read(cls, path: Path) -> TestData:
        """The description in a TOML file. BadInput that names what is wrong in it."""
        try:
            stated = tomllib.loads(path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise BadInput(CoreMsg.CANNOT_BE_READ_TOML, error=error, where=str(path)) from error
        return cls.of(stated, str(path))

    @classmethod
    def of(cls, stated: dict[str, Any], where: str) -> TestData:
        """The description as a dictionary. BadInput that names what is wrong in it."""
        if unknown := stated.keys() - set(cls.__dataclass_fields__):
            raise BadInput(Msg.UNKNOWN_KEY, key=min(unknown), where=where)
        try:
            data = msgspec.convert(stated, cls)
        except msgspec.ValidationError as error:
            raise BadInput(CoreMsg.VERBATIM, text=str(error), where=where) from error
        for name, credit in (("standing", data.standing), ("spent", data.spent), ("later", data.later)):
            if credit is not None and (credit.amount < 10 or credit.currency not in EXPONENTS):
                raise BadInput(Msg.NEEDS_AMOUNT_AT_LEAST_10_MINOR, name=name, where=where)
        return data
