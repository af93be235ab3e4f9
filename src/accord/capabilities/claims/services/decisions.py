"""What people decide on the hold plan, and what booking an order does to it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q

from accord.capabilities import unit_of_work
from accord.capabilities.claims.audit import ClaimAudit
from accord.capabilities.claims.errors import Msg
from accord.capabilities.claims.events import notify
from accord.capabilities.claims.messages import parcels_from_json
from accord.capabilities.claims.models import Claim, HoldShare, PlanAction, PlanItem, PlanItemState, SharedAccount
from accord.capabilities.claims.permissions import PlanPermission
from accord.capabilities.claims.plan_cycle import LIFE, PlanEvent
from accord.capabilities.claims.services import plan
from accord.capabilities.claims.services.saved import save_trace
from accord.capabilities.claims.services.shares import Booking, Place, reserve, reserve_share
from accord.capabilities.people.policy import Actor, require
from accord.capabilities.transitions import transition
from accord.core import clock
from accord.core.errors import BadInput, Conflict, NotFound
from accord.core.errors import Msg as CoreMsg


@dataclass(frozen=True, slots=True)
class Approved:
    """An approved line of the plan, what was weighed for it, and the account it is on, which stays locked."""

    line: PlanItem
    weighed: plan.Weighed
    account: SharedAccount


@dataclass(frozen=True, slots=True)
class Approval:
    """What was approved of a claim's plan, the most urgent first, and which other claims have money at the same places."""

    claim: Claim
    lines: list[Approved]
    others: dict[Claim, set[Place]]


@unit_of_work.change
def approve_items(actor: Actor, claim_id: UUID, items: Sequence[UUID]) -> Approval | None:
    """Approve hold lines of a claim: each is weighed once more against all holds on its account, and marked approved.

    The trace that the decision rests on is saved with its hash. The caller places one order per line and books them (`book`)
    in the same change. Lines on which nothing is left to hold are withdrawn; None where no line is left.
    """
    require(actor, PlanPermission.APPROVE)
    return approve_within(actor, claim_id, items, None)


@unit_of_work.change
def approve_within(actor: Actor, claim_id: UUID, items: Sequence[UUID], limit: int | None) -> Approval | None:
    """As `approve_items`, for whoever has already been found to be allowed to, and no more than `limit` minor units in all.

    The most urgent lines are served first; those that the limit does not reach stay proposed.
    """
    chosen = _chosen(claim_id, items)
    if not chosen:
        return None
    claim = chosen[0].claim
    scales = plan.Scales({claim: {line.place for line in chosen}}, of_others=True)
    weighed = scales.weigh()
    approval = Approval(claim, [], scales.others(claim))
    now, withdrawn = clock.now(), []
    for line, free in _within_budget(scales.budgets[claim], [(line, weighed[claim, line.place].free) for line in chosen]):
        if free <= 0:
            withdrawn.append(line.pk)
            continue
        amount = free if limit is None else min(free, limit - sum(row.line.amount for row in approval.lines))
        if amount <= 0:
            continue
        line.amount, line.state = amount, LIFE.next(line.state, PlanEvent.APPROVE)
        line.decided_by, line.decided_at = actor.username, now
        approval.lines.append(Approved(line, weighed[claim, line.place], scales.accounts[line.place]))
    if withdrawn:
        PlanItem.objects.filter(pk__in=withdrawn).delete()
    if approval.lines:
        for row in approval.lines:
            row.line.save(update_fields=["state", "decided_by", "decided_at", "amount"])
        save_trace(claim, scales.starts, [share for share in scales.shares if share.claim_id == claim.pk])
    return approval if approval.lines else None


def _chosen(claim_id: UUID, items: Sequence[UUID]) -> list[PlanItem]:
    """The lines named, if all of them can be approved; NotFound, Conflict or BadInput says which cannot."""
    chosen = list(PlanItem.objects.select_for_update().filter(pk__in=items, claim_id=claim_id).select_related("claim"))
    if len(chosen) != len(set(items)):
        raise NotFound(Msg.SOME_LINES_PLAN_GONE)
    for line in chosen:
        if line.state != PlanItemState.PROPOSED:
            raise Conflict(
                Msg.LINE_OF_ACCOUNT_ALREADY_DECIDED,
                account=line.account,
                state=PlanItemState(line.state),
                officer=line.decided_by,
            )
        if line.action not in plan.HOLD_ACTIONS:
            raise BadInput(Msg.LINE_IS_NO_HOLD, account=line.account)
    return chosen


def _within_budget(budget: int | None, lines: list[tuple[PlanItem, int]]) -> Iterator[tuple[PlanItem, int]]:
    """Lines approved together hold no more than the claim's own amount together; the most urgent are served first."""
    for line, amount in sorted(lines, key=lambda pair: (-pair[0].urgency, -pair[0].amount, pair[0].pk)):
        if budget is not None and line.action == PlanAction.HOLD and line.currency == line.claim.currency:
            amount = min(amount, budget)
            budget -= amount
        yield line, amount


def book(approval: Approval, orders: Sequence[tuple[UUID, Approved]]) -> None:
    """Book the money of approved lines for their orders, and shrink what other claims propose on the same accounts."""
    reserve(
        Booking(
            order_id,
            approval.claim,
            approved.account,
            approved.line.amount,
            approved.weighed.units,
            approved.weighed.transfers,
        )
        for order_id, approved in orders
    )
    places = {approved.line.place for _, approved in orders}
    plan.refresh({claim: reached & places for claim, reached in approval.others.items()})
    if any(approved.line.amount < approved.weighed.free for _, approved in orders):
        plan.refresh({approval.claim: places})  # what a limit left over is proposed again


def open_hold_lines(claim_ids: Collection[UUID], currency: str, institution: str = "", account: str = "") -> list[PlanItem]:
    """Lines that propose a hold (or to ask first) for these claims, of one institution or account where one is named.

    The most urgent come first.
    """
    lines = PlanItem.objects.filter(claim__in=claim_ids, currency=currency, state=PlanItemState.PROPOSED)
    lines = lines.filter(action__in=plan.HOLD_ACTIONS)
    if institution:
        lines = lines.filter(institution=institution)
    if account:
        lines = lines.filter(account=account)
    return list(lines.select_related("claim").order_by("-urgency", "-amount", "pk"))


def confirm_share(order_id: UUID, held: int) -> None:
    """The bank holds `held` under the order: nothing ends the share, less trims it, and other claims may propose the rest."""
    _confirm({order_id: held})


def confirm_shares(held: Mapping[UUID, int], claims: Iterable[Claim]) -> None:
    """The same for many orders of these claims at once. Where all hold what is booked for them, that is one statement."""
    booked = Q()
    for order_id, amount in held.items():
        booked |= Q(order_id=order_id, amount=amount)
    shares = HoldShare.objects.filter(booked)
    if 0 not in held.values() and shares.update(confirmed=True, active=True) == len(held):
        notify(claims)
        return
    _confirm(held)


def _confirm(held: Mapping[UUID, int]) -> None:
    trimmed: dict[Claim, set[Place]] = {}
    shares = list(HoldShare.objects.select_related("account", "claim").filter(order_id__in=held))
    for share in shares:  # an order on a payment that no trace has reached has none
        amount = held[share.order_id]
        if amount < share.amount:
            trimmed.setdefault(share.claim, set()).add(share.account.place)
        share.amount, share.confirmed, share.active = amount, amount > 0, amount > 0
        share.save(update_fields=["amount", "confirmed", "active"])
    for claim, places in trimmed.items():
        plan.refresh_others(places, claim)
    notify(share.claim for share in shares)


def pass_on_share(order_id: UUID, heir_id: UUID, amount: int) -> None:
    """A later order keeps the same money: its share takes the place of the earlier one's, also of one that has ended."""
    share = HoldShare.objects.filter(order_id=order_id).select_related("account", "claim").first()
    if share is None:
        return
    share.active = False
    share.save(update_fields=["active"])
    kept, units = min(amount, share.amount), parcels_from_json(share.parcels)
    reserve_share(heir_id, share.claim, share.account, kept, units, share.transfers, confirmed=True)
    if amount < share.amount:
        plan.refresh_others([share.account.place])
    notify([share.claim])


def end_share(order_id: UUID) -> None:
    """Nothing is held under the order any more: whoever has a claim to the money may propose to hold it again."""
    end_shares([order_id])


def end_shares(order_ids: Collection[UUID]) -> None:
    """The same for many orders at once."""
    shares = list(HoldShare.objects.select_related("account", "claim").filter(order_id__in=order_ids, active=True))
    if not shares:
        return
    HoldShare.objects.filter(pk__in=[share.pk for share in shares]).update(active=False)
    plan.refresh_others({share.account.place for share in shares})
    notify(share.claim for share in shares)


def note_shortfall(item_id: UUID, shortfall: int) -> None:
    """The bank holds less than the line asked for."""
    PlanItem.objects.filter(pk=item_id).update(shortfall=shortfall)


@unit_of_work.change
def rule_out(actor: Actor, claim: Claim, place: Place, amount: int, reason: str) -> None:
    """Do not propose up to `amount` at the place for this claim again: a person decided that it stays free."""
    now = clock.now()
    PlanItem.objects.create(
        claim=claim,
        action=PlanAction.HOLD,
        state=PlanItemState.DISMISSED,
        institution=place[0],
        account=place[1],
        currency=place[2],
        amount=amount,
        proposed_at=now,
        decided_by=actor.username,
        decided_at=now,
        reason=reason,
    )


@unit_of_work.change
def decide_item(actor: Actor, item_id: UUID, action: PlanAction | None, reason: str) -> PlanItem:
    """Dismiss a line (action None) or change hold to enquiry or back; the reason is kept. May be decided again later."""
    require(actor, PlanPermission.APPROVE)
    if not reason.strip():
        raise BadInput(CoreMsg.GIVE_REASON, where="reason")
    line = _proposed(item_id)
    if action is None:
        return _decide(actor, line, PlanEvent.DISMISS, line.action, reason)
    if not {line.action, action} <= set(plan.HOLD_ACTIONS):
        raise BadInput(Msg.ACTION_ON_EXIT_CANNOT_BECOME, action=action)
    return _decide(actor, line, PlanEvent.CHOOSE, action, reason)


@unit_of_work.change
def hold_line(actor: Actor, line: PlanItem, reason: str) -> None:
    """Turn a line that says "ask first" into a hold, for whoever has been found to be allowed to. The reason is kept."""
    line.action = PlanAction.HOLD
    line.save(update_fields=["action"])
    unit_of_work.record(
        actor,
        ClaimAudit.PLAN_DECIDED,
        subject=line.claim_id,
        obj=line,
        state=line.state,
        action_chosen=line.action,
        reason=reason,
    )


@unit_of_work.change
def mark_done(actor: Actor, item_id: UUID, note: str) -> PlanItem:
    """An exit's action was carried out outside Accord."""
    require(actor, PlanPermission.APPROVE)
    line = _proposed(item_id)
    return _decide(actor, line, PlanEvent.FINISH, line.action, note)


def _proposed(item_id: UUID) -> PlanItem:
    line = PlanItem.objects.select_for_update().filter(pk=item_id).first()
    if line is None:
        raise NotFound(Msg.NO_SUCH_LINE_IN_PLAN)
    if line.state != PlanItemState.PROPOSED:
        raise Conflict(Msg.LINE_ALREADY_DECIDED, state=PlanItemState(line.state), officer=line.decided_by)
    return line


def _decide(actor: Actor, line: PlanItem, event: PlanEvent, action: str, reason: str) -> PlanItem:
    columns = {"action": action, "reason": reason, "decided_by": actor.username, "decided_at": clock.now()}
    details = {"state": LIFE.next(line.state, event), "action_chosen": action, "reason": reason}
    transition(LIFE, line, event, actor, ClaimAudit.PLAN_DECIDED, subject=line.claim_id, set_=columns, details=details)
    return line
