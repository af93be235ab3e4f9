"""The hold plan: one limited hold per account where claimed money stands, one action per exit.

All places of a claim that change together are weighed together, in a fixed number of queries however many they are.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import F, Sum

from accord.capabilities.claims.messages import credits_from_json, merged_credits, parcels_from_json, to_json
from accord.capabilities.claims.models import (
    Claim,
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


def weigh(claim: Claim, places: Collection[Place]) -> dict[Place, Weighed]:
    """What may still be held for the claim at each place: not held yet by any claim, and within the claim's own amount.

    The second limit matters when an account with a hold goes on paying: FIFO then lets the claimed units leave first,
    while the bank keeps as much money back, and the same money must not be held a second time further on.
    Call with the places locked.
    """
    standing: dict[Place, list[StandingAmount]] = defaultdict(list)
    rows = StandingAmount.objects.filter(claim=claim, enquiry__rule=claim.rule, account__in={place[1] for place in places})
    for row in rows.select_related("enquiry").order_by("pk"):
        standing[row.institution, row.account, row.currency].append(row)
    shares = live_shares(places)
    budget = unheld_budget(claim)
    return {place: _weigh_one(place, standing[place], shares[place], claim.currency, budget) for place in places}


def _weigh_one(
    place: Place, rows: Sequence[StandingAmount], shares: Sequence[HoldShare], currency: str, budget: int | None
) -> Weighed:
    parcels = [parcel for row in rows for parcel in parcels_from_json(row.parcels)]
    weighed = Weighed(0, (), tuple(rows))
    free, units = free_units(shares, sum(row.amount for row in rows), parcels, weighed.transfers)
    if budget is not None and place[2] == currency:
        free = min(free, budget)
    return Weighed(free, units, tuple(rows))


def unheld_budget(claim: Claim) -> int | None:
    """Minor units of the claim's transfers that no hold of it covers yet; None before its first transfer is known."""
    started: int | None = claim.starts.filter(currency=claim.currency).aggregate(total=Sum("amount"))["total"]
    if started is None:
        return None
    held: int | None = claim.shares.filter(active=True, account__currency=claim.currency).aggregate(total=Sum("amount"))[
        "total"
    ]
    return max(0, started - (held or 0))


def refresh(claim: Claim, places: Collection[Place]) -> dict[Place, PlanItem]:
    """Bring the proposed hold at each place in line with what stands there unheld: created, resized or withdrawn.

    Returns the open lines that are left, by place.
    """
    if not places:
        return {}
    lock_places(places)
    lines = _Lines(claim, places)
    left: dict[Place, PlanItem] = {}
    withdrawn = []
    for place, weighed in sorted(weigh(claim, places).items()):
        line = lines.open.get(place)
        credits_ = to_json(merged_credits(credits_from_json(row.enquiry.credits) for row in weighed.rows))
        if weighed.free <= lines.not_again(place, credits_):
            if line is not None:
                withdrawn.append(line.pk)
            continue
        left[place] = _fill(line or _new_line(claim, place, weighed), weighed, credits_)
        left[place].save()
    if withdrawn:
        PlanItem.objects.filter(pk__in=withdrawn).delete()
    return left


class _Lines:
    """The claim's hold lines at some places, open and decided."""

    def __init__(self, claim: Claim, places: Collection[Place]) -> None:
        self.open: dict[Place, PlanItem] = {}
        self._dismissed: dict[Place, int] = defaultdict(int)
        self._asked: dict[Place, PlanItem] = {}
        lines = PlanItem.objects.filter(claim=claim, transfer="", account__in={place[1] for place in places})
        for line in lines.order_by(F("decided_at").asc(nulls_last=True), "id"):
            place = (line.institution, line.account, line.currency)
            if line.state == PlanItemState.PROPOSED:
                self.open[place] = line
            elif line.state == PlanItemState.DISMISSED:
                self._dismissed[place] = max(self._dismissed[place], line.amount)
            elif line.action == PlanAction.HOLD:
                self._asked[place] = line

    def not_again(self, place: Place, credits_: Any) -> int:
        """Up to how much is not proposed at a place: a person decided that it stays free, or the bank cannot hold it.

        A trace can show more than a bank can hold, such as money that is set aside for a payment under way. Asking again for
        the same would lead nowhere, as long as no further credit has reached the account.
        """
        asked = self._asked.get(place)
        short = asked.shortfall if asked is not None and asked.credits == credits_ else 0
        return max(self._dismissed[place], short)


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


def _fill(line: PlanItem, weighed: Weighed, credits_: Any) -> PlanItem:
    seconds = [row.seconds_to_pass_on for row in weighed.rows if row.seconds_to_pass_on is not None]
    line.account_kind = weighed.rows[0].account_kind
    line.amount = weighed.free
    line.urgency = urgency(weighed.free, min(seconds, default=None))
    line.credits = credits_
    return line


def urgency(amount: int, seconds_to_pass_on: int | None) -> int:
    """Minor units expected to leave in the next ten minutes, if an account passes on half of a credit in its usual time.

    Integer arithmetic in thousandths, so that equal plans rank equally everywhere.
    """
    half_life = max(1, seconds_to_pass_on if seconds_to_pass_on is not None else DEFAULT_SECONDS_TO_PASS_ON)
    leaves = 1000 - round(1000 * math.pow(0.5, URGENCY_WINDOW_SECONDS / half_life))
    return amount * leaves // 1000


def refresh_others(places: Collection[Place], but: Claim | None = None) -> None:
    """Weigh anew what the other claims propose at places where a share has changed: less, more, or again."""
    told = StandingAmount.objects.filter(account__in={place[1] for place in places}, claim__rule=F("enquiry__rule"))
    if but is not None:
        told = told.exclude(claim=but)
    touched: dict[Any, tuple[Claim, set[Place]]] = {}
    for row in told.select_related("claim").order_by("claim_id", "pk"):
        place = (row.institution, row.account, row.currency)
        if place in places:
            touched.setdefault(row.claim_id, (row.claim, set()))[1].add(place)
    for claim, shared in touched.values():
        refresh(claim, shared)


def propose_exits(claim: Claim, exits: Iterable[tuple[Enquiry, LegExit]]) -> None:
    """One action per exit transfer; an exit known before is left as it is."""
    exits = list(exits)
    if not exits:
        return
    known = set(PlanItem.objects.filter(claim=claim).exclude(transfer="").values_list("transfer", flat=True))
    now = clock.now()
    PlanItem.objects.bulk_create(
        PlanItem(
            claim=claim,
            action=_EXIT_ACTIONS[exit_.kind],
            institution=exit_.leg.creditor_bank or enquiry.institution,
            account=exit_.leg.creditor,
            currency=exit_.leg.currency,
            amount=exit_.leg.amount,
            transfer=exit_.leg.transfer,
            proposed_at=now,
        )
        for enquiry, exit_ in {exit_.leg.transfer: (enquiry, exit_) for enquiry, exit_ in exits}.values()
        if exit_.leg.transfer not in known
    )


def unheld_accounts(claim: Claim) -> list[str]:
    """Accounts on which the plan still proposes a hold."""
    proposed = PlanItem.objects.filter(claim=claim, state=PlanItemState.PROPOSED, action__in=HOLD_ACTIONS)
    return list(proposed.values_list("account", flat=True))
