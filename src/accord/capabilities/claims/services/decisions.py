"""What people decide on the hold plan, and what booking an order does to it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from accord.capabilities import unit_of_work
from accord.capabilities.claims.errors import Msg
from accord.capabilities.claims.events import changed
from accord.capabilities.claims.messages import parcels_from_json
from accord.capabilities.claims.models import Claim, HoldShare, PlanAction, PlanItem, PlanItemState, SharedAccount
from accord.capabilities.claims.ports import EnquiryAnswer
from accord.capabilities.claims.services import plan
from accord.capabilities.claims.services.shares import Place, lock_places, reserve_share
from accord.capabilities.people.policy import Actor, Permission, require
from accord.core import clock
from accord.core.errors import BadInput, Conflict, NotFound
from accord.core.errors import Msg as CoreMsg


@dataclass(frozen=True, slots=True)
class Approved:
    """An approved line of the plan, what was weighed for it, and the account it is on, which stays locked."""

    line: PlanItem
    weighed: plan.Weighed
    account: SharedAccount


@unit_of_work.change
def approve_items(actor: Actor, claim_id: UUID, items: Sequence[UUID]) -> list[Approved]:
    """Approve hold lines of a claim: each is weighed once more against all holds on its account, and marked approved.

    The caller places one order per returned line and books them (`book`) in the same change. Lines on which nothing is left
    to hold are withdrawn and not returned.
    """
    require(actor, Permission.ORDERS_APPROVE)
    return approve_within(actor, claim_id, items, None)


@unit_of_work.change
def approve_within(actor: Actor, claim_id: UUID, items: Sequence[UUID], limit: int | None) -> list[Approved]:
    """As `approve_items`, for whoever has already been found to be allowed to, and no more than `limit` minor units in all.

    The most urgent lines are served first; those that the limit does not reach stay proposed.
    """
    chosen = _chosen(claim_id, items)
    if not chosen:
        return []
    claim = chosen[0].claim
    accounts = lock_places({line.place for line in chosen})
    weighed = plan.weigh({claim: accounts.keys()})
    approved: list[Approved] = []
    for line, free in _within_budget(claim, [(line, weighed[claim, line.place].free) for line in chosen]):
        if free <= 0:
            line.delete()
            continue
        amount = free if limit is None else min(free, limit - sum(row.line.amount for row in approved))
        if amount <= 0:
            continue
        line.amount, line.state = amount, PlanItemState.APPROVED
        line.decided_by, line.decided_at = actor.username, clock.now()
        line.save(update_fields=["state", "decided_by", "decided_at", "amount"])
        approved.append(Approved(line, weighed[claim, line.place], accounts[line.place]))
    return approved


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


def _within_budget(claim: Claim, lines: list[tuple[PlanItem, int]]) -> Iterator[tuple[PlanItem, int]]:
    """Lines approved together hold no more than the claim's own amount together; the most urgent are served first."""
    budget = plan.unheld_budgets([claim])[claim]
    for line, amount in sorted(lines, key=lambda pair: (-pair[0].urgency, -pair[0].amount, pair[0].pk)):
        if budget is not None and line.action == PlanAction.HOLD and line.currency == claim.currency:
            amount = min(amount, budget)
            budget -= amount
        yield line, amount


def book(claim: Claim, orders: Sequence[tuple[UUID, Approved]]) -> None:
    """Book the money of approved lines for their orders, and shrink what other claims propose on the same accounts."""
    for order_id, approved in orders:
        weighed = approved.weighed
        reserve_share(order_id, claim, approved.account, approved.line.amount, weighed.units, weighed.transfers)
    places = [approved.line.place for _, approved in orders]
    plan.refresh_others(places, claim)
    if any(approved.line.amount < approved.weighed.free for _, approved in orders):
        plan.refresh({claim: set(places)})  # what a limit left over is proposed again


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


def book_first(order_id: UUID, claim: Claim, place: Place, held: int, transfer: str, followed: EnquiryAnswer | None) -> None:
    """Book what a first order holds, which was placed before any trace: its units are those that stand on the account."""
    account = lock_places([place])[place]
    standing = followed.standing if followed else ()
    units = [parcel for row in standing if row.account == place[1] for parcel in row.parcels]
    reserve_share(order_id, claim, account, held, units, [transfer], confirmed=True)
    plan.refresh_others([place], claim)
    changed.send([claim.pk])


def confirm_share(order_id: UUID, held: int) -> None:
    """The bank holds `held` under the order: nothing ends the share, less trims it, and other claims may propose the rest."""
    share = HoldShare.objects.select_related("account", "claim").filter(order_id=order_id).first()
    if share is None:  # an order on a payment that no trace has reached
        return
    trimmed = held < share.amount
    share.amount, share.confirmed, share.active = held, held > 0, held > 0
    share.save(update_fields=["amount", "confirmed", "active"])
    if trimmed:
        plan.refresh_others([share.account.place], share.claim)
    changed.send([share.claim_id])


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
    changed.send([share.claim_id])


def end_share(order_id: UUID) -> None:
    """Nothing is held under the order any more: whoever has a claim to the money may propose to hold it again."""
    end_shares([order_id])


def end_shares(order_ids: Collection[UUID]) -> None:
    """The same for many orders at once."""
    shares = list(HoldShare.objects.select_related("account").filter(order_id__in=order_ids, active=True))
    if not shares:
        return
    HoldShare.objects.filter(pk__in=[share.pk for share in shares]).update(active=False)
    plan.refresh_others({share.account.place for share in shares})
    changed.send({share.claim_id for share in shares})


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
    require(actor, Permission.ORDERS_APPROVE)
    if not reason.strip():
        raise BadInput(CoreMsg.GIVE_REASON, where="reason")
    line = _proposed(item_id)
    if action is None:
        line.state = PlanItemState.DISMISSED
    elif {line.action, action} <= set(plan.HOLD_ACTIONS):
        line.action = action
    else:
        raise BadInput(Msg.ACTION_ON_EXIT_CANNOT_BECOME, action=action)
    return _decide(actor, line, reason)


@unit_of_work.change
def hold_line(actor: Actor, line: PlanItem, reason: str) -> None:
    """Turn a line that says "ask first" into a hold, for whoever has been found to be allowed to. The reason is kept."""
    line.action = PlanAction.HOLD
    line.save(update_fields=["action"])
    unit_of_work.record(
        actor, "plan decided", subject=line.claim_id, obj=line, state=line.state, action_chosen=line.action, reason=reason
    )


@unit_of_work.change
def mark_done(actor: Actor, item_id: UUID, note: str) -> PlanItem:
    """An exit's action was carried out outside Accord."""
    require(actor, Permission.ORDERS_APPROVE)
    line = _proposed(item_id)
    line.state = PlanItemState.DONE
    return _decide(actor, line, note)


def _proposed(item_id: UUID) -> PlanItem:
    line = PlanItem.objects.select_for_update().filter(pk=item_id).first()
    if line is None:
        raise NotFound(Msg.NO_SUCH_LINE_IN_PLAN)
    if line.state != PlanItemState.PROPOSED:
        raise Conflict(Msg.LINE_ALREADY_DECIDED, state=PlanItemState(line.state), officer=line.decided_by)
    return line


def _decide(actor: Actor, line: PlanItem, reason: str) -> PlanItem:
    line.reason, line.decided_by, line.decided_at = reason, actor.username, clock.now()
    line.save(update_fields=["action", "state", "reason", "decided_by", "decided_at"])
    unit_of_work.record(
        actor, "plan decided", subject=line.claim_id, obj=line, state=line.state, action_chosen=line.action, reason=reason
    )
    return line
