"""The order's row as the message that its receiver gets."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec
from django.conf import settings

from accord.capabilities.claims.messages import credits_from_json, to_json
from accord.capabilities.orders.kinds import OrderKind
from accord.capabilities.orders.models import Order
from accord.capabilities.orders.notices import holder_notice
from accord.capabilities.orders.ports import CallFacts, Care, Limits, OrderMessage, PaymentFacts, PayTo
from accord.capabilities.orders.regime import KindRule
from accord.capabilities.orders.rules import rule_of
from accord.core.wording import sentence_of
from accord.engine.tracing.model import Rule


def message_of(order: Order) -> OrderMessage:
    """The message that an order row stands for: as it was fixed when the order was approved."""
    return msgspec.convert(order.message or write_message(order), OrderMessage)


def write_message(order: Order) -> Any:
    """The message as JSON, from the row as it stands now. May ask the store for the rows it names."""
    return to_json(_message(order, rule_of(order)))


def _message(order: Order, rule: KindRule) -> OrderMessage:
    return OrderMessage(
        order_id=UUID(str(order.pk)),
        reference=order.reference,
        kind=OrderKind(order.kind),
        authority=order.authority,
        institution=order.institution,
        account=order.account,
        amount=order.amount,
        currency=order.currency,
        rule=Rule(order.rule),
        until=order.until,
        credits=credits_from_json(order.credits),
        payment=_read(order.payment, PaymentFacts),
        target=UUID(str(order.target_id)) if order.target_id else None,
        replaces=UUID(str(order.replaces_id)) if order.replaces_id else None,
        holder_name=order.holder_name,
        identifier=order.identifier,
        limits=_read(order.terms.get("limits"), Limits),
        call=_read(order.terms.get("call"), CallFacts),
        pay_to=_read(order.terms.get("pay_to"), PayTo),
        data_wanted=order.terms.get("data_wanted", ""),
        grounds=sentence_of(order.grounds),
        legal_basis=rule.source,
        verified=rule.verified,
        court_reference=order.court_reference,
        contact=settings.ACCORD_CONTACT,
        living_costs=order.living_costs,
        care=Care(order.care),
        notice=holder_notice(order),
    )


def _read(document: Any, kind: Any) -> Any:
    return msgspec.convert(document, kind) if document else None
