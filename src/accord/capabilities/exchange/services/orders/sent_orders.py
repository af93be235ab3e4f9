"""Orders of this node that a partner's centre is asked to carry out, and what it says of them."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from accord.capabilities import unit_of_work
from accord.capabilities.claims import queries as claim_queries
from accord.capabilities.claims.ports import Acknowledged, Nonsense
from accord.capabilities.exchange.agreements import enforcement
from accord.capabilities.exchange.agreements.clauses import MERGED_TOTAL, gives_back
from accord.capabilities.exchange.errors import Parked, Refused
from accord.capabilities.exchange.errors.crossborder import Msg
from accord.capabilities.exchange.handlers import handles
from accord.capabilities.exchange.kinds import MessageKind
from accord.capabilities.exchange.messages import (
    OrderAnswerBody,
    OrderBody,
    OrderNewsBody,
    WirePayment,
)
from accord.capabilities.exchange.models import Incoming, Outgoing, OutgoingState, OwnCase, SentOrder
from accord.capabilities.exchange.partner_time import by_our_clock
from accord.capabilities.exchange.queries import agreements
from accord.capabilities.exchange.services.delivery import sending
from accord.capabilities.exchange.services.enquiries import cases
from accord.capabilities.exchange.services.enquiries.inherited import inherited_label
from accord.capabilities.exchange.services.enquiries.sent_enquiries import wire_credit
from accord.capabilities.orders import queries as order_queries
from accord.capabilities.orders import services as orders
from accord.capabilities.orders import tasks as order_tasks
from accord.capabilities.orders.kinds import KEEPS_MONEY, OrderKind
from accord.capabilities.orders.life_cycle import AWAITED
from accord.capabilities.orders.ports import OrderAnswer, OrderMessage, OrderStatus, Refusal, SettledPayment
from accord.capabilities.people.policy import NODE
from accord.core import clock
from accord.core.labels import Label

CROSSES = (*KEEPS_MONEY, OrderKind.RELEASE, OrderKind.RENEWAL, OrderKind.RETURN)
"""Kinds of orders that can be asked of a partner's centre: about money on an account there."""

CONFIRMED = "confirmed"
"""The news that an officer there stands by what was ordered automatically."""


@unit_of_work.change
def send(partner_code: str, order: OrderMessage) -> Acknowledged:
    """Ask the partner's centre for an order, once however often this is called; its answer comes as a message of its own.

    Refused, with the clause, where our own agreement does not let it cross, or where the partner's node refused it.
    """
    message = Outgoing.objects.filter(pk=order.order_id).first()
    if message is None:
        body = _body(partner_code, order)
        message = sending.queue(
            partner_code,
            MessageKind.ORDER,
            body,
            about=order.order_id,
            label=_label(partner_code, order, body),
            message_id=order.order_id,
        )
        SentOrder.objects.get_or_create(order_id=order.order_id, defaults={"partner_id": partner_code})
    elif message.state == OutgoingState.REFUSED:
        raise Refused(message.refusal or "agreement", Msg.NODE_REFUSED_ORDER, partner=partner_code)
    clocks = agreements.by_hash(partner_code, message.agreement).terms.clocks
    return Acknowledged(clock.now() + timedelta(minutes=clocks.order_minutes))


def _label(partner_code: str, order: OrderMessage, body: OrderBody) -> Label | None:
    """What another centre's claim lets be ordered. A release says nothing that the order did not say, and no label stops it."""
    if gives_back(body):
        return None
    agreement = enforcement.agreement_for(partner_code, MessageKind.ORDER, body)
    claim_id = order_queries.orders(NODE).values_list("claim_id", flat=True).get(pk=order.order_id)
    assert claim_id is not None  # `_body` asks for it
    behind = [one for one in (order.order_id, order.target, order.replaces) if one is not None]
    return inherited_label(agreement, claim_queries.get(NODE, claim_id), behind)


def _body(partner_code: str, order: OrderMessage) -> OrderBody:
    claim_id = order_queries.orders(NODE).values_list("claim_id", flat=True).get(pk=order.order_id)
    if order.kind not in CROSSES or claim_id is None:
        raise Refused("kinds", Msg.KIND_NOT_ASKED_OF_PARTNERS, kind=OrderKind(order.kind))
    pseudonym = cases.pseudonym_of(partner_code, claim_id)
    payment = order.payment
    return OrderBody(
        order_id=order.order_id,
        asked_at=clock.now(),
        reference=order.reference,
        case=pseudonym,
        offence=OwnCase.objects.values_list("offence", flat=True).get(pseudonym=pseudonym),
        kind=order.kind.value,
        institution=order.institution,
        account=order.account,
        amount=order.amount,
        currency=order.currency,
        rule=order.rule.value,
        until=order.until,
        credits=tuple(wire_credit(credit, order.institution) for credit in order.credits),
        payment=None
        if payment is None
        else WirePayment(
            payer_bank=payment.payer_bank,
            payer_account=payment.payer_account,
            payee_account=payment.payee_account,
            payee_bank=payment.payee_bank,
            amount=payment.amount,
            currency=payment.currency,
            about_when=payment.about_when,
        ),
        target=order.target,
        replaces=order.replaces,
        holder_name=order.holder_name,
        grounds=order.grounds,
        legal_basis=order.legal_basis,
        contact=order.contact,
        tell_from=order.notice.tell_from if order.notice else None,
    )


def status(order_id: UUID) -> OrderStatus | None:
    """How an order stands by the partner's latest words; None where it was never sent to one."""
    if not SentOrder.objects.filter(order_id=order_id).exists():
        return None
    order = order_queries.orders(NODE).get(pk=order_id)
    return OrderStatus(order.held, order.until, order.ended_at)


@handles(MessageKind.ORDER_ANSWER)
def take_answer(message: Incoming, body: OrderAnswerBody) -> None:
    """The partner's centre has the order and says what it waits for, or what became of it."""
    sent = _sent(message, body.order_id)
    sent.automatic, sent.confirm_by = body.automatic, None
    if body.confirm_by is not None:
        sent.confirm_by = by_our_clock(message.partner, body.confirm_by)
    sent.waits_for = body.state[:40] if body.answered_at is None else ""
    sent.save(update_fields=["waits_for", "automatic", "confirm_by"])
    try:
        order_tasks.take_over(body.order_id, _reply(message, body), of_partner=True)
    except Nonsense as error:  # found before anything is taken over
        orders.fail(body.order_id, error.stored())


def _reply(message: Incoming, body: OrderAnswerBody) -> Acknowledged | OrderAnswer:
    partner, now = message.partner, clock.now()
    if body.answered_at is None:
        return Acknowledged(by_our_clock(partner, body.expected_at) if body.expected_at else now)
    try:
        refusal = Refusal(body.refusal) if body.refusal else None
    except ValueError:
        raise Nonsense(Msg.UNKNOWN_REFUSAL, partner=partner.code, refusal=body.refusal[:40]) from None
    ordered_until = order_queries.orders(NODE).values_list("until", flat=True).get(pk=body.order_id)
    settled = body.settled
    return OrderAnswer(
        answered_at=min(by_our_clock(partner, body.answered_at), now),
        amount=body.amount,
        refusal=refusal,
        reason=f"{body.clause}: {body.reason}".strip(": "),
        transfer=body.transfer,
        settled=None
        if settled is None or not body.transfer
        else SettledPayment(
            payee_bank=settled.bank or partner.code,
            payee_account=settled.place or f"{MERGED_TOTAL}{settled.currency}",  # the agreement may keep the place back
            amount=settled.amount,
            currency=settled.currency,
            time=by_our_clock(partner, settled.time),
        ),
        # clocks are measured with some noise; longer than was ordered it never lasts here
        until=min(by_our_clock(partner, body.until), ordered_until) if body.until else None,
    )


@handles(MessageKind.ORDER_NEWS)
def take_news(message: Incoming, body: OrderNewsBody) -> None:
    """How the order stands now at the partner's centre. Older news than the latest taken over changes nothing."""
    sent = _sent(message, body.order_id)
    if body.version <= sent.version:
        return
    order = order_queries.orders(NODE).get(pk=body.order_id)
    if order.state in AWAITED:
        raise Parked(Msg.NEWS_CAME_BEFORE_ANSWER, order=order.reference)
    sent.version = body.version
    if body.why == CONFIRMED:
        sent.automatic, sent.confirm_by = False, None
    sent.save(update_fields=["version", "automatic", "confirm_by"])
    ended_at = None if body.ended_at is None else min(by_our_clock(message.partner, body.ended_at), clock.now())
    until = by_our_clock(message.partner, body.until)
    orders.told_unasked(body.order_id, OrderStatus(body.amount, until, ended_at), body.why)


def _sent(message: Incoming, order_id: UUID) -> SentOrder:
    """The order that this partner was asked for; Refused for any other, and for one of another partner alike."""
    sent = SentOrder.objects.select_for_update().filter(order_id=order_id, partner=message.partner_id).first()
    if sent is None:
        raise Refused("order", Msg.ORDER_NOT_ASKED, partner=message.partner_id, order=order_id)
    return sent
