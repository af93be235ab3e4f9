"""Orders of this node that a partner's centre is asked to carry out, and what it says of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from accord.capabilities import unit_of_work
from accord.capabilities.claims import queries as claim_queries
from accord.capabilities.claims.ports import Acknowledged, Nonsense
from accord.capabilities.exchange.agreements import enforcement
from accord.capabilities.exchange.agreements import queries as agreements
from accord.capabilities.exchange.agreements.clauses import MERGED_TOTAL, gives_back
from accord.capabilities.exchange.channel.services import sending
from accord.capabilities.exchange.crossborder.errors import Msg
from accord.capabilities.exchange.crossborder.services.enquiries import cases
from accord.capabilities.exchange.crossborder.services.enquiries.inherited import inherited_label
from accord.capabilities.exchange.crossborder.services.enquiries.sent_enquiries import wire_credit
from accord.capabilities.exchange.errors import Parked, Refused
from accord.capabilities.exchange.kinds import MessageKind
from accord.capabilities.exchange.messages import (
    OrderAnswerBody,
    OrderBody,
    OrderNewsBody,
    WirePayment,
)
from accord.capabilities.exchange.models import Incoming, Outgoing, OutgoingState, OwnCase, SentOrder
from accord.capabilities.exchange.partners.partner_time import by_our_clock
from accord.capabilities.orders import queries as order_queries
from accord.capabilities.orders import services as orders
from accord.capabilities.orders import tasks as order_tasks
from accord.capabilities.orders.kinds import KEEPS_MONEY, OrderKind
from accord.capabilities.orders.life_cycle import AWAITED
from accord.capabilities.orders.ports import OrderAnswer, OrderMessage, OrderStatus, Refusal, SettledPayment
from accord.capabilities.people.policy import NODE
from accord.core import clock
from accord.core.errors import AccordError
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
            is_new=True,
        )
        SentOrder.objects.get_or_create(order_id=order.order_id, defaults={"partner_id": partner_code})
    elif message.state == OutgoingState.REFUSED:
        raise Refused(message.refusal or "agreement", Msg.NODE_REFUSED_ORDER, partner=partner_code)
    clocks = agreements.by_hash(partner_code, message.agreement).terms.clocks
    return Acknowledged(clock.now() + timedelta(minutes=clocks.order_minutes))


def send_all(partner_code: str, orders_: Sequence[OrderMessage]) -> list[Acknowledged | AccordError]:
    """The same for many orders in one change; an error stands for one that cannot be sent."""
    with agreements.read_once():
        return unit_of_work.each_apart([partial(send, partner_code, order) for order in orders_])


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


def take_answer(message: Incoming, body: OrderAnswerBody) -> None:
    """The partner's centre has the order and says what it waits for, or what happened to it."""
    take_answers([(message, body)])


def take_answers(messages: Sequence[tuple[Incoming, OrderAnswerBody]]) -> None:
    """The same for many answers, in one go as far as each is to another order."""
    partner = messages[0][0].partner_id
    order_ids = {body.order_id for _, body in messages}
    rows = SentOrder.objects.select_for_update().filter(order_id__in=order_ids, partner=partner)
    sent = {row.order_id: row for row in rows}
    until = dict(order_queries.orders(NODE).filter(pk__in=order_ids).values_list("pk", "until"))
    replies: dict[UUID, Acknowledged | OrderAnswer] = {}
    for message, body in messages:
        if body.order_id not in sent:
            raise _not_asked(message, body.order_id)
        if body.order_id in replies:
            order_tasks.apply_all(replies)
            replies.clear()
        _note_terms(sent[body.order_id], message, body)
        try:
            replies[body.order_id] = _reply(message, body, until[body.order_id])
        except Nonsense as error:  # found before anything is applied
            orders.fail(body.order_id, error.stored())
    order_tasks.apply_all(replies)


def _note_terms(sent: SentOrder, message: Incoming, body: OrderAnswerBody) -> None:
    """What the order waits for at the partner's, and how long it stands there without an officer's word."""
    confirm_by = None if body.confirm_by is None else by_our_clock(message.partner, body.confirm_by)
    waits_for = body.state[:40] if body.answered_at is None else ""
    if (sent.automatic, sent.confirm_by, sent.waits_for) != (body.automatic, confirm_by, waits_for):
        sent.automatic, sent.confirm_by, sent.waits_for = body.automatic, confirm_by, waits_for
        sent.save(update_fields=["waits_for", "automatic", "confirm_by"])


def _reply(message: Incoming, body: OrderAnswerBody, ordered_until: datetime) -> Acknowledged | OrderAnswer:
    partner, now = message.partner, clock.now()
    if body.answered_at is None:
        return Acknowledged(by_our_clock(partner, body.expected_at) if body.expected_at else now)
    try:
        refusal = Refusal(body.refusal) if body.refusal else None
    except ValueError:
        raise Nonsense(Msg.UNKNOWN_REFUSAL, partner=partner.code, refusal=body.refusal[:40]) from None
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


def take_news(message: Incoming, body: OrderNewsBody) -> None:
    """How the order stands now at the partner's centre. Older news than the latest applied changes nothing."""
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
    orders.apply_unasked(body.order_id, OrderStatus(body.amount, until, ended_at), body.why)


def _sent(message: Incoming, order_id: UUID) -> SentOrder:
    """The order that this partner was asked for; Refused for any other, and for one of another partner alike."""
    sent = SentOrder.objects.select_for_update().filter(order_id=order_id, partner=message.partner_id).first()
    if sent is None:
        raise _not_asked(message, order_id)
    return sent


def _not_asked(message: Incoming, order_id: UUID) -> Refused:
    return Refused("order", Msg.ORDER_NOT_ASKED, partner=message.partner_id, order=order_id)
