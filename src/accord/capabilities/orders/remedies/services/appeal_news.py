"""What happens to an appeal when the release that it granted is answered, or the order ends in another way."""

from __future__ import annotations

from datetime import datetime

from accord.capabilities import unit_of_work
from accord.capabilities.orders.audit import AppealAudit
from accord.capabilities.orders.life_cycle import State
from accord.capabilities.orders.models import UNRELEASED, Appeal, AppealState, Order
from accord.capabilities.orders.remedies.appeal_cycle import AppealEvent, next_appeal_state
from accord.capabilities.people.policy import NODE
from accord.capabilities.vocabulary import AuditAction


def release_answered(release: Order, at: datetime, *, carried_out: bool) -> None:
    """Confirmed: the appeal is closed. Refused: a person must act. Call inside the change that takes the answer over."""
    for appeal in _waiting_for(release):
        if carried_out:
            appeal.released_at = at
            _move(appeal, AppealEvent.CONFIRM, AppealAudit.RELEASED, at)
        else:
            _move(appeal, AppealEvent.FALL_THROUGH, AppealAudit.RELEASE_FAILED, at, refusal=release.refusal)


def release_lapsed(release: Order, target: Order, at: datetime) -> None:
    """The release ran out or was overtaken. Where the money is kept on, perhaps under another order, a person must act."""
    over = target.state in (State.EXPIRED, State.RELEASED, State.RETURNED, State.LAPSED)
    for appeal in _waiting_for(release):
        if over:
            _move(appeal, AppealEvent.END, AppealAudit.CLOSED, at)
        else:
            _move(appeal, AppealEvent.FALL_THROUGH, AppealAudit.RELEASE_FAILED, at)


def order_ended(order: Order, at: datetime) -> None:
    """The order is over, not replaced: an appeal whose release had fallen through waits for nothing more."""
    if order.state == State.REPLACED:
        return
    appeals = Appeal.objects.select_for_update(of=("self",)).filter(state=AppealState.DECIDED, release__target=order)
    for appeal in appeals.select_related("order"):
        _move(appeal, AppealEvent.END, AppealAudit.CLOSED, at)


def _waiting_for(release: Order) -> list[Appeal]:
    waiting = Appeal.objects.select_for_update(of=("self",)).filter(release=release, state__in=UNRELEASED)
    return [appeal for appeal in waiting.select_related("order") if appeal.state == AppealState.RELEASING]


def _move(appeal: Appeal, event: AppealEvent, action: AuditAction, at: datetime, **details: object) -> None:
    appeal.state = next_appeal_state(appeal.state, event)
    if appeal.state == AppealState.CLOSED:
        appeal.closed_at = at
    appeal.save(update_fields=["state", "closed_at", "released_at"])
    order = appeal.order
    unit_of_work.record(
        NODE,
        action,
        subject=order.subject,
        obj=appeal,
        appeal=appeal.reference,
        order=order.reference,
        **details,
    )
