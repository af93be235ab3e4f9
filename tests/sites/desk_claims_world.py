"""Claims as the desk meets them: a report, its first order, banks' answers written by hand, a plan."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from accord.capabilities.claims import services as claims
from accord.capabilities.claims.models import Claim, Enquiry
from accord.capabilities.claims.ports import AccountKind, AccountStanding, Credit, EnquiryAnswer, LegExit, TransferLeg
from accord.capabilities.orders import services as orders
from accord.capabilities.orders.models import Order
from accord.capabilities.orders.ports import OrderAnswer, Refusal
from accord.capabilities.people.models import Role, User
from accord.capabilities.reports.services import CallFacts
from accord.core import clock
from accord.core.money import Money
from accord.engine.tracing.model import ExitKind, Parcel, Rule

NOON = datetime(2026, 3, 5, 4, 0, tzinfo=UTC)
"""Noon in Shanghai."""

VICTIM, MULE, SECOND, JOINT, SHOP = "6298000000000001", "6298000000000027", "70-2222", "70-3333", "70-4444"
_numbers = itertools.count(1)


def officer(name: str = "li", role: Role = Role.OFFICER) -> User:
    """Somebody who is signed in by the test client and so needs no password, whose hashing is slow on purpose."""
    return User.objects.create(username=name, role=role)


@dataclass(frozen=True)
class Chase:
    """A claim of 1,000.00 CNY that was asked about at MULEBANK."""

    claim: Claim
    first: Order
    asked: Enquiry

    def enquiry_to(self, institution: str, rule: Rule = Rule.FIFO) -> Enquiry:
        return Enquiry.objects.exclude(state="superseded").get(claim=self.claim, institution=institution, rule=rule)


def leg(
    transfer: str, debtor: tuple[str, str], creditor: tuple[str, str], amount: int, minutes: int, start: int = 0
) -> TransferLeg:
    """`amount` units from `start` of a transfer, `minutes` before noon."""
    return TransferLeg(
        transfer=transfer,
        debtor_bank=debtor[0],
        debtor=debtor[1],
        creditor_bank=creditor[0],
        creditor=creditor[1],
        time=NOON - timedelta(minutes=minutes),
        amount=amount,
        currency="CNY",
        intervals=((start, start + amount),),
    )


def called(actor: User, amount: int = 100_000, account: str = MULE) -> Chase:
    """A call whose first hold found the payment and nothing left on the account, and so began the chase."""
    facts = CallFacts(
        callback_number=f"+86 139 0000 {next(_numbers):04}",
        payer_bank="HOMEBANK",
        payer_account=VICTIM,
        payee_bank="MULEBANK",
        payee_account=account,
        amount=Money(amount, "CNY"),
        about_when=clock.now() - timedelta(minutes=40),
        still_pending=False,
    )
    response = orders.respond_to_call(actor, facts)
    orders.mark_sent([response.order])
    payment = f"T1-{response.claim.reference}"
    refused = OrderAnswer(clock.now(), 0, Refusal.NO_SUCH_TRANSFER, "not found by these facts")
    orders.answered(response.order.pk, refused)
    asked = claims.start_at(actor, response.claim.pk, "MULEBANK", Credit(payment, amount, "CNY", ((0, amount),)))
    assert asked is not None
    return Chase(response.claim, response.order, asked)


def answer(chase: Chase) -> EnquiryAnswer:
    """MULEBANK: 300.00 stands on the mule's account, 500.00 went to NEXTBANK, 150.00 to a joint account, 50.00 was cashed."""
    payment = f"T1-{chase.claim.reference}"
    mule = ("MULEBANK", MULE)
    return EnquiryAnswer(
        answered_at=clock.now(),
        flows=(
            leg(payment, ("HOMEBANK", VICTIM), mule, 100_000, 40),
            leg(f"T2-{chase.claim.reference}", mule, ("MULEBANK", JOINT), 15_000, 30),
        ),
        standing=(
            AccountStanding(MULE, 30_000, "CNY", AccountKind.PERSONAL, (Parcel(payment, 70_000, 100_000),), 480),
            AccountStanding(
                JOINT, 15_000, "CNY", AccountKind.JOINT, (Parcel(f"T2-{chase.claim.reference}", 0, 15_000),), 9_000
            ),
        ),
        onward=(leg(f"T3-{chase.claim.reference}", mule, ("NEXTBANK", SECOND), 50_000, 25),),
        exits=(LegExit(leg(f"T4-{chase.claim.reference}", mule, ("MULEBANK", "ATM-7"), 5_000, 20), ExitKind.CASH),),
    )


def next_answer(chase: Chase) -> EnquiryAnswer:
    """NEXTBANK: all 500.00 stand there."""
    transfer = f"T3-{chase.claim.reference}"
    return EnquiryAnswer(
        answered_at=clock.now(),
        flows=(leg(transfer, ("MULEBANK", MULE), ("NEXTBANK", SECOND), 50_000, 25),),
        standing=(AccountStanding(SECOND, 50_000, "CNY", AccountKind.PERSONAL, (Parcel(transfer, 0, 50_000),), 600),),
        onward=(),
        exits=(),
    )


def chased(actor: User) -> Chase:
    """The chase after both banks have answered."""
    chase = called(actor)
    claims.answered(chase.asked.pk, answer(chase))
    claims.answered(chase.enquiry_to("NEXTBANK").pk, next_answer(chase))
    return chase


def held(order: Order, amount: int) -> None:
    """The bank confirms `amount` under an approved order."""
    orders.mark_sent([Order.objects.get(pk=order.pk)])
    refusal = None if amount else Refusal.NOTHING_STANDS
    orders.answered(order.pk, OrderAnswer(clock.now(), amount, refusal))
