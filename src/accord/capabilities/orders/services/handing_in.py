"""Answers that reach the centre on paper or as a file, and that an officer hands in for the bank."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from accord.capabilities import unit_of_work
from accord.capabilities.claims.ports import Acknowledged, check_moment
from accord.capabilities.orders.audit import OrderAudit
from accord.capabilities.orders.checks import check_order_answer
from accord.capabilities.orders.errors import Msg
from accord.capabilities.orders.life_cycle import AWAITED
from accord.capabilities.orders.messages import message_of
from accord.capabilities.orders.permissions import OrderPermission
from accord.capabilities.orders.ports import OrderAnswer
from accord.capabilities.orders.services.answers import acknowledged, answered
from accord.capabilities.orders.services.drafting import locked_order
from accord.capabilities.people.policy import require
from accord.core.errors import Conflict

if TYPE_CHECKING:
    from accord.capabilities.orders.models import Order
    from accord.capabilities.people.models import User


@unit_of_work.change
def hand_in_answer(actor: User, order_id: UUID, reply: Acknowledged | OrderAnswer, form: str, document: str) -> Order:
    """Apply what a bank answered in a document of a form such as "camt.029", whose SHA-256 stays on record.

    It passes the checks of any answer: Nonsense where it cannot be true. Conflict where the order awaits none.
    """
    require(actor, OrderPermission.APPROVE)
    order = locked_order(order_id)
    if order.state not in AWAITED:
        raise Conflict(Msg.ORDER_AWAITS_NO_ANSWER, state=order.state)
    if isinstance(reply, OrderAnswer):
        check_order_answer(message_of(order), reply)
    else:
        check_moment(order.institution, reply.expected_at)
    unit_of_work.record(
        actor,
        OrderAudit.ANSWER_HANDED_IN,
        subject=order.subject,
        obj=order,
        institution=order.institution,
        form=form,
        sha256=document,
    )
    if isinstance(reply, OrderAnswer):
        answered(order_id, reply)
    else:
        acknowledged(order_id, reply)
    return order
