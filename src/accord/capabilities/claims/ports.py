"""What the centre asks of whoever keeps a ledger: what happened to a credit.

A bank's API, the sandbox bank, a ledger kept by this node and a partner's centre are adapters of `LedgerHolder`. A partner's
centre answers for all institutions of its jurisdiction at once and may say less than a bank: `CentreAnswer`.
Amounts are minor units of the debtor face of a transfer unless said otherwise; intervals are unit ranges of that face.
What comes back is hostile until `check_answer` has passed it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Final, Protocol, runtime_checkable
from uuid import UUID

import msgspec
from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from accord.capabilities.claims.errors import Msg
from accord.core.errors import AccordError
from accord.core.money import EXPONENTS, MAX_MINOR
from accord.core.wording import Wording
from accord.engine.tracing.model import ExitKind, Interval, Parcel, Rule


class AccountKind(TextChoices):
    """What the holder says an account is; UNKNOWN where it says nothing."""

    PERSONAL = "personal", _("Personal account")
    JOINT = "joint", _("Joint account")
    SALARY = "salary", _("Salary account")
    MERCHANT = "merchant", _("Merchant account")
    POOLED = "pooled", _("Pooled account")
    UNKNOWN = "unknown", _("Kind not known")

    @property
    def needs_enquiry_first(self) -> bool:
        """Accounts where a hold is likely to hit people who have nothing to do with it: ask before holding."""
        return self in (AccountKind.JOINT, AccountKind.SALARY, AccountKind.MERCHANT, AccountKind.POOLED)


def _all_units() -> tuple[Interval, ...]:
    return ()


class Credit(msgspec.Struct, frozen=True, omit_defaults=True):
    """A transfer into the holder's ledger, and how much of it is claimed (for FIFO and LIFO: which units).

    What follows `intervals` is said to a partner's centre alone, whose ledger is that of many institutions; what is not said
    is left out of the message. `referral` is the word of the centre that the money left last.
    """

    transfer: str
    amount: int
    currency: str
    intervals: tuple[Interval, ...] = msgspec.field(default_factory=_all_units)  # always part of the message, unlike the rest
    institution: str = ""
    account: str = ""
    time: datetime | None = None
    debtor_bank: str = ""
    referral: str = ""

    def bare(self) -> Credit:
        """The units alone, as a bank is told of them."""
        return Credit(self.transfer, self.amount, self.currency, self.intervals)


CROSSING: Final = ("institution", "account", "time", "debtor_bank", "referral")
"""Fields of a credit that no bank is told."""


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
    `bank` keeps the account where that is not the institution asked: a switch or collected records answer for several.
    """

    account: str
    amount: int
    currency: str
    kind: AccountKind = AccountKind.UNKNOWN
    parcels: tuple[Parcel, ...] = ()
    seconds_to_pass_on: int | None = None
    bank: str = ""


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
    """What happened to the credits: the credits themselves and inner legs, what stands, what went on to other holders.

    `absorbed` is (currency, amount): what one of several credits already carried of another, so that it counts once.
    """

    answered_at: datetime
    flows: tuple[TransferLeg, ...]
    standing: tuple[AccountStanding, ...]
    onward: tuple[TransferLeg, ...]
    exits: tuple[LegExit, ...]
    absorbed: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class OpenAmount:
    """Claimed money of which a partner's centre cannot say where it is: not yet, or (without `answer_due_at`) not at all."""

    amount: int
    currency: str
    bank: str = ""
    answer_due_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class HeldThere:
    """How much of the money at a place of the answer orders of the partner's own hold."""

    bank: str
    account: str
    currency: str
    amount: int


@dataclass(frozen=True, slots=True)
class CentreAnswer(EnquiryAnswer):
    """The answer of a partner's centre. Names that its agreement does not let it say are empty.

    Where it does not tell of inner transfers, `absorbed` also has what it converted: positive in the currency that it
    changed, negative in the one that it changed into. `referrals` are (transfer, compact JWS) of onward legs.
    """

    open: tuple[OpenAmount, ...] = ()
    held: tuple[HeldThere, ...] = ()
    referrals: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """The holder has the message and will answer later; ask again at `expected_at`."""

    expected_at: datetime


class LedgerHolder(Protocol):
    """Port: whoever keeps a ledger."""

    def enquire(self, request: EnquiryRequest) -> Acknowledged | EnquiryAnswer:
        """Answer or acknowledge. Raises Unavailable when the line is down, Nonsense when the answer cannot be read."""
        ...


@runtime_checkable
class OutboxHolder(Protocol):
    """Port: a ledger holder that is asked through messages of ours. Asking is a change here, so many are asked in one."""

    def enquire_all(self, requests: Sequence[EnquiryRequest]) -> Sequence[Acknowledged | AccordError]:
        """For each request the acknowledgement, or why it cannot be asked."""
        ...


class Nonsense(AccordError):
    """A holder's answer contradicts the question or itself, so nothing of it was applied."""


MOST_CHARACTERS: Final = {"transfer": 128, "account": 128, "institution": 64}
"""What an answer may name at most; longer names come from a broken line."""

_NAMED: Final = {"transfer": Msg.TRANSFER, "account": Msg.ACCOUNT, "institution": Msg.INSTITUTION}

_LONGEST_SECONDS: Final = 100 * 366 * 24 * 3600


def check_answer(request: EnquiryRequest, answer: EnquiryAnswer) -> None:
    """Refuse an answer that cannot be true. Raises Nonsense that says which part and why.

    In every currency, what stands, went on, left and was absorbed must equal what was asked about and converted (poison
    is an upper bound and conserves nothing); every amount is positive and its units add up to it; no transfer is dated
    after `until`; onward legs leave the institution; exits leave all ledgers; nothing is absorbed in a single credit.
    """
    check_moment(request.institution, answer.answered_at)
    discreet = isinstance(answer, CentreAnswer)
    for leg in (*answer.flows, *answer.onward, *(exit_.leg for exit_ in answer.exits)):
        _check_leg(request, answer.answered_at, leg, discreet=discreet)
    for standing in answer.standing:
        _check_standing(request, standing)
    for leg in answer.onward:
        if leg.creditor_bank == request.institution:
            raise Nonsense(Msg.NAMES_ITSELF_RECEIVER_ONWARD_TRANSFER, institution=request.institution, transfer=leg.transfer)
    for exit_ in answer.exits:
        if exit_.kind is ExitKind.OUTSIDE:
            raise Nonsense(
                Msg.CALLS_TRANSFER_EXIT_WITHOUT_NAMING_RECEIVER, institution=request.institution, transfer=exit_.leg.transfer
            )
    for part in answer.open if isinstance(answer, CentreAnswer) else ():
        check_amount(request.institution, Msg.CANNOT_BE_ACCOUNTED_FOR.with_(), part.amount)
        _check_currency(request.institution, part.currency)
        if part.bank:
            check_name(request.institution, "institution", part.bank)
    _check_totals(request, answer)


def check_moment(institution: str, moment: datetime) -> None:
    """Refuse a time that does not say in which zone it is."""
    if moment.tzinfo is None:
        raise Nonsense(Msg.STATES_TIME_WITHOUT_ZONE, institution=institution, moment=moment)


def check_amount(institution: str, what: Wording, amount: int) -> None:
    """Refuse an amount that is not positive, or larger than any that is accepted here."""
    if not 0 < amount <= MAX_MINOR:
        raise Nonsense(Msg.AMOUNT_OUT_OF_RANGE, institution=institution, amount=amount, what=what, most=MAX_MINOR)


def check_name(institution: str, kind: str, name: str) -> None:
    """Refuse a name that is empty, too long to be one, or no text."""
    if not name or len(name) > MOST_CHARACTERS[kind] or "\x00" in name:
        raise Nonsense(Msg.CANNOT_BE_A_NAME, institution=institution, kind=_NAMED[kind], name=name[:40], count=len(name))


def _check_leg(request: EnquiryRequest, answered_at: datetime, leg: TransferLeg, *, discreet: bool) -> None:
    """`discreet`: accounts and institutions may be left unnamed, by who has undertaken not to name them."""
    asked = request.institution
    check_name(asked, "transfer", leg.transfer)
    for account, bank in ((leg.debtor, leg.debtor_bank), (leg.creditor, leg.creditor_bank)):
        for kind, name in (("account", account), ("institution", bank)):
            if name or not discreet:
                check_name(asked, kind, name)
    check_amount(asked, Msg.CARRIED_BY_TRANSFER.with_(transfer=leg.transfer), leg.amount)
    _check_currency(asked, leg.currency)
    check_moment(asked, leg.time)
    if leg.time > (request.until or answered_at):
        raise Nonsense(Msg.DATES_TRANSFER_AFTER_TIME_ASKED_ABOUT, institution=asked, transfer=leg.transfer)
    _check_units(asked, Msg.OF_TRANSFER.with_(transfer=leg.transfer), leg.intervals, leg.amount)
    if (leg.counter_amount is None) != (leg.counter_currency is None):
        raise Nonsense(Msg.CONVERTS_IN_TRANSFER_WITHOUT_SAYING_HOW, institution=asked, transfer=leg.transfer)
    if leg.counter_currency is not None:
        _check_currency(asked, leg.counter_currency)
    if leg.counter_amount is not None and not 0 <= leg.counter_amount <= MAX_MINOR:
        raise Nonsense(Msg.IMPOSSIBLE_AMOUNT_ARRIVED, institution=asked, amount=leg.counter_amount, transfer=leg.transfer)


def _check_standing(request: EnquiryRequest, standing: AccountStanding) -> None:
    asked = request.institution
    check_name(asked, "account", standing.account)
    if standing.bank:
        check_name(asked, "institution", standing.bank)
    check_amount(asked, Msg.STANDS_ON_ACCOUNT.with_(account=standing.account), standing.amount)
    _check_currency(asked, standing.currency)
    if standing.seconds_to_pass_on is not None and not 0 <= standing.seconds_to_pass_on <= _LONGEST_SECONDS:
        raise Nonsense(
            Msg.IMPOSSIBLE_TIME_TO_PASS_ON, institution=asked, account=standing.account, seconds=standing.seconds_to_pass_on
        )
    if not standing.parcels:
        return
    units: dict[str, list[Interval]] = {}
    for parcel in standing.parcels:
        check_name(asked, "transfer", parcel.transfer)
        units.setdefault(parcel.transfer, []).append((parcel.start, parcel.end))
    for transfer, spans in units.items():
        place = Msg.OF_TRANSFER_ON_ACCOUNT.with_(transfer=transfer, account=standing.account)
        _check_units(asked, place, spans, sum(end - start for start, end in spans))
    if sum(parcel.end - parcel.start for parcel in standing.parcels) != standing.amount:
        raise Nonsense(Msg.NAMES_UNITS_ON_DO_NOT_ADD, institution=asked, account=standing.account)


def _check_units(institution: str, where: Wording, spans: Sequence[Interval], amount: int) -> None:
    """Units that are named are units a transfer can have, none of them twice, and add up to the amount."""
    if not spans:
        return
    ordered = sorted(spans)
    if any(not 0 <= start < end for start, end in ordered):
        raise Nonsense(Msg.NAMES_UNITS_NO_TRANSFER, institution=institution, place=where)
    if any(start < end for (_, end), (start, _) in pairwise(ordered)):
        raise Nonsense(Msg.NAMES_UNITS_TWICE, institution=institution, place=where)
    if sum(end - start for start, end in ordered) != amount:
        raise Nonsense(Msg.NAMES_UNITS_DO_NOT_ADD_UP, institution=institution, place=where)


def _check_currency(institution: str, currency: str) -> None:
    if currency not in EXPONENTS:
        raise Nonsense(Msg.UNKNOWN_CURRENCY, institution=institution, currency=currency[:8])


def _check_totals(request: EnquiryRequest, answer: EnquiryAnswer) -> None:
    stated_by_centre = isinstance(answer, CentreAnswer)
    for currency, amount in answer.absorbed:
        if not stated_by_centre and (amount <= 0 or len(request.credits) < 2):
            raise Nonsense(
                Msg.IMPOSSIBLE_AMOUNT_ABSORBED,
                institution=request.institution,
                amount=amount,
                currency=currency,
                count=len(request.credits),
            )
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
    accounted += [(part.currency, part.amount) for part in answer.open] if isinstance(answer, CentreAnswer) else []
    for currency, amount in (*accounted, *answer.absorbed):
        told[currency] += amount
    for currency in asked.keys() | told.keys():
        if told[currency] != asked[currency]:
            raise Nonsense(
                Msg.TOTALS_DIFFER,
                institution=request.institution,
                amount=asked[currency],
                currency=currency,
                told=told[currency],
            )
