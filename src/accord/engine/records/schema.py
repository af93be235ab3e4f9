"""The columns of the record tables, in ISO 20022 words. Rows are immutable: a table only grows.

A transfer moves `amount` of `currency` from the debtor's account to the creditor's. A converting transfer also has
`counter_amount` of `counter_currency`, which is what the creditor receives. Amounts are minor units, times epoch
microseconds UTC. An account is (institution if known, canonical number).
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

import pyarrow as pa


class TransferKind(StrEnum):
    """What a transfer is. All but TRANSFER and CARD leave the ledger for good and end a trace's branch."""

    TRANSFER = "transfer"
    CARD = "card"
    CASH = "cash"
    EXCHANGE = "exchange"
    PAYROLL = "payroll"
    MERCHANT = "merchant"


TRANSFERS: Final = pa.schema(
    [
        pa.field("seq", pa.int64(), nullable=False),  # permanent number, 0 and up, in the order of loading
        pa.field("id", pa.string(), nullable=False),  # the source's id, or "batch:row" where it has none
        pa.field("time", pa.int64(), nullable=False),
        pa.field("debtor", pa.string(), nullable=False),
        pa.field("debtor_bank", pa.string()),
        pa.field("debtor_country", pa.string()),
        pa.field("creditor", pa.string(), nullable=False),
        pa.field("creditor_bank", pa.string()),
        pa.field("creditor_country", pa.string()),
        pa.field("amount", pa.int64(), nullable=False),
        pa.field("currency", pa.string(), nullable=False),
        pa.field("counter_amount", pa.int64()),
        pa.field("counter_currency", pa.string()),
        pa.field("kind", pa.string(), nullable=False),
        pa.field("batch", pa.string(), nullable=False),
    ]
)

BALANCES: Final = pa.schema(
    [
        pa.field("seq", pa.int64(), nullable=False),
        pa.field("account", pa.string(), nullable=False),
        pa.field("bank", pa.string()),
        pa.field("currency", pa.string(), nullable=False),
        pa.field("amount", pa.int64(), nullable=False),  # opening balance, before the account's first transfer
        pa.field("batch", pa.string(), nullable=False),
    ]
)
