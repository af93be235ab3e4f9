"""A claim across borders: what each jurisdiction holds of it, by what its centre tells."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from accord.capabilities.claims.models import EnquiryState
from accord.capabilities.exchange.crossborder.queries import foreign_enquiries, requests
from accord.capabilities.exchange.crossborder.queries import orders as exchange_orders
from accord.capabilities.exchange.partners import queries as partners
from accord.core.money import Money
from accord.sites.desk.presenters.trace_rows import BranchState, branch_state

if TYPE_CHECKING:
    from uuid import UUID

    from accord.capabilities.claims.joined_trace import JoinedTrace, OpenBranch
    from accord.capabilities.exchange.models import ForeignEnquiry, Partner, PartnerRequest, SentOrder
    from accord.capabilities.orders.models import Order
    from accord.capabilities.people.policy import Actor

_Sums = dict[str, int]


def _sums() -> _Sums:
    return defaultdict(int)


@dataclass(slots=True)
class JurisdictionRow:
    """One line of the table. `code` is the centre's agency code, "" ours, and None where nobody says which one it is.

    `left`: it went there and the claim is not followed there from here. `states` are those of what is still asked. Its
    clocks are the first of each kind to run out: `due` of its answers, `held_until` of its holds, `confirm_by` of holds that
    lapse there unless an officer confirms them.
    """

    code: str | None
    partner: Partner | None = None
    due: datetime | None = None
    held_until: datetime | None = None
    confirm_by: datetime | None = None
    states: set[BranchState] = field(default_factory=set)
    errors: list[str] = field(default_factory=list)
    standing_sums: _Sums = field(default_factory=_sums)
    held_sums: _Sums = field(default_factory=_sums)
    open_sums: _Sums = field(default_factory=_sums)
    left_sums: _Sums = field(default_factory=_sums)
    exit_sums: _Sums = field(default_factory=_sums)

    @property
    def standing(self) -> list[Money]:
        return _money(self.standing_sums)

    @property
    def held(self) -> list[Money]:
        return _money(self.held_sums)

    @property
    def open(self) -> list[Money]:
        return _money(self.open_sums)

    @property
    def left(self) -> list[Money]:
        return _money(self.left_sums)

    @property
    def exits(self) -> list[Money]:
        return _money(self.exit_sums)

    @property
    def needs_person(self) -> bool:
        return bool({BranchState.SILENT, BranchState.FAILED} & self.states)


@dataclass(frozen=True, slots=True)
class AcrossBorders:
    """What the claim's page tells of partners: nothing of it where the claim has nothing to do with any."""

    rows: tuple[JurisdictionRow, ...]
    asked_by: tuple[ForeignEnquiry, ...]
    requests: tuple[PartnerRequest, ...]
    partners: tuple[Partner, ...]

    @property
    def shown(self) -> bool:
        return len(self.rows) > 1 or any(row.code != "" for row in self.rows) or bool(self.requests or self.asked_by)


def across_borders(actor: Actor, claim_id: UUID, trace: JoinedTrace, orders: Sequence[Order], now: datetime) -> AcrossBorders:
    """`orders` are the claim's, whose ends are the clocks of what is held."""
    known = {partner.code: partner for partner in partners.partners(actor)}
    rows = tuple(jurisdiction_rows(trace, known, now))
    note_ends({row.code: row for row in rows}, orders, exchange_orders.sent_orders(actor, [order.pk for order in orders]))
    return AcrossBorders(
        rows=rows,
        asked_by=tuple(foreign_enquiries.by_claims(actor, [claim_id])[claim_id]),
        requests=tuple(requests.by_claims(actor, [claim_id])[claim_id]),
        partners=tuple(known.values()),
    )


def jurisdiction_rows(trace: JoinedTrace, known: dict[str, Partner], now: datetime) -> Iterable[JurisdictionRow]:
    """A line for each jurisdiction that has something of the claim: ours first, then the others by their code."""
    rows: dict[str | None, JurisdictionRow] = {}

    def at(code: str | None) -> JurisdictionRow:
        return rows.setdefault(code, JurisdictionRow(code, known.get(code or "")))

    for standing in trace.standing:
        row = at(standing.jurisdiction)
        row.standing_sums[standing.currency] += standing.amount - standing.held
        row.held_sums[standing.currency] += standing.held
    for exit_ in trace.exits:
        at(exit_.jurisdiction).exit_sums[exit_.leg.currency] += exit_.leg.amount
    for branch in trace.open:
        _count(at(_where(branch)), branch, now)
    return sorted(rows.values(), key=lambda row: (row.code is None, row.code or ""))


def note_ends(rows: Mapping[str | None, JurisdictionRow], orders: Sequence[Order], sent: Mapping[UUID, SentOrder]) -> None:
    """The clocks of what is held where; `sent` says which orders went to which partner."""
    for order in orders:
        at = sent.get(order.pk)
        row = rows.get(at.partner_id if at else "")
        if row is None or not order.held or not order.is_standing:
            continue
        row.held_until = _earlier(row.held_until, order.until)
        if at is not None and at.automatic and at.confirm_by is not None:
            row.confirm_by = _earlier(row.confirm_by, at.confirm_by)


def _earlier(one: datetime | None, other: datetime) -> datetime:
    return other if one is None else min(one, other)


def _where(branch: OpenBranch) -> str | None:
    """The jurisdiction of a branch; None where a partner's centre does not say whither the money went on."""
    unsaid = branch.state == EnquiryState.LEFT and not branch.jurisdiction and not branch.transfers
    return None if unsaid else branch.jurisdiction


def _count(row: JurisdictionRow, branch: OpenBranch, now: datetime) -> None:
    if branch.state == EnquiryState.LEFT:
        row.left_sums[branch.currency] += branch.amount
        return
    row.open_sums[branch.currency] += branch.amount
    row.states.add(branch_state(branch, now))
    row.due = min(filter(None, (row.due, branch.answer_due_at)))
    if branch.error and branch.error not in row.errors:
        row.errors.append(branch.error)


def _money(sums: _Sums) -> list[Money]:
    return [Money(minor, currency) for currency, minor in sorted(sums.items()) if minor]
