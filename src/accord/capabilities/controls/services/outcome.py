"""What happened to an order, applied from the core in one change: the answer, what is in force, the effect on others."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from accord.capabilities import unit_of_work
from accord.capabilities.claims.messages import to_json
from accord.capabilities.controls.audit import InboxOrderAudit
from accord.capabilities.controls.life_cycle import CARRIED_OUT, Event, State, next_state
from accord.capabilities.controls.messages import as_carried_out, message_of
from accord.capabilities.controls.models import Control, EndReason, ReceivedOrder
from accord.capabilities.controls.services.outbox import keep_promise
from accord.capabilities.orders.kinds import FOLLOWS_UP, KEEPS_MONEY, ON_MONEY, OrderKind
from accord.capabilities.orders.ports import OrderAnswer, Refusal
from accord.capabilities.people.policy import NODE, Actor
from accord.core import clock
from accord.core.money import Money


@unit_of_work.change
def take_over(order_id: UUID, answer: OrderAnswer) -> None:
    """Apply what the core answered; nothing happens where it was applied before."""
    row: ReceivedOrder = ReceivedOrder.objects.select_for_update().get(pk=order_id)
    if row.state != State.EXECUTING:
        return
    if answer.refusal is not None:
        settle(row, Event.REFUSE, answer)
        return
    whole = row.kind not in ON_MONEY or answer.amount >= row.amount
    answer = _with_what_was_decided(row, answer)
    if row.kind in FOLLOWS_UP:
        _on_target(row, answer)
    else:
        _put_in_force(row, answer)
    settle(row, Event.DO if whole else Event.DO_PARTLY, answer)


def _with_what_was_decided(row: ReceivedOrder, answer: OrderAnswer) -> OrderAnswer:
    """The core knows only what it was asked; the sender is told where the bank allowed less than was ordered."""
    if row.decided_amount is not None and not answer.reason:
        allowed, ordered = Money(row.decided_amount, row.currency), Money(row.amount, row.currency)
        answer = replace(answer, reason=f"the bank allowed {allowed} of {ordered}")
    if row.decided_until is not None and answer.until is None:
        answer = replace(answer, until=row.decided_until)
    return answer


def refused(row: ReceivedOrder, refusal: Refusal, reason: str, actor: Actor = NODE) -> None:
    """Refuse an order that has had no effect; `reason` is for the sender. Inside a change."""
    answer = OrderAnswer(clock.now(), refusal=refusal, reason=reason)
    settle(row, Event.REFUSE, answer, actor, words="" if actor is NODE else None)  # its checks say it in any language


def expired(row: ReceivedOrder) -> None:
    """The order's time is over before it was carried out. Inside a change."""
    answer = OrderAnswer(clock.now(), refusal=Refusal.NOT_AUTHORISED, reason="its time was over before the bank could act")
    settle(row, Event.EXPIRE, answer, words="")


def withdrawn_release(row: ReceivedOrder, target: ReceivedOrder | None) -> None:
    """A release that came before its order had any effect: the order will never have one. Inside a change."""
    if target is not None:
        refused(target, Refusal.WITHDRAWN, "withdrawn before it was carried out")
    settle(row, Event.DO, OrderAnswer(clock.now()))


def settle(row: ReceivedOrder, event: Event, answer: OrderAnswer, actor: Actor = NODE, words: str | None = None) -> None:
    """Fix the answer to an order, for good. `words` is what the bank's pages show as its reason, where not the answer's."""
    row.state = next_state(row.state, event)
    row.answer, row.answered_at = to_json(answer), answer.answered_at
    row.refusal, row.reason = answer.refusal or "", answer.reason if words is None else words
    row.next_attempt_at, row.last_error = None, ""
    if row.kind in KEEPS_MONEY:
        row.kept = answer.amount
    if not hasattr(row, "control") or row.control.ended_at is not None:
        row.ended_at = answer.answered_at
    row.save()
    keep_promise(row, "order", row.answer)
    unit_of_work.record(
        actor,
        InboxOrderAudit.of(row.state),
        subject=row.pk,
        obj=row,
        kind=row.kind,
        amount=answer.amount or None,
        currency=row.currency,
        refusal=row.refusal,
        reason=row.reason,
        automatic="✓" if row.rule_id else "",
    )


def _put_in_force(row: ReceivedOrder, answer: OrderAnswer) -> None:
    """What the order keeps or restricts from now on; a stopped payment leaves nothing in force."""
    if row.kind == OrderKind.RECALL:
        return
    message = as_carried_out(row)
    until = min(answer.until or message.until, message.until)
    row.until, row.control = (
        until,
        Control(
            order=row,
            kind=row.kind,
            account=row.account or (message.payment.payee_account if message.payment else ""),
            amount=answer.amount,
            currency=row.currency,
            limits=to_json(message.limits) if message.limits else None,
            since=answer.answered_at,
            until=until,
            lift_next_at=until,
        ),
    )
    row.save()
    row.control.save(force_insert=True)
    if row.replaces is not None:
        _replace(row)


def _replace(row: ReceivedOrder) -> None:
    """The core ended the earlier one in the same act."""
    old = Control.objects.select_for_update().filter(pk=row.replaces, ended_at=None, order__sender=row.sender).first()
    if old is not None:
        old.amount = 0
        end(old, Event.REPLACE, EndReason.REPLACED)


def _on_target(row: ReceivedOrder, answer: OrderAnswer) -> None:
    """The effect of a release, a renewal or a return on the order that it is about."""
    control = Control.objects.select_for_update().filter(pk=row.target, ended_at=None).select_related("order").first()
    if control is None:
        return
    if row.kind == OrderKind.RENEWAL:
        control.until = control.lift_next_at = answer.until or message_of(row).until
        control.order.until = control.until
        _step(control, Event.RENEW)
        return
    control.amount = max(control.amount - answer.amount, 0)
    releases = row.kind == OrderKind.RELEASE
    if control.kind in KEEPS_MONEY and control.amount:
        _step(control, Event.RELEASE_PARTLY if releases else Event.RETURN_PARTLY)
    elif releases:
        end(control, Event.RELEASE, EndReason.RELEASED)
    else:
        end(control, Event.RETURN, EndReason.RETURNED)


def end(control: Control, event: Event, reason: EndReason) -> None:
    """Nothing is in force under the order any more. Inside a change."""
    control.ended_at, control.end_reason, control.lift_next_at = clock.now(), reason, None
    control.order.ended_at = control.ended_at
    if event is Event.LIFT:
        control.amount = 0
    _step(control, event)


def _step(control: Control, event: Event) -> None:
    order = control.order
    assert order.state in CARRIED_OUT
    order.state, order.kept = next_state(order.state, event), control.amount
    order.save(update_fields=["state", "kept", "until", "ended_at"])
    control.save()
    unit_of_work.record(
        NODE,
        InboxOrderAudit.of(event),
        subject=order.pk,
        obj=order,
        kind=order.kind,
        amount=control.amount,
        currency=control.currency,
        until=clock.to_iso(control.until),
    )
