"""The hold plan: one limited hold per account where claimed money stands, one action per exit.

All places of a claim that change together are weighed together, in a fixed number of queries however many they are.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.db.models import F, QuerySet

from accord.capabilities.claims.messages import credits_from_json, merged_credits, parcels_from_json, to_json
from accord.capabilities.claims.models import (
    Claim,
    ClaimTransfer,
    Enquiry,
    HoldShare,
    PlanAction,
    PlanItem,
    PlanItemState,
    StandingAmount,
)
from accord.capabilities.claims.ports import AccountKind, LegExit
from accord.capabilities.claims.services.shares import Place, free_units, live_shares, lock_places
from accord.core import clock
from accord.engine.tracing.model import ExitKind, Parcel

URGENCY_WINDOW_SECONDS: Final = 600
DEFAULT_SECONDS_TO_PASS_ON: Final = 1_800
"""Assumed for an account whose holder cannot say; a parameter, not a finding."""

HOLD_ACTIONS: Final = (PlanAction.HOLD, PlanAction.ENQUIRE)

_EXIT_ACTIONS: Final = {
    ExitKind.EXCHANGE: PlanAction.EXCHANGE,
    ExitKind.MERCHANT: PlanAction.STOP_DELIVERY,
    ExitKind.CASH: PlanAction.SECURE_CASH,
    ExitKind.PAYROLL: PlanAction.ASK_EMPLOYER,
    ExitKind.HUB: PlanAction.REVIEW_HUB,
    ExitKind.BELOW_MINIMUM: PlanAction.REVIEW_SMALL,
}


@dataclass(frozen=True, slots=True)
class Weighed:
    """What may still be held at one place for a claim, and (FIFO, LIFO) which units; what it stands on."""

    free: int
    units: tuple[Parcel, ...]
    rows: tuple[StandingAmount, ...]

    @property
    def transfers(self) -> list[str]:
        """The credits behind it, by transfer id."""
        return sorted({credit.transfer for row in self.rows for credit in credits_from_json(row.enquiry.credits)})


Wanted = Mapping[Claim, Collection[Place]]
"""Which places of which claims."""


class Scales:
    """What holds of some claims at some places are weighed on: read once, with the places locked.

    The number of queries does not depend on how much is wanted. `of_others`: read also what other claims have there.
    """

    def __init__(self, wanted: Wanted, *, of_others: bool = False) -> None:
        self._wanted = wanted
        places = {place for claim_places in wanted.values() for place in claim_places}
        self.accounts = lock_places(places)
        standing = _standing_at(places)
        self.standing = [row for row in (standing if of_others else standing.filter(claim__in=wanted)) if row.place in places]
        self.shares = live_shares(self.accounts.values(), wanted)
        self.starts = list(ClaimTransfer.objects.filter(claim__in=wanted))
        self.budgets = unheld_budgets(wanted, self.starts, self.shares)

    def weigh(self) -> dict[tuple[Claim, Place], Weighed]:
        """What may still be held for each claim at each place: not held yet by any claim, and within the claim's own amount.

        The second limit matters when an account with a hold goes on paying: FIFO then lets the claimed units leave first,
        while the bank keeps as much money back, and the same money must not be held a second time further on.
        """
        standing: dict[tuple[Any, Place], list[StandingAmount]] = defaultdict(list)
        for row in self.standing:
            standing[row.claim_id, row.place].append(row)
        shares: dict[Place, list[HoldShare]] = defaultdict(list)
        for share in self.shares:
            shares[share.account.place].append(share)
        return {
            (claim, place): _weigh_one(place, standing[claim.pk, place], shares[place], claim.currency, self.budgets[claim])
            for claim, claim_places in self._wanted.items()
            for place in sorted(claim_places)
        }

    def others(self, but: Claim) -> dict[Claim, set[Place]]:
        """The other claims whose money stands at these places, where that was read."""
        return _by_claim(row for row in self.standing if row.claim_id != but.pk)


_STANDING: Final = (
    "institution",
    "account",
    "currency",
    "amount",
    "parcels",
    "account_kind",
    "seconds_to_pass_on",
    "enquiry",
    "claim",
)


def _standing_at(places: Collection[Place]) -> QuerySet[StandingAmount]:
    """Claimed money on accounts of these names, of any claim, by answers under the claim's own rule."""
    rows = StandingAmount.objects.filter(enquiry__rule=F("claim__rule"), account__in={place[1] for place in places})
    rows = rows.select_related("enquiry", "claim").order_by("claim_id", "pk")
    return rows.only(*_STANDING, "enquiry__credits", "claim__currency")


def _by_claim(rows: Iterable[StandingAmount]) -> dict[Claim, set[Place]]:
    places: dict[Claim, set[Place]] = defaultdict(set)
    for row in rows:
        places[row.claim].add(row.place)
    return places


def _weigh_one(
    place: Place, rows: Sequence[StandingAmount], shares: Sequence[HoldShare], currency: str, budget: int | None
) -> Weighed:
    parcels = [parcel for row in rows for parcel in parcels_from_json(row.parcels)]
    weighed = Weighed(0, (), tuple(rows))
    free, units = free_units(shares, sum(row.amount for row in rows), parcels, weighed.transfers)
    if budget is not None and place[2] == currency:
        free = min(free, budget)
    return Weighed(free, units, tuple(rows))


def unheld_budgets(
    claims: Collection[Claim], starts: Iterable[ClaimTransfer], shares: Iterable[HoldShare]
) -> dict[Claim, int | None]:
    """Minor units of each claim's transfers that no live share of it covers yet; None before its first transfer is known."""
    by_id = {claim.pk: claim for claim in claims}
    budgets: dict[Claim, int | None] = dict.fromkeys(claims)
    for start in starts:
        claim = by_id[start.claim_id]
        if start.currency == claim.currency:
            budgets[claim] = (budgets[claim] or 0) + start.amount
    for share in shares:
        holder = by_id.get(share.claim_id)
        budget = None if holder is None else budgets[holder]
        if holder is not None and budget is not None and share.account.currency == holder.currency:
            budgets[holder] = max(0, budget - share.amount)
    return budgets


def refresh(wanted: Wanted) -> list[tuple[PlanItem, Weighed]]:
    """Bring the proposed hold of each claim at each place in line with what stands there unheld.

    Lines are created, resized or withdrawn; returns those that are open, with what was weighed for them.
    """
    if not any(wanted.values()):
        return []
    scales = Scales(wanted)
    lines = _Lines(wanted)
    left: list[tuple[PlanItem, Weighed]] = []
    fresh, resized, withdrawn = [], [], []
    for (claim, place), weighed in scales.weigh().items():
        line = lines.open.get((claim.pk, place))
        credits_ = to_json(merged_credits(credits_from_json(row.enquiry.credits) for row in weighed.rows))
        if weighed.free <= lines.not_again((claim.pk, place), credits_):
            if line is not None:
                withdrawn.append(line.pk)
            continue
        if line is None:
            line = _new_line(claim, place, weighed)
            _resize(line, weighed, credits_)
            fresh.append(line)
        elif _resize(line, weighed, credits_):
            resized.append(line)
        left.append((line, weighed))
    PlanItem.objects.bulk_create(fresh)
    for line in resized:
        line.save(update_fields=_WEIGHED)
    if withdrawn:
        PlanItem.objects.filter(pk__in=withdrawn).delete()
    return left


class _Lines:
    """Hold lines of some claims at some places, open and decided, by claim id and place."""

    def __init__(self, wanted: Wanted) -> None:
        self.open: dict[tuple[Any, Place], PlanItem] = {}
        self._dismissed: dict[tuple[Any, Place], int] = defaultdict(int)
        self._asked: dict[tuple[Any, Place], PlanItem] = {}
        accounts = {place[1] for places in wanted.values() for place in places}
        lines = PlanItem.objects.filter(claim__in=wanted, transfer="", account__in=accounts)
        for line in lines.order_by(F("decided_at").asc(nulls_last=True), "id"):
            key = (line.claim_id, line.place)
            if line.state == PlanItemState.PROPOSED:
                self.open[key] = line
            elif line.state == PlanItemState.DISMISSED:
                self._dismissed[key] = max(self._dismissed[key], line.amount)
            elif line.action == PlanAction.HOLD:
                self._asked[key] = line

    def not_again(self, key: tuple[Any, Place], credits_: Any) -> int:
        """Up to how much is not proposed at a place: a person decided that it stays free, or the bank cannot hold it.

        A trace can show more than a bank can hold, such as money that is set aside for a payment under way. Asking again for
        the same would lead nowhere, as long as no further credit has reached the account.
        """
        asked = self._asked.get(key)
        short = asked.shortfall if asked is not None and asked.credits == credits_ else 0
        return max(self._dismissed[key], short)


def _new_line(claim: Claim, place: Place, weighed: Weighed) -> PlanItem:
    kind = AccountKind(weighed.rows[0].account_kind)
    return PlanItem(
        claim=claim,
        action=PlanAction.ENQUIRE if kind.needs_enquiry_first else PlanAction.HOLD,
        institution=place[0],
        account=place[1],
        currency=place[2],
        proposed_at=clock.now(),
    )


_WEIGHED: Final = ("account_kind", "amount", "urgency", "credits")
"""Columns of a line that follow what is weighed."""


def _resize(line: PlanItem, weighed: Weighed, credits_: Any) -> bool:
    """Give the line what was weighed now; whether that changed anything."""
    seconds = [row.seconds_to_pass_on for row in weighed.rows if row.seconds_to_pass_on is not None]
    before = [getattr(line, name) for name in _WEIGHED]
    line.account_kind, line.amount, line.credits = weighed.rows[0].account_kind, weighed.free, credits_
    line.urgency = urgency(weighed.free, min(seconds, default=None))
    return before != [getattr(line, name) for name in _WEIGHED]


def urgency(amount: int, seconds_to_pass_on: int | None) -> int:
    """Minor units expected to leave in the next ten minutes, if an account passes on half of a credit in its usual time.

    Integer arithmetic in thousandths, so that equal plans rank equally everywhere.
    """
    half_life = max(1, seconds_to_pass_on if seconds_to_pass_on is not None else DEFAULT_SECONDS_TO_PASS_ON)
    leaves = 1000 - round(1000 * math.pow(0.5, URGENCY_WINDOW_SECONDS / half_life))
    return amount * leaves // 1000


def refresh_others(places: Collection[Place], but: Claim | None = None) -> None:
    """Weigh anew what the other claims propose at places where a share has changed: less, more, or again."""
    refresh_all_but({place: set() if but is None else {but.pk} for place in places})


def refresh_all_but(holders: Mapping[Place, Collection[UUID]]) -> None:
    """The same at places where shares of one claim or of several have changed: a claim is left out where its own alone did."""
    told = [row for row in _standing_at(holders) if row.place in holders]
    refresh(_by_claim(row for row in told if not holders[row.place] or set(holders[row.place]) - {row.claim_id}))


def propose_exits(exits: Sequence[tuple[Enquiry, LegExit]]) -> None:
    """One action per claim and exit transfer; an exit known before is left as it is."""
    if not exits:
        return
    claims = {enquiry.claim_id for enquiry, _ in exits}
    known = set(PlanItem.objects.filter(claim__in=claims).exclude(transfer="").values_list("claim", "transfer"))
    fresh = {(enquiry.claim_id, exit_.leg.transfer): (enquiry, exit_) for enquiry, exit_ in exits}
    now = clock.now()
    PlanItem.objects.bulk_create(
        PlanItem(
            claim_id=enquiry.claim_id,
            action=_EXIT_ACTIONS[exit_.kind],
            institution=exit_.leg.creditor_bank or enquiry.institution,
            account=exit_.leg.creditor,
            currency=exit_.leg.currency,
            amount=exit_.leg.amount,
            transfer=exit_.leg.transfer,
            proposed_at=now,
        )
        for key, (enquiry, exit_) in fresh.items()
        if key not in known
    )


def unheld_accounts(claim: Claim) -> list[str]:
    """Accounts on which the plan still proposes a hold."""
    proposed = PlanItem.objects.filter(claim=claim, state=PlanItemState.PROPOSED, action__in=HOLD_ACTIONS)
    return list(proposed.values_list("account", flat=True))
