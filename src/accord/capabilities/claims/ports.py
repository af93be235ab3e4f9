"""What the centre asks of whoever keeps a ledger: what became of a credit.

A bank's API, the sandbox bank, a ledger kept by this node and, later, a partner's centre are adapters of `LedgerHolder`.
Amounts are minor units of the debtor face of a transfer unless said otherwise; intervals are unit ranges of that face.
What comes back is hostile until `check_answer` has passed it.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from accord.core.errors import AccordError
from accord.engine.tracing.model import ExitKind, Interval, Parcel, Rule


class AccountKind(StrEnum):
    """What the holder says an account is; UNKNOWN where it says nothing."""

    PERSONAL = "personal"
    JOINT = "joint"
    SALARY = "salary"
    MERCHANT = "merchant"
    POOLED = "pooled"
    UNKNOWN = "unknown"

    @property
    def needs_enquiry_first(self) -> bool:
        """Accounts where a hold is likely to hit people who have nothing to do with it: ask before holding."""
        return self in (AccountKind.JOINT, AccountKind.SALARY, AccountKind.MERCHANT, AccountKind.POOLED)


@dataclass(frozen=True, slots=True)
class Credit:
    """A transfer into the holder's ledger, and how much of it is claimed (for FIFO and LIFO: which units)."""

    transfer: str
    amount: int
    currency: str
    intervals: tuple[Interval, ...] = ()


@dataclass(frozen=True, slots=True)
class EnquiryRequest:
    """The question. Asking again with the same id is safe and is how a late answer is fetched.

    `until` is inclusive; None asks how things stand at the moment of answering.
    """

    enquiry_id: UUID
    authority: str
    institution: str
    credits: tuple[Credit, ...]
    rule: Rule
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class AccountStanding:
    """Claimed money that still stands on one account of the holder, in the account's own currency.

    `seconds_to_pass_on` is the account's usual time from a credit to the next debit; None where the holder cannot say.
    """

    account: str
    amount: int
    currency: str
    kind: AccountKind = AccountKind.UNKNOWN
    parcels: tuple[Parcel, ...] = ()
    seconds_to_pass_on: int | None = None


@dataclass(frozen=True, slots=True)
class TransferLeg:
    """Claimed money that one transfer carried, between two accounts of the holder or out of it."""

    transfer: str
    debtor: str
    debtor_bank: str
    creditor: str
    creditor_bank: str
    time: datetime
    amount: int
    currency: str
    intervals: tuple[Interval, ...] = ()
    counter_amount: int | None = None
    counter_currency: str | None = None


@dataclass(frozen=True, slots=True)
class LegExit:
    """A leg that left all ledgers: cash, an exchange, a payroll, a merchant, or too small to follow."""

    leg: TransferLeg
    kind: ExitKind


@dataclass(frozen=True, slots=True)
class EnquiryAnswer:
    """What became of the credits: the credits themselves and inner legs, what stands, what went on to other holders.

    `absorbed` is (currency, amount): what one of several credits already carried of another, so that it counts once.
    """

    answered_at: datetime
    flows: tuple[TransferLeg, ...]
    standing: tuple[AccountStanding, ...]
    onward: tuple[TransferLeg, ...]
    exits: tuple[LegExit, ...]
    absorbed: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """The holder has the message and will answer later; ask again at `expected_at`."""

    expected_at: datetime


class LedgerHolder(Protocol):
    """Port: whoever keeps a ledger."""

    def enquire(self, request: EnquiryRequest) -> Acknowledged | EnquiryAnswer:
        """Answer or acknowledge. Raises Unavailable when the line is down, Nonsense when the answer cannot be read."""
        ...


class Nonsense(AccordError):
    """A holder's answer contradicts the question or itself, so nothing of it was taken over."""


def check_answer(request: EnquiryRequest, answer: EnquiryAnswer) -> None:
    """Refuse an answer that cannot be true. Raises Nonsense that says which part and why.

    In every currency, what stands, went on, left and was absorbed must equal what was asked about and converted (poison
    is an upper bound and conserves nothing); every amount is positive; no transfer is dated after `until`; onward legs
    leave the institution; nothing is absorbed in a single credit.
    """
    legs = (*answer.flows, *answer.onward, *(exit_.leg for exit_ in answer.exits))
    for leg in legs:
        _check_leg(request, answer.answered_at, leg)
    for standing in answer.standing:
        if standing.amount <= 0:
            raise Nonsense(f"{request.institution} says {standing.amount} stands on {standing.account}; expected more than 0")
    for leg in answer.onward:
        if leg.creditor_bank == request.institution:
            raise Nonsense(f"{request.institution} names itself as the receiver of onward transfer {leg.transfer}")
    _check_totals(request, answer)


def _check_leg(request: EnquiryRequest, answered_at: datetime, leg: TransferLeg) -> None:
    if leg.amount <= 0:
        raise Nonsense(f"{request.institution} says transfer {leg.transfer} carried {leg.amount}; expected more than 0")
    if leg.time > (request.until or answered_at):
        raise Nonsense(f"{request.institution} dates transfer {leg.transfer} after the time asked about")
    if leg.intervals and sum(end - start for start, end in leg.intervals) != leg.amount:
        raise Nonsense(f"{request.institution} names units of transfer {leg.transfer} that do not add up to its amount")


def _check_totals(request: EnquiryRequest, answer: EnquiryAnswer) -> None:
    for currency, amount in answer.absorbed:
        if amount <= 0 or len(request.credits) < 2:
            raise Nonsense(f"{request.institution} says {amount} {currency} was absorbed among {len(request.credits)} credits")
    if request.rule is Rule.POISON:
        return
    asked: Counter[str] = Counter()
    told: Counter[str] = Counter()
    for credit in request.credits:
        asked[credit.currency] += credit.amount
    for leg in answer.flows:
        if leg.counter_currency is not None:
            asked[leg.currency] -= leg.amount
            asked[leg.counter_currency] += leg.counter_amount or 0
    accounted = [(place.currency, place.amount) for place in answer.standing]
    accounted += [(leg.currency, leg.amount) for leg in (*answer.onward, *(exit_.leg for exit_ in answer.exits))]
    for currency, amount in (*accounted, *answer.absorbed):
        told[currency] += amount
    for currency in asked.keys() | told.keys():
        if told[currency] != asked[currency]:
            raise Nonsense(
                f"{request.institution} was asked about {asked[currency]} {currency} (minor units, conversions counted)"
                f" and accounts for {told[currency]}"
            )
