"""A joined trace as rows: the table of the claim page, and its CSV."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from accord.capabilities.claims.joined_trace import JoinedTrace, OpenBranch
from accord.capabilities.claims.models import EnquiryState
from accord.capabilities.claims.ports import AccountKind, TransferLeg
from accord.core.clock import to_iso
from accord.core.money import Money
from accord.web.wording import stored_in_words


class Part(StrEnum):
    """Which part of the claimed money a row tells of; also the filter of the table."""

    FLOW = "flow"
    STANDING = "standing"
    EXIT = "exit"
    OPEN = "open"


class BranchState(StrEnum):
    """How far the question about an open branch has come."""

    ASKED = "asked"
    SILENT = "silent"
    FAILED = "failed"
    LEFT = "left"


ACCOUNT_KINDS: Final = dict(AccountKind.choices)


@dataclass(frozen=True, slots=True)
class Place:
    """One end of a row. `account` is empty where only the institution is known."""

    bank: str
    account: str = ""


@dataclass(frozen=True, slots=True)
class TraceRow:
    """One line of the table. `what` is a key of TRACE_WORDS; `held` counts for standing money only."""

    part: Part
    what: str
    money: Money
    held: Money | None = None
    source: Place | None = None
    target: Place | None = None
    transfer: str = ""
    time: datetime | None = None
    hop: int | None = None
    account_kind: str = ""
    note: str = ""
    due: datetime | None = None


def branch_state(branch: OpenBranch, now: datetime) -> BranchState:
    """Failed and silent branches need a person; the others only time. What went to another jurisdiction is not asked about."""
    if branch.state == EnquiryState.LEFT:
        return BranchState.LEFT
    if branch.state == "failed":
        return BranchState.FAILED
    return BranchState.SILENT if branch.answer_due_at < now else BranchState.ASKED


def trace_rows(trace: JoinedTrace, now: datetime) -> list[TraceRow]:
    """Open branches and standing money first, as they ask for something to be done; then exits and flows by time."""
    exits = {exit_.leg.transfer for exit_ in trace.exits}
    hops = {flow.leg.transfer: flow.hop for flow in trace.flows}
    rows = [_open_row(branch, now) for branch in trace.open]
    for standing in trace.standing:
        held = Money(standing.held, standing.currency)
        rows.append(
            TraceRow(
                part=Part.STANDING,
                what=standing_state(standing.amount, standing.held),
                money=Money(standing.amount, standing.currency),
                held=held,
                target=Place(standing.institution, standing.account),
                account_kind=standing.account_kind,
            )
        )
    rows += [_leg_row(Part.EXIT, str(exit_.kind), exit_.leg, hops.get(exit_.leg.transfer)) for exit_ in trace.exits]
    rows += [_leg_row(Part.FLOW, "flow", flow.leg, flow.hop) for flow in trace.flows if flow.leg.transfer not in exits]
    return rows


def standing_state(amount: int, held: int) -> str:
    """A key of TRACE_WORDS for money on an account."""
    if held <= 0:
        return "standing"
    return "held" if held >= amount else "held_partly"


def _open_row(branch: OpenBranch, now: datetime) -> TraceRow:
    too_small = branch.state == EnquiryState.LEFT and branch.transfers and not branch.jurisdiction
    return TraceRow(
        part=Part.OPEN,
        what="below_minimum" if too_small else branch_state(branch, now),
        money=Money(branch.amount, branch.currency),
        target=Place(branch.institution),
        transfer=", ".join(branch.transfers),
        note=stored_in_words(branch.error),
        due=None if branch.state == EnquiryState.LEFT else branch.answer_due_at,
    )


def _leg_row(part: Part, what: str, leg: TransferLeg, hop: int | None) -> TraceRow:
    counter = None
    if leg.counter_amount is not None and leg.counter_currency is not None:
        counter = Money(leg.counter_amount, leg.counter_currency)
    return TraceRow(
        part=part,
        what=what,
        money=Money(leg.amount, leg.currency),
        source=Place(leg.debtor_bank, leg.debtor),
        target=Place(leg.creditor_bank, leg.creditor),
        transfer=leg.transfer,
        time=leg.time,
        hop=hop,
        note=f"→ {counter}" if counter else "",
    )


CSV_COLUMNS: Final = (
    "part", "kind", "time", "transfer", "debtor_bank", "debtor", "creditor_bank", "creditor",
    "amount", "currency", "held", "hop", "account_kind", "note",
)  # fmt: skip


def csv_rows(rows: Iterable[TraceRow]) -> Iterable[tuple[str, ...]]:
    """The rows under CSV_COLUMNS; amounts as plain decimals, times as ISO 8601 UTC."""
    for row in rows:
        source, target = row.source or Place(""), row.target or Place("")
        yield (
            row.part,
            row.what,
            to_iso(row.time) if row.time else "",
            row.transfer,
            source.bank,
            source.account,
            target.bank,
            target.account,
            str(row.money.decimal()),
            row.money.currency,
            str(row.held.decimal()) if row.held else "",
            "" if row.hop is None else str(row.hop),
            row.account_kind,
            row.note,
        )
