"""A trace as JSON for programs and as Arrow for tables."""

from __future__ import annotations

from typing import Any, Final

import pyarrow as pa

from accord.core.clock import to_iso, to_micros
from accord.engine.tracing.model import Trace

TABLE: Final = pa.schema(
    [
        pa.field("claim", pa.int64(), nullable=False),  # place of the claim among those traced, 0 and up
        pa.field("kind", pa.string(), nullable=False),  # flow, standing or exit
        pa.field("transfer", pa.large_string()),  # null where money stands
        pa.field("debtor", pa.large_string()),
        pa.field("debtor_bank", pa.string()),
        pa.field("account", pa.large_string(), nullable=False),  # who received it, or where it stands
        pa.field("bank", pa.string()),
        pa.field("time", pa.int64()),  # epoch microseconds
        pa.field("amount", pa.int64(), nullable=False),  # minor units
        pa.field("currency", pa.string(), nullable=False),
        pa.field("hop", pa.int64()),  # flows only
        pa.field("exit", pa.string()),  # exits only: cash, exchange, payroll, merchant, hub, outside, below_minimum
    ]
)
"""The columns of a trace as one table: per claim its flows and exits in order of time, and what stands."""


def to_json_dict(trace: Trace) -> dict[str, Any]:
    """The trace as JSON types: integer minor units, ISO 8601 times in UTC, account numbers with their banks beside them."""
    return {
        "rule": trace.rule.value,
        "until": None if trace.until is None else to_iso(trace.until),
        "currency": trace.currency,
        "claimed": trace.claimed,
        "flows": [
            {
                "transfer": flow.transfer,
                "debtor": flow.debtor.number,
                "debtor_bank": flow.debtor.bank,
                "creditor": flow.creditor.number,
                "creditor_bank": flow.creditor.bank,
                "time": to_iso(flow.time),
                "amount": flow.amount,
                "currency": flow.currency,
                "hop": flow.hop,
                "intervals": [list(interval) for interval in flow.intervals],
            }
            for flow in trace.flows
        ],
        "standing": [
            {
                "account": place.account.number,
                "bank": place.account.bank,
                "amount": place.amount,
                "currency": place.currency,
                "parcels": [{"transfer": part.transfer, "start": part.start, "end": part.end} for part in place.parcels],
            }
            for place in trace.standing
        ],
        "exits": [
            {
                "account": left.account.number,
                "bank": left.account.bank,
                "transfer": left.transfer,
                "amount": left.amount,
                "currency": left.currency,
                "kind": left.kind.value,
                "intervals": [list(interval) for interval in left.intervals],
            }
            for left in trace.exits
        ],
        "conserved": trace.conserved,
        "conversions": [
            {
                "transfer": change.transfer,
                "amount": change.amount,
                "currency": change.currency,
                "counter_amount": change.counter_amount,
                "counter_currency": change.counter_currency,
            }
            for change in trace.conversions
        ],
        "claimed_by_currency": dict(trace.claimed_by_currency),
    }


def to_arrow(trace: Trace, claim: int = 0) -> pa.Table:
    """The trace as rows of `TABLE`, all under the claim number given."""
    paid = {flow.transfer: flow for flow in trace.flows}
    rows: list[dict[str, Any]] = [
        {
            "kind": "flow",
            "transfer": flow.transfer,
            "debtor": flow.debtor.number,
            "debtor_bank": flow.debtor.bank,
            "account": flow.creditor.number,
            "bank": flow.creditor.bank,
            "time": to_micros(flow.time),
            "amount": flow.amount,
            "currency": flow.currency,
            "hop": flow.hop,
        }
        for flow in trace.flows
    ]
    rows += [
        {
            "kind": "standing",
            "account": place.account.number,
            "bank": place.account.bank,
            "amount": place.amount,
            "currency": place.currency,
        }
        for place in trace.standing
    ]
    rows += [
        {
            "kind": "exit",
            "transfer": left.transfer,
            "debtor": paid[left.transfer].debtor.number,
            "debtor_bank": paid[left.transfer].debtor.bank,
            "account": left.account.number,
            "bank": left.account.bank,
            "time": to_micros(paid[left.transfer].time),
            "amount": left.amount,
            "currency": left.currency,
            "exit": left.kind.value,
        }
        for left in trace.exits
    ]
    return pa.Table.from_pylist([{"claim": claim, **row} for row in rows], TABLE)
