"""The parts of a made-up world: its banks, its tables, what its victims say, and the truth that none of them sees."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from accord.engine.records.schema import TRANSFERS


class AccountKind(StrEnum):
    """What an account is. Banks see a mule's account as PERSONAL: see `World.accounts_at`."""

    PERSONAL = "personal"
    JOINT = "joint"
    SALARY = "salary"
    MERCHANT = "merchant"
    PAYROLL = "payroll"
    POOLED = "pooled"
    MULE = "mule"
    EXCHANGE = "exchange"
    CASH = "cash"


ACCOUNTS: Final = pa.schema(
    [
        pa.field("number", pa.string(), nullable=False),
        pa.field("bank", pa.string(), nullable=False),
        pa.field("country", pa.string(), nullable=False),
        pa.field("currency", pa.string(), nullable=False),
        pa.field("kind", pa.string(), nullable=False),
        pa.field("holder", pa.string(), nullable=False),
        pa.field("phone", pa.string()),
        pa.field("alias", pa.string()),
        pa.field("opening_balance", pa.int64(), nullable=False),
    ]
)

WORLD_TRANSFERS: Final = pa.schema(
    [
        *TRANSFERS,
        pa.field("settles_at", pa.int64()),  # pending at the debtor's bank until then; null: reached the creditor at `time`
        pa.field(
            "depends_on", pa.list_(pa.string()), nullable=False
        ),  # passes on their money; does not happen if one was stopped or held
        pa.field("scam", pa.string()),  # truth: the gang's id
    ]
)

PATHS: Final = pa.schema(
    [
        pa.field("report", pa.string(), nullable=False),
        pa.field("transfer", pa.string(), nullable=False),
        pa.field("parent", pa.string()),  # null for the victim's own payment
        pa.field("hop", pa.int32(), nullable=False),  # 0 for the victim's own payment
        pa.field("amount", pa.int64(), nullable=False),  # this victim's money in the transfer, debtor face
        pa.field("counter_amount", pa.int64(), nullable=False),  # the same on the creditor face
        pa.field("scam", pa.string(), nullable=False),
    ]
)
"""One row for each (victim, transfer, transfer before it): how this victim's money went on."""

RESTS: Final = pa.schema(
    [
        pa.field("report", pa.string(), nullable=False),
        pa.field("transfer", pa.string(), nullable=False),  # the transfer that brought it there
        pa.field("bank", pa.string(), nullable=False),
        pa.field("account", pa.string(), nullable=False),
        pa.field("account_kind", pa.string(), nullable=False),
        pa.field("amount", pa.int64(), nullable=False),
        pa.field("currency", pa.string(), nullable=False),
        pa.field("exit", pa.string()),  # cash, exchange or merchant; null: it still stands at the world's end
    ]
)
"""Where this victim's money came to rest, if nobody does anything.

What landed on an innocent account counts as standing there; a tracing rule may say that the holder's own payments carried
some of it on.
"""

MENTIONS: Final = pa.schema(
    [
        pa.field("report", pa.string(), nullable=False),
        pa.field("type", pa.string(), nullable=False),  # bank_account, alias, phone, url, handle, amount, order_number
        pa.field("written", pa.string(), nullable=False),  # as it stands in the narrative
        pa.field("canonical", pa.string(), nullable=False),  # amounts such as "1234.50 CNY"
    ]
)
"""What each narrative contains."""


@dataclass(frozen=True, slots=True)
class Bank:
    """A made-up bank and how its sandbox answers: median seconds, share of orders refused, channels it can be reached on."""

    code: str
    name: str
    name_zh: str
    country: str
    currency: str
    answer_delay_seconds: float
    refuses_rate: float
    channels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class VictimReport:
    """What one victim states in the call, and in `transfers` (truth) what it is about.

    The six facts describe the first of `transfers`; a second payment, where there is one, stands in the narrative alone.
    Either `payee_account` or `payee_alias` is given. Vague callers round the amount, misjudge the time by some minutes or
    do not know the payee's bank.
    """

    reference: str
    call_time: datetime
    language: str
    call_back: str | None
    caller_name: str
    country: str
    payer_bank: str
    payer_account: str
    payee_account: str | None
    payee_alias: str | None
    payee_name: str
    payee_bank: str | None
    amount_minor: int
    currency: str
    about_when: datetime
    still_pending: bool
    scam_type: str
    narrative: str
    transfers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Gang:
    """Truth: who belongs together. `mules` are (bank, account); phones, handles and sites are what its victims were given."""

    id: str
    home: str
    scam_types: tuple[str, ...]
    mules: tuple[tuple[str, str], ...]
    phones: tuple[str, ...]
    handles: tuple[str, ...]
    sites: tuple[str, ...]
    victims: tuple[str, ...]


@dataclass(frozen=True)
class Truth:
    """Everything that only the author of the world knows."""

    gangs: tuple[Gang, ...]
    paths: pa.Table
    rests: pa.Table
    mentions: pa.Table

    def paths_of(self, report: str) -> pa.Table:
        """The rows of `paths` of one victim, in time order."""
        return self.paths.filter(pc.equal(self.paths["report"], report))
