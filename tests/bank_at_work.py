"""A bank's node on a small world: its core system, its agreement with a centre, and orders that the centre sends."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from small_world import SmallWorld, at

from accord.capabilities.claims.ports import Credit, EnquiryRequest
from accord.capabilities.orders.kinds import OrderKind
from accord.capabilities.orders.ports import HolderNotice, OrderAnswer, OrderMessage
from accord.engine.tracing.model import Rule

if TYPE_CHECKING:
    from accord.capabilities.controls.ports import Channel

BANK = "BANKA"
CENTRE = "CN-CENTRE"
AUTHORITY = "Anti-fraud centre"


def town(**kinds: str) -> SmallWorld:
    """The victim's 1,000 reach a-1 at noon, 400 go on to b-1 ten minutes later; 5,000 of salary reach a-1 at 12:30."""
    world = SmallWorld(openings={"v-1": 100_000, "e-1": 100_000}, kinds=kinds)
    world.pay("stolen", 0, "v-1", "a-1", 1_000)
    world.pay("onward", 10, "a-1", "b-1", 400)
    world.pay("wages", 30, "e-1", "a-1", 5_000)
    return world


def channel(sender: str = CENTRE) -> Channel:
    from accord.capabilities.controls.ports import Channel

    return Channel(sender, "https", f"line of {sender}")


def credit(amount: int = 1_000, transfer: str = "stolen") -> Credit:
    return Credit(transfer, amount, "CNY", ((0, amount),))


def hold(amount: int = 600, **changed: Any) -> OrderMessage:
    """A stop payment of what stands of the stolen money on a-1, for 48 hours from noon."""
    order = OrderMessage(
        order_id=uuid4(),
        reference="O-TEST-0001",
        kind=OrderKind.STOP_PAYMENT,
        authority=AUTHORITY,
        institution=BANK,
        account="a-1",
        amount=amount,
        currency="CNY",
        rule=Rule.FIFO,
        until=at(48 * 60),
        credits=(credit(),),
        holder_name="A. Nobody",
        legal_basis="a rule that somebody checked",
        verified=True,
        notice=HolderNotice(at(60), {"en": "At most 6.00 CNY is kept.", "zh-Hans": "最多保留6.00元。"}),
    )
    return replace(order, **changed)


def about(
    target: OrderMessage, kind: OrderKind, amount: int = 0, until: datetime | None = None, **changed: Any
) -> OrderMessage:
    """An order about an earlier one."""
    return replace(
        target,
        order_id=uuid4(),
        kind=kind,
        target=target.order_id,
        amount=amount,
        until=until or target.until,
        credits=(),
        notice=None,
        **changed,
    )


def enquiry(*credits_: Credit, enquiry_id: UUID | None = None, **changed: Any) -> EnquiryRequest:
    request = EnquiryRequest(enquiry_id or uuid4(), AUTHORITY, BANK, credits_ or (credit(),), Rule.FIFO)
    return replace(request, **changed)


def answered(reply: object) -> OrderAnswer:
    """The reply, which must be an answer."""
    assert isinstance(reply, OrderAnswer), reply
    return reply


HOUR = timedelta(hours=1)
