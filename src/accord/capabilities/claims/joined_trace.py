"""One trace from many answers: each ledger holder tells its part, the centre joins them.

What an onward transfer carried is counted where its receiver says it stands or left; while the receiver has not answered
it is `open`. Over a whole claim, and in every currency in which nothing was converted:
claimed = standing + exits + open. Where an account with a hold goes on paying, `standing` may later say less than is held.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import msgspec

from accord.capabilities.claims.messages import answer_from_json, credits_from_json
from accord.capabilities.claims.models import Claim, Enquiry, EnquiryState
from accord.capabilities.claims.ports import EnquiryAnswer, TransferLeg
from accord.engine.tracing.model import ExitKind, Rule


@dataclass(frozen=True, slots=True)
class JoinedFlow:
    """Claimed money carried by one transfer; `hop` 0 is the victim's."""

    leg: TransferLeg
    hop: int


@dataclass(frozen=True, slots=True)
class JoinedStanding:
    """Claimed money on one account, and how much of it is held for this claim."""

    institution: str
    account: str
    currency: str
    amount: int
    held: int
    account_kind: str


@dataclass(frozen=True, slots=True)
class JoinedExit:
    leg: TransferLeg
    kind: ExitKind


@dataclass(frozen=True, slots=True)
class OpenBranch:
    """Money on its way into an institution that has not answered yet; `state` and `error` are the enquiry's."""

    institution: str
    amount: int
    currency: str
    transfers: tuple[str, ...]
    state: str
    error: str
    answer_due_at: datetime


@dataclass(frozen=True, slots=True)
class JoinedTrace:
    """The whole picture of a claim under one rule. Totals are {currency: minor units}."""

    claim: str
    rule: str
    claimed: dict[str, int]
    flows: tuple[JoinedFlow, ...]
    standing: tuple[JoinedStanding, ...]
    exits: tuple[JoinedExit, ...]
    open: tuple[OpenBranch, ...]
    conserved: bool

    def total(self, part: str) -> dict[str, int]:
        """Sum per currency of "standing", "held", "exits" or "open"."""
        sums: dict[str, int] = defaultdict(int)
        if part in ("standing", "held"):
            for row in self.standing:
                sums[row.currency] += row.amount if part == "standing" else row.held
        elif part == "exits":
            for exit_ in self.exits:
                sums[exit_.leg.currency] += exit_.leg.amount
        else:
            for branch in self.open:
                sums[branch.currency] += branch.amount
        return dict(sums)

    def to_json(self) -> Any:
        """JSON-ready form, for the page, for export and for saving."""
        return msgspec.to_builtins(self)


def join(claim: Claim, rule: str | None = None) -> JoinedTrace:
    """The claim's joined trace under `rule` (its own by default), from the latest answer to each question."""
    rule = rule or claim.rule
    starts = list(claim.starts.all())
    asked = list(claim.enquiries.filter(rule=rule).order_by("asked_at", "id"))
    answered = _latest_answers(asked)
    answers = {question: answer_from_json(enquiry.answer) for question, enquiry in answered.items()}
    claimed: dict[str, int] = defaultdict(int)
    for start in starts:
        claimed[start.currency] += start.amount
    for currency, amount in (part for answer in answers.values() for part in answer.absorbed):
        claimed[currency] -= amount
    standing = _standing(claim, answers)
    exits = _exits(answers)
    open_ = _open_branches(asked, answered)
    legs = _legs(answers)
    accounted = [(row.currency, row.amount) for row in standing]
    accounted += [(exit_.leg.currency, exit_.leg.amount) for exit_ in exits]
    accounted += [(branch.currency, branch.amount) for branch in open_]
    return JoinedTrace(
        claim=claim.reference,
        rule=rule,
        claimed=dict(claimed),
        flows=_with_hops(legs, {start.transfer for start in starts}),
        standing=standing,
        exits=exits,
        open=open_,
        conserved=_conserved(claimed, accounted, legs),
    )


def _latest_answers(asked: list[Enquiry]) -> dict[tuple[str, str], Enquiry]:
    """The newest answered enquiry for each (institution, question). Where a holder has one question for all (see
    services/questions), its newest answer replaces every earlier one."""
    newest: dict[tuple[str, str], Enquiry] = {}
    for enquiry in asked:
        if enquiry.answer is None:
            continue
        if not Rule(enquiry.rule).keeps_parcels:
            for key in [key for key in newest if key[0] == enquiry.institution]:
                del newest[key]
        newest[enquiry.institution, enquiry.key] = enquiry
    return newest


def _open_branches(asked: list[Enquiry], answered: dict[tuple[str, str], Enquiry]) -> tuple[OpenBranch, ...]:
    """What live questions ask about and no answer tells of yet, one branch a question and currency."""
    known: dict[str, Counter[str]] = defaultdict(Counter)
    for enquiry in answered.values():
        for credit in credits_from_json(enquiry.credits):
            known[enquiry.institution][credit.transfer] += credit.amount
    branches = []
    for enquiry in asked:
        if enquiry.state == EnquiryState.SUPERSEDED or (enquiry.institution, enquiry.key) in answered:
            continue
        # where a question takes the place of a narrower one, only what it adds is open
        told = Counter[str]() if Rule(enquiry.rule).keeps_parcels else known[enquiry.institution]
        amounts: dict[str, dict[str, int]] = defaultdict(dict)
        for credit in credits_from_json(enquiry.credits):
            if credit.amount > told[credit.transfer]:
                amounts[credit.currency][credit.transfer] = credit.amount - told[credit.transfer]
        for currency, by_transfer in amounts.items():
            branches.append(
                OpenBranch(
                    institution=enquiry.institution,
                    amount=sum(by_transfer.values()),
                    currency=currency,
                    transfers=tuple(by_transfer),
                    state=enquiry.state,
                    error=enquiry.last_error,
                    answer_due_at=enquiry.answer_due_at,
                )
            )
    return tuple(branches)


def _standing(claim: Claim, answers: dict[tuple[str, str], EnquiryAnswer]) -> tuple[JoinedStanding, ...]:
    """Standing money by account, with what is held there for this claim, largest first."""
    amounts: dict[tuple[str, str, str], int] = defaultdict(int)
    kinds: dict[tuple[str, str, str], str] = {}
    for (institution, _), answer in answers.items():
        for row in answer.standing:
            place = (row.bank or institution, row.account, row.currency)
            amounts[place] += row.amount
            kinds[place] = row.kind
    held: dict[tuple[str, str, str], int] = defaultdict(int)
    for share in claim.shares.filter(active=True, confirmed=True).select_related("account"):
        held[share.account.place] += share.amount
    rows = [
        JoinedStanding(*place, amount=amount, held=min(held[place], amount), account_kind=kinds[place])
        for place, amount in amounts.items()
    ]
    return tuple(sorted(rows, key=lambda row: (-row.amount, row.institution, row.account)))


def _exits(answers: dict[tuple[str, str], EnquiryAnswer]) -> tuple[JoinedExit, ...]:
    """Every transfer out of all ledgers once; parts that separate questions saw of it are added up."""
    told: dict[str, TransferLeg] = {}
    kinds: dict[str, ExitKind] = {}
    for exit_ in (exit_ for answer in answers.values() for exit_ in answer.exits):
        _add(told, (exit_.leg,))
        kinds.setdefault(exit_.leg.transfer, exit_.kind)
    return tuple(JoinedExit(leg, kinds[transfer]) for transfer, leg in told.items())


def _legs(answers: dict[tuple[str, str], EnquiryAnswer]) -> list[TransferLeg]:
    """Every transfer that carried claimed money, once, by time; parts that separate questions saw of it are added up.

    An onward transfer is told twice, by its sender and then by its receiver as the credit it was asked about. Whichever
    tells more of it counts.
    """
    told: dict[bool, dict[str, TransferLeg]] = {True: {}, False: {}}
    for answer in answers.values():
        _add(told[True], (*answer.flows, *(exit_.leg for exit_ in answer.exits)))
        _add(told[False], answer.onward)
    legs = dict(told[True])
    for transfer, leg in told[False].items():
        if transfer not in legs or legs[transfer].amount < leg.amount:
            legs[transfer] = leg
    return sorted(legs.values(), key=lambda leg: (leg.time, leg.transfer))


def _add(into: dict[str, TransferLeg], legs: tuple[TransferLeg, ...]) -> None:
    for leg in legs:
        earlier = into.get(leg.transfer)
        if earlier is None:
            into[leg.transfer] = leg
            continue
        counter = None
        if leg.counter_amount is not None and earlier.counter_amount is not None:
            counter = leg.counter_amount + earlier.counter_amount
        into[leg.transfer] = replace(
            earlier,
            amount=earlier.amount + leg.amount,
            intervals=tuple(sorted({*earlier.intervals, *leg.intervals})),
            counter_amount=counter,
        )


def _with_hops(legs: list[TransferLeg], starts: set[str]) -> tuple[JoinedFlow, ...]:
    """Number the legs, which come in time order: 0 for a claim transfer, else one more than the fewest into its debtor."""
    reached: dict[tuple[str, str], int] = {}
    flows = []
    for leg in legs:
        hop = 0 if leg.transfer in starts else reached.get((leg.debtor_bank, leg.debtor), 0) + 1
        place = (leg.creditor_bank, leg.creditor)
        reached[place] = min(reached.get(place, hop), hop)
        flows.append(JoinedFlow(leg, hop))
    return tuple(flows)


def _conserved(claimed: dict[str, int], accounted: list[tuple[str, int]], legs: list[TransferLeg]) -> bool:
    """claimed = standing + exits + open, in every currency that no converting transfer touched."""
    converted = {leg.currency for leg in legs if leg.counter_currency} | {leg.counter_currency for leg in legs}
    told: dict[str, int] = defaultdict(int)
    for currency, amount in accounted:
        told[currency] += amount
    return all(told[currency] == claimed.get(currency, 0) for currency in (claimed.keys() | told.keys()) - converted)
