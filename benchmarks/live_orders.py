"""Many live orders on one node, with clocks that run out during a run: ended, prompted, sent, escalated.

Rows are put in directly: taking so many calls would last longer than the run. Each held order has its report, claim and
share of an account; those to be sent stand on real transfers of the sandbox world, so that its banks hold what they are told.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

ROWS_AT_ONCE: Final = 500
SHARES: Final = {"ending": 0.20, "prompted": 0.10, "sent": 0.08, "escalated": 0.08}
"""Of all live orders, those whose clock falls into the run; the others stand until later."""

BURST: Final = 0.4
"""Of the ends, those that fall on whole minutes, all at the same moment, as ends by the hour do."""


Place = tuple[str, str, str, str]
"""(institution, account, transfer, currency)"""


@dataclass(frozen=True)
class Run:
    """The time in which clocks run out."""

    begins: datetime
    ends: datetime

    def moment(self, chance: random.Random) -> datetime:
        """Any moment of the run but its last seconds."""
        seconds = (self.ends - self.begins).total_seconds() - 10
        return self.begins + timedelta(seconds=chance.uniform(5, max(6.0, seconds)))

    def whole_minute(self, chance: random.Random) -> datetime:
        moment = self.moment(chance)
        return max(moment.replace(second=0, microsecond=0), self.begins + timedelta(seconds=5))


def fill(number: int, run: Run, credits_: list[Place], silent_bank: str, officer: Any, seed: int = 7) -> dict[str, int]:
    """Put in `number` live orders; how many of each sort. `credits_` stand untouched at banks that answer."""
    from accord.capabilities.orders.models import Contact, Order

    chance = random.Random(seed)
    Contact.objects.create(institution=silent_bank, step=1, after_minutes=1, name="Duty desk", reach="+65 6000 0000")
    counts = {sort: int(number * share) for sort, share in SHARES.items()}
    counts["standing"] = number - sum(counts.values())
    sorts = [sort for sort, count in counts.items() for _ in range(count)]
    claims = _claims(len(sorts), officer, run.begins)
    makers = {"ending": _ending, "prompted": _prompted, "sent": _Sent(credits_), "escalated": _escalated, "standing": _standing}
    orders = []
    for count, (sort, claim) in enumerate(zip(sorts, claims, strict=True)):
        order = _blank(claim, count, run.begins, officer)
        makers[sort](order, run, chance, silent_bank)
        orders.append(order)
    Order.objects.bulk_create(orders, batch_size=ROWS_AT_ONCE)
    _shares([order for order in orders if order.state == "held"])
    return counts


def _claims(number: int, officer: Any, now: datetime) -> list[Any]:
    from accord.capabilities.claims.models import Claim
    from accord.capabilities.reports.models import Report

    reports = Report.objects.bulk_create(
        [
            Report(
                created_at=now,
                taken_by=officer,
                callback_number=f"+86139{count:08}",
                payer_bank="NOBANK00",
                payee_account=f"live-{count}",
                amount=100_000,
                currency="CNY",
                about_when=now,
            )
            for count in range(number)
        ],
        batch_size=ROWS_AT_ONCE,
    )
    rows = [Claim(report=report, amount=100_000, currency="CNY", rule="fifo", opened_at=now) for report in reports]
    return list(Claim.objects.bulk_create(rows, batch_size=ROWS_AT_ONCE))


def _blank(claim: Any, count: int, now: datetime, officer: Any) -> Any:
    from accord.capabilities.orders.models import Order

    began = now - timedelta(hours=2)
    return Order(
        kind="stop_payment",
        claim=claim,
        institution="NOBANK00",
        account=f"live-{count}",
        amount=100_000,
        currency="CNY",
        rule="fifo",
        regime="CN",
        authority="Anti-fraud centre",
        drafted_by=officer,
        approved_by=officer,
        drafted_at=began,
        approved_at=began,
        sent_at=began,
        answer_due_at=began + timedelta(minutes=15),
        until=now + timedelta(hours=24),
    )


def _standing(order: Any, run: Run, chance: random.Random, _bank: str) -> None:
    order.state, order.held, order.answered_at = "held", order.amount, order.sent_at
    order.until = run.ends + timedelta(minutes=chance.uniform(5, 40 * 60))
    order.renewal_due_at = run.ends + (order.until - run.ends) * 0.75


def _ending(order: Any, run: Run, chance: random.Random, bank: str) -> None:
    _standing(order, run, chance, bank)
    order.until = run.whole_minute(chance) if chance.random() < BURST else run.moment(chance)
    order.renewal_due_at, order.renewal_prompted_at = None, order.sent_at


def _prompted(order: Any, run: Run, chance: random.Random, bank: str) -> None:
    _standing(order, run, chance, bank)
    order.renewal_due_at = run.moment(chance)


def _escalated(order: Any, run: Run, chance: random.Random, bank: str) -> None:
    """Sent to a bank whose line is down: tried again now and then, and due for the first contact within the run."""
    order.institution, order.state = bank, "sent"
    order.credits = [{"transfer": "T", "amount": order.amount, "currency": order.currency, "intervals": []}]
    order.next_attempt_at, order.escalate_at = run.moment(chance), run.moment(chance)
    order.answer_due_at = order.escalate_at - timedelta(minutes=1)


class _Sent:
    """Due to leave within the run, to banks that answer: each for one minor unit of a transfer."""

    def __init__(self, credits_: list[Place]) -> None:
        self._credits, self._made = credits_, 0

    def __call__(self, order: Any, run: Run, chance: random.Random, _bank: str) -> None:
        unit, number = divmod(self._made, len(self._credits))
        self._made += 1
        order.institution, order.account, transfer, order.currency = self._credits[number]
        order.credits = [{"transfer": transfer, "amount": 1, "currency": order.currency, "intervals": [[unit, unit + 1]]}]
        order.amount, order.state, order.sent_at = 1, "approved", None
        order.next_attempt_at = run.moment(chance)
        order.claim = None  # what follows from an answer is another benchmark's


def _shares(orders: list[Any]) -> None:
    from accord.capabilities.claims.models import HoldShare, SharedAccount

    places = SharedAccount.objects.bulk_create(
        [SharedAccount(institution=order.institution, account=order.account, currency=order.currency) for order in orders],
        batch_size=ROWS_AT_ONCE,
    )
    HoldShare.objects.bulk_create(
        [
            HoldShare(
                order_id=order.pk,
                account=place,
                claim_id=order.claim_id,
                amount=order.held,
                transfers=[f"T{number}"],
                confirmed=True,
            )
            for number, (order, place) in enumerate(zip(orders, places, strict=True))
        ],
        batch_size=ROWS_AT_ONCE,
    )
