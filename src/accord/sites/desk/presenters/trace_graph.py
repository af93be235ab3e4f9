"""A joined trace as nodes and edges for the picture, and as marks on a time line."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from django.utils import timezone

from accord.capabilities.claims.joined_trace import JoinedTrace
from accord.core.canonical import content_hash
from accord.core.clock import to_iso
from accord.core.money import Money
from accord.sites.common.words import TRACE_WORDS
from accord.sites.desk.presenters.trace_rows import ACCOUNT_KINDS, branch_state, standing_state

if TYPE_CHECKING:
    from accord.capabilities.orders.models import Order

_RANK: Final = (
    "passed", "victim", "left", "below_minimum", "hub", "outside", "payroll", "merchant", "exchange", "cash",
    "held", "asked", "held_partly", "standing", "silent", "failed",
)  # fmt: skip
"""An account that is several things at once is drawn as the last of these that it is: what needs a person wins."""


@dataclass(slots=True)
class _Account:
    """What the trace says of one account so far. Sums are {currency: minor units}."""

    bank: str
    number: str
    states: set[str] = field(default_factory=lambda: {"passed"})
    kind: str = ""
    standing: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    held: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    left: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    asked: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    @property
    def state(self) -> str:
        return max(self.states, key=_RANK.index)


@dataclass(frozen=True, slots=True)
class Names:
    """How the site calls banks and shows account numbers."""

    bank: Callable[[str], str]
    masked: Callable[[str], str]


def graph_document(trace: JoinedTrace, orders: Sequence[Order], now: datetime, names: Names) -> dict[str, Any]:
    """The document that the page's scripts draw: banks, accounts (nodes), transfers (edges), orders; `version` is its hash.

    Node and edge ids stay the same from one version to the next, so that a picture can be brought up to date in place.
    """
    accounts = _accounts(trace, now)
    exit_kinds = {exit_.leg.transfer: str(exit_.kind) for exit_ in trace.exits}
    document: dict[str, Any] = {
        "claim": trace.claim,
        "rule": trace.rule,
        "conserved": trace.conserved,
        "banks": [{"id": _bank_id(bank), "name": names.bank(bank)} for bank in sorted({key[0] for key in accounts})],
        "nodes": [_node(account, names) for account in accounts.values()],
        "edges": [
            {
                "id": f"t:{flow.leg.transfer}",
                "source": _account_id(flow.leg.debtor_bank, flow.leg.debtor),
                "target": _account_id(flow.leg.creditor_bank, flow.leg.creditor),
                "transfer": flow.leg.transfer,
                "minor": flow.leg.amount,
                "currency": flow.leg.currency,
                "money": str(Money(flow.leg.amount, flow.leg.currency)),
                "time": to_iso(flow.leg.time),
                "clock": _clock(flow.leg.time),
                "hop": flow.hop,
                "exit": exit_kinds.get(flow.leg.transfer, ""),
            }
            for flow in trace.flows
        ],
        "orders": [_order_mark(order, names) for order in orders],
    }
    document["version"] = content_hash(document)
    return document


def _accounts(trace: JoinedTrace, now: datetime) -> dict[tuple[str, str], _Account]:
    accounts: dict[tuple[str, str], _Account] = {}

    def at(bank: str, number: str) -> _Account:
        return accounts.setdefault((bank, number), _Account(bank, number))

    receivers: dict[str, _Account] = {}
    for flow in trace.flows:
        debtor = at(flow.leg.debtor_bank, flow.leg.debtor)
        if flow.hop == 0:
            debtor.states.add("victim")
        receivers[flow.leg.transfer] = at(flow.leg.creditor_bank, flow.leg.creditor)
    for row in trace.standing:
        account = at(row.institution, row.account)
        account.states.add(standing_state(row.amount, row.held))
        account.kind = row.account_kind
        account.standing[row.currency] += row.amount
        account.held[row.currency] += row.held
    for exit_ in trace.exits:
        account = receivers.get(exit_.leg.transfer) or at(exit_.leg.creditor_bank, exit_.leg.creditor)
        account.states.add(str(exit_.kind))
        account.left[exit_.leg.currency] += exit_.leg.amount
    for branch in trace.open:
        known = [receivers[transfer] for transfer in branch.transfers if transfer in receivers]
        for account in known or [at(branch.institution, "")]:
            account.states.add(branch_state(branch, now))
        (known or [at(branch.institution, "")])[0].asked[branch.currency] += branch.amount
    return accounts


def _node(account: _Account, names: Names) -> dict[str, Any]:
    return {
        "id": _account_id(account.bank, account.number),
        "bank": _bank_id(account.bank),
        "bank_name": names.bank(account.bank),
        "account": account.number,
        "label": names.masked(account.number) if account.number else "?",
        "state": account.state,
        "state_words": str(TRACE_WORDS[account.state]),
        "kind_words": str(ACCOUNT_KINDS[account.kind]) if account.kind else "",
        "standing": _sums(account.standing),
        "held": _sums(account.held),
        "left": _sums(account.left),
        "asked": _sums(account.asked),
    }


def _order_mark(order: Order, names: Names) -> dict[str, Any]:
    return {
        "id": str(order.pk),
        "reference": order.reference,
        "words": f"{order.get_kind_display()} {order.reference}: {order.get_state_display()}",
        "bank": _bank_id(order.institution),
        "bank_name": names.bank(order.institution),
        "label": names.masked(order.account) if order.account else "",
        "state": order.state,
        "from": to_iso(order.approved_at or order.drafted_at),
        "to": to_iso(order.answered_at) if order.answered_at else None,
        "clock": _clock(order.approved_at or order.drafted_at),
        "minor": order.held or order.amount,
        "currency": order.currency,
        "money": str(order.held_money if order.held else order.money),
    }


def _sums(amounts: dict[str, int]) -> list[str]:
    return [str(Money(minor, currency)) for currency, minor in sorted(amounts.items()) if minor]


def _clock(moment: datetime) -> str:
    return timezone.localtime(moment).strftime("%H:%M:%S")


def _bank_id(bank: str) -> str:
    return f"b:{bank}"


def _account_id(bank: str, number: str) -> str:
    return f"a:{bank}:{number}"
