"""The hold plan: one limited hold per account where claimed money stands, one action per exit."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.db.models import Max, Sum

from accord.capabilities.claims.messages import credits_from_json, merged_credits, parcels_from_json, to_json
from accord.capabilities.claims.models import (
    Claim,
    Enquiry,
    PlanAction,
    PlanItem,
    PlanItemState,
    SharedAccount,
    StandingAmount,
)
from accord.capabilities.claims.ports import AccountKind, EnquiryAnswer, LegExit
from accord.capabilities.claims.services.shares import free_units, lock_account, reserve_share
from accord.capabilities.people import services as people
from accord.capabilities.people.policy import Actor, Permission, require
from accord.core import clock
from accord.core.errors import BadInput, Conflict, NotFound
from accord.engine.tracing.model import ExitKind, Parcel

URGENCY_WINDOW_SECONDS: Final = 600
DEFAULT_SECONDS_TO_PASS_ON: Final = 1_800
"""Assumed for an account whose holder cannot say; a parameter, not a finding."""

_EXIT_ACTIONS: Final = {
    ExitKind.EXCHANGE: PlanAction.EXCHANGE,
    ExitKind.MERCHANT: PlanAction.STOP_DELIVERY,
    ExitKind.CASH: PlanAction.SECURE_CASH,
    ExitKind.PAYROLL: PlanAction.ASK_EMPLOYER,
    ExitKind.HUB: PlanAction.REVIEW_HUB,
    ExitKind.BELOW_MINIMUM: PlanAction.REVIEW_SMALL,
}


def refresh_accounts(claim: Claim, institution: str, accounts: Iterable[tuple[str, str]]) -> None:
    """Bring the proposed hold of each (account, currency) in line with what stands there and is not held yet."""
    for account, currency in sorted(accounts):
        shared = lock_account(institution, account, currency)
        _refresh(claim, shared)


def _standing(claim: Claim, shared: SharedAccount) -> list[StandingAmount]:
    return list(
        StandingAmount.objects.filter(
            claim=claim,
            institution=shared.institution,
            account=shared.account,
            currency=shared.currency,
            enquiry__rule=claim.rule,
        ).select_related("enquiry")
    )


def _refresh(claim: Claim, shared: SharedAccount) -> PlanItem | None:
    """The one open hold item of the claim on the account, created, resized or withdrawn."""
    open_item = PlanItem.objects.filter(
        claim=claim,
        state=PlanItemState.PROPOSED,
        institution=shared.institution,
        account=shared.account,
        currency=shared.currency,
        action__in=(PlanAction.HOLD, PlanAction.ENQUIRE),
    ).first()
    rows = _standing(claim, shared)
    free, _ = _free(claim, rows, shared)
    credits_ = to_json(merged_credits(credits_from_json(row.enquiry.credits) for row in rows))
    if free <= max(_ruled_out(claim, shared), _short(claim, shared, credits_)):
        if open_item is not None:
            open_item.delete()
        return None
    kind = AccountKind(rows[0].account_kind)
    seconds = min((row.seconds_to_pass_on for row in rows if row.seconds_to_pass_on is not None), default=None)
    item = open_item or PlanItem(
        claim=claim,
        action=PlanAction.ENQUIRE if kind.needs_enquiry_first else PlanAction.HOLD,
        institution=shared.institution,
        account=shared.account,
        currency=shared.currency,
        proposed_at=clock.now(),
    )
    item.account_kind = kind
    item.amount = free
    item.urgency = urgency(free, seconds)
    item.credits = credits_
    item.save()
    return item


def _ruled_out(claim: Claim, shared: SharedAccount) -> int:
    """The largest amount on the account that a person decided not to hold; 0 where nobody did."""
    dismissed = PlanItem.objects.filter(
        claim=claim,
        state=PlanItemState.DISMISSED,
        transfer="",
        institution=shared.institution,
        account=shared.account,
        currency=shared.currency,
    )
    return dismissed.aggregate(largest=Max("amount"))["largest"] or 0


def _short(claim: Claim, shared: SharedAccount, credits_: Any) -> int:
    """What the bank could not hold when it was last asked to, as long as no further credit has reached the account.

    A trace can show more than a bank can hold, such as money that is set aside for a payment under way. Asking again for
    the same would lead nowhere.
    """
    asked = PlanItem.objects.filter(
        claim=claim,
        state=PlanItemState.APPROVED,
        action=PlanAction.HOLD,
        institution=shared.institution,
        account=shared.account,
        currency=shared.currency,
    )
    last = asked.order_by("decided_at", "id").last()
    return last.shortfall if last is not None and last.credits == credits_ else 0


def note_shortfall(item_id: UUID, shortfall: int) -> None:
    """The bank holds less than the line asked for."""
    PlanItem.objects.filter(pk=item_id).update(shortfall=shortfall)


def _free(claim: Claim, rows: Sequence[StandingAmount], shared: SharedAccount) -> tuple[int, tuple[Parcel, ...]]:
    """What may still be held on the account for the claim: not held yet by any claim, and within the claim's own amount.

    The second limit matters when an account with a hold goes on paying: FIFO then lets the claimed units leave first,
    while the bank keeps as much money back, and the same money must not be held a second time further on.
    """
    parcels = [parcel for row in rows for parcel in parcels_from_json(row.parcels)]
    free, units = free_units(shared, sum(row.amount for row in rows), parcels, _transfers(rows))
    held = claim.shares.filter(active=True, account__currency=claim.currency).aggregate(total=Sum("amount"))["total"] or 0
    started = claim.starts.filter(currency=claim.currency).aggregate(total=Sum("amount"))["total"]
    if shared.currency == claim.currency and started is not None:
        free = min(free, max(0, started - held))
    return free, units


def _transfers(rows: Iterable[StandingAmount]) -> list[str]:
    return sorted({credit.transfer for row in rows for credit in credits_from_json(row.enquiry.credits)})


def urgency(amount: int, seconds_to_pass_on: int | None) -> int:
    """Minor units expected to leave in the next ten minutes, if an account passes on half of a credit in its usual time.

    Integer arithmetic in thousandths, so that equal plans rank equally everywhere.
    """
    half_life = max(1, seconds_to_pass_on if seconds_to_pass_on is not None else DEFAULT_SECONDS_TO_PASS_ON)
    leaves = 1000 - round(1000 * math.pow(0.5, URGENCY_WINDOW_SECONDS / half_life))
    return amount * leaves // 1000


def propose_exits(enquiry: Enquiry, exits: Iterable[LegExit]) -> None:
    """One action per exit transfer; an exit known before is left as it is."""
    exits = list(exits)
    if not exits:
        return
    known = set(PlanItem.objects.filter(claim=enquiry.claim_id).exclude(transfer="").values_list("transfer", flat=True))
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
        for exit_ in exits
        if exit_.leg.transfer not in known
    )


def unheld_accounts(claim: Claim) -> list[str]:
    """Accounts on which the plan still proposes a hold."""
    proposed = PlanItem.objects.filter(
        claim=claim, state=PlanItemState.PROPOSED, action__in=(PlanAction.HOLD, PlanAction.ENQUIRE)
    )
    return list(proposed.values_list("account", flat=True))


@transaction.atomic
def approve_items(actor: Actor, claim_id: UUID, items: Sequence[UUID]) -> list[PlanItem]:
    """Approve hold items: each is weighed once more against all holds on its account, and marked approved.

    The caller places one order per returned item and books its share (`book`) in the same transaction. Items on which
    nothing is left to hold are withdrawn and not returned.
    """
    require(actor, Permission.ORDERS_APPROVE)
    rows = PlanItem.objects.select_for_update().filter(pk__in=items, claim_id=claim_id).select_related("claim")
    if len(rows) != len(set(items)):
        raise NotFound("some lines of the plan are gone; reload the page and choose again")
    approved = []
    for item in sorted(rows, key=lambda row: (row.institution, row.account, row.currency)):
        if item.state != PlanItemState.PROPOSED:
            raise Conflict(f"the line for {item.account} was already {item.get_state_display().lower()} by {item.decided_by}")
        if item.action not in (PlanAction.HOLD, PlanAction.ENQUIRE):
            raise BadInput(f"the line for {item.account} is not a hold; mark it done when it is done")
        fresh = _refresh(item.claim, lock_account(item.institution, item.account, item.currency))
        if fresh is None:
            continue
        fresh.state, fresh.decided_by, fresh.decided_at = PlanItemState.APPROVED, actor.username, clock.now()
        fresh.save(update_fields=["state", "decided_by", "decided_at"])
        approved.append(fresh)
    return approved


def book(order_id: UUID, item: PlanItem) -> None:
    """Book an approved item's money for an order, and shrink what other claims propose on the same account."""
    shared = lock_account(item.institution, item.account, item.currency)
    rows = _standing(item.claim, shared)
    _, units = _free(item.claim, rows, shared)
    reserve_share(order_id, item.claim, shared, item.amount, units, _transfers(rows))
    refresh_others(shared, item.claim)


def book_first(
    order_id: UUID, claim: Claim, institution: str, account: str, currency: str, held: int, followed: EnquiryAnswer | None
) -> None:
    """Book what a first order holds, which was placed before any trace: its units are those that stand on the account."""
    shared = lock_account(institution, account, currency)
    standing = followed.standing if followed else ()
    units = [parcel for row in standing if row.account == account for parcel in row.parcels]
    transfers = [leg.transfer for leg in followed.flows[:1]] if followed else []
    reserve_share(order_id, claim, shared, held, units, transfers, confirmed=True)
    refresh_others(shared, claim)


@transaction.atomic
def rule_out(actor: Actor, claim: Claim, institution: str, account: str, currency: str, amount: int, reason: str) -> None:
    """Do not propose up to `amount` on the account for this claim again: a person decided that it stays free."""
    now = clock.now()
    PlanItem.objects.create(
        claim=claim,
        action=PlanAction.HOLD,
        state=PlanItemState.DISMISSED,
        institution=institution,
        account=account,
        currency=currency,
        amount=amount,
        proposed_at=now,
        decided_by=actor.username,
        decided_at=now,
        reason=reason,
    )


def refresh_others(shared: SharedAccount, but: Claim | None = None) -> None:
    """Resize the open proposals of the other claims on an account after a share on it changed."""
    others = PlanItem.objects.filter(
        institution=shared.institution, account=shared.account, currency=shared.currency, state=PlanItemState.PROPOSED
    )
    if but is not None:
        others = others.exclude(claim=but)
    for item in others.select_related("claim"):
        _refresh(item.claim, shared)


@transaction.atomic
def decide_item(actor: Actor, item_id: UUID, action: PlanAction | None, reason: str) -> PlanItem:
    """Dismiss a line (action None) or change hold to enquiry or back; the reason is kept. May be decided again later."""
    require(actor, Permission.ORDERS_APPROVE)
    if not reason.strip():
        raise BadInput("give the reason; it stays on record", where="reason")
    item = _proposed(item_id)
    if action is None:
        item.state = PlanItemState.DISMISSED
    elif {item.action, action} <= {PlanAction.HOLD, PlanAction.ENQUIRE}:
        item.action = action
    else:
        raise BadInput(f"an action on an exit cannot become {action}")
    return _decide(actor, item, reason)


@transaction.atomic
def mark_done(actor: Actor, item_id: UUID, note: str) -> PlanItem:
    """An exit's action was carried out outside Accord."""
    require(actor, Permission.ORDERS_APPROVE)
    item = _proposed(item_id)
    item.state = PlanItemState.DONE
    return _decide(actor, item, note)


def _proposed(item_id: UUID) -> PlanItem:
    item = PlanItem.objects.select_for_update().filter(pk=item_id).first()
    if item is None:
        raise NotFound("there is no such line in the plan; reload the page")
    if item.state != PlanItemState.PROPOSED:
        raise Conflict(f"the line was already {item.get_state_display().lower()} by {item.decided_by}")
    return item


def _decide(actor: Actor, item: PlanItem, reason: str) -> PlanItem:
    item.reason, item.decided_by, item.decided_at = reason, actor.username, clock.now()
    item.save(update_fields=["action", "state", "reason", "decided_by", "decided_at"])
    people.record(
        actor, "plan decided", subject=item.claim_id, obj=item, state=item.state, action_chosen=item.action, reason=reason
    )
    return item
