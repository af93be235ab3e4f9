"""Orders that a bank has answered, made by hand, so that a test can say what is held before anybody appeals or returns it."""

from __future__ import annotations

import itertools
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db.models import Sum

from accord.capabilities import unit_of_work
from accord.capabilities.claims import services as claims
from accord.capabilities.orders import services as orders
from accord.capabilities.orders.kinds import OrderKind
from accord.capabilities.orders.life_cycle import State
from accord.capabilities.orders.models import Order, Payout
from accord.capabilities.orders.ports import OrderAnswer, Refusal
from accord.capabilities.reports.services import CallFacts
from accord.core import clock
from accord.core.money import Money

if TYPE_CHECKING:
    from accord.capabilities.people.models import User

_numbers = itertools.count(1)


def ordered(officer: User, amount: int = 100_000, account: str = "m-1", currency: str = "CNY", **facts: Any) -> Order:
    """A first stop payment that is on its way to the bank MULEBANK."""
    number = next(_numbers)
    call: dict[str, Any] = {
        "callback_number": f"+86 139 0000 {number:04}",
        "payer_bank": "HOMEBANK",
        "payer_account": f"v-{number}",
        "payee_bank": "MULEBANK",
        "payee_account": account,
        "amount": Money(amount, currency),
        "about_when": clock.now() - timedelta(minutes=20 + number),
        "still_pending": False,
    }
    order = orders.respond_to_call(officer, CallFacts(**(call | facts))).order
    orders.mark_sent([order])
    return _fresh(order)


def held(officer: User, amount: int = 100_000, kept: int | None = None, **facts: Any) -> Order:
    """A stop payment under which the bank keeps `kept` (all of it unless said)."""
    order = ordered(officer, amount, **facts)
    transfer = f"T-{order.reference}"
    orders.answered(order.pk, OrderAnswer(clock.now(), amount if kept is None else kept, transfer=transfer))
    return _fresh(order)


def share_of(order: Order) -> None:
    """Book the order's money for its claim, as the plan does for what a trace has found."""
    assert order.claim is not None

    @unit_of_work.change
    def book() -> None:
        place = (order.institution, order.account, order.currency)
        claims.book_first(order.pk, order.claim, place, order.held, order.transfer, None)  # type: ignore[arg-type]

    book()


def confirm(order: Order, amount: int | None = None) -> Order:
    """The bank carries an order out: a release, a return, a renewal."""
    orders.mark_sent([_fresh(order)])
    on_money = order.kind in (OrderKind.RELEASE, OrderKind.RETURN)
    orders.answered(order.pk, OrderAnswer(clock.now(), (order.amount if amount is None else amount) if on_money else 0))
    return _fresh(order)


def refuse(order: Order, refusal: Refusal = Refusal.LEGAL_REVIEW) -> Order:
    orders.mark_sent([_fresh(order)])
    orders.answered(order.pk, OrderAnswer(clock.now(), 0, refusal, "with our lawyers"))
    return _fresh(order)


def _fresh(order: Order) -> Order:
    return Order.objects.get(pk=order.pk)


def paid_back(*claim_ids: UUID) -> dict[UUID, list[Money]]:
    """What banks have confirmed as paid back on each claim, by currency, as the rows of its payouts say."""
    found: dict[UUID, list[Money]] = {claim_id: [] for claim_id in claim_ids}
    paid = Payout.objects.filter(claimant__claim__in=claim_ids, order__state=State.DONE).order_by("order__currency")
    sums = paid.values_list("claimant__claim", "order__currency").annotate(total=Sum("order__held"))
    for claim_id, currency, total in sums:
        found[claim_id].append(Money(total, currency))
    return found
