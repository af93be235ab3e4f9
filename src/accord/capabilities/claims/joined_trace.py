"""One trace from many answers: each ledger holder tells its part, the centre joins them.

What an onward transfer carried is counted where its receiver says it stands or left; while the receiver has not answered
it is `open`. Over a whole claim, and in every currency in which nothing was converted:
claimed = standing + exits + open. What left towards a centre to which the claim is not followed counts as open (`left`).
Where an account with a hold goes on paying, `standing` may later say less than is held.

A partner's centre tells for its whole jurisdiction; every part says in which one it is (an agency code, "" is ours).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import msgspec

from accord.capabilities.claims import territory
from accord.capabilities.claims.messages import answer_from_json, credits_from_json, newest_answers
from accord.capabilities.claims.models import Claim, ClaimTransfer, Enquiry, EnquiryState, HoldShare
from accord.capabilities.claims.ports import AccountStanding, CentreAnswer, TransferLeg
from accord.engine.tracing.model import ExitKind, Parcel, Rule

Place = tuple[str, str, str]
"""Institution, account, currency."""
AnsweredBy = dict[tuple[str, str], Enquiry]
AnswersBy = dict[tuple[str, str], CentreAnswer]
"""By holder and question."""


@dataclass(frozen=True, slots=True)
class JoinedFlow:
    """Claimed money carried by one transfer; `hop` 0 is the victim's."""

    leg: TransferLeg
    hop: int
    jurisdiction: str = ""


@dataclass(frozen=True, slots=True)
class JoinedStanding:
    """Claimed money on one account, and how much of it is held for this claim.

    A partner's centre may name a total in place of an account. `parcels` and `seconds_to_pass_on` are the holder's word.
    """

    institution: str
    account: str
    currency: str
    amount: int
    held: int
    account_kind: str
    jurisdiction: str = ""
    parcels: tuple[Parcel, ...] = ()
    seconds_to_pass_on: int | None = None


@dataclass(frozen=True, slots=True)
class JoinedExit:
    leg: TransferLeg
    kind: ExitKind
    jurisdiction: str = ""


@dataclass(frozen=True, slots=True)
class OpenBranch:
    """Money on its way into an institution that has not answered yet; `state` and `error` are the enquiry's.

    State "left": it went to `jurisdiction`, to which this claim is not followed from here. "" there: a partner's centre does
    not say whither, or (with transfers) it is less than the centre that asks wants followed here. Money that a partner's
    centre is still looking for has no transfers.
    """

    institution: str
    amount: int
    currency: str
    transfers: tuple[str, ...]
    state: str
    error: str
    answer_due_at: datetime
    jurisdiction: str = ""


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


def join(
    claim: Claim,
    rule: str | None = None,
    *,
    starts: Sequence[ClaimTransfer] | None = None,
    shares: Sequence[HoldShare] | None = None,
) -> JoinedTrace:
    """The claim's joined trace under `rule` (its own by default), from the latest answer to each question.

    `starts` and live `shares` are those of the claim, where they have been read already.
    """
    rule = rule or claim.rule
    asked = list(claim.enquiries.filter(rule=rule).order_by("asked_at", "id"))
    answered = newest_answers(asked)
    answers = {question: answer_from_json(enquiry.answer) for question, enquiry in answered.items()}
    return join_answers(claim, rule, asked, answered, answers, starts=starts, shares=shares)


def join_answers(
    claim: Claim,
    rule: str,
    asked: list[Enquiry],
    answered: AnsweredBy,
    answers: AnswersBy,
    *,
    starts: Sequence[ClaimTransfer] | None = None,
    shares: Sequence[HoldShare] | None = None,
) -> JoinedTrace:
    """The same, where the questions (in the order of asking) and the newest answers have been read already."""
    starts = list(claim.starts.all()) if starts is None else starts
    shares = list(claim.shares.filter(active=True).select_related("account")) if shares is None else shares
    claimed: dict[str, int] = defaultdict(int)
    for start in starts:
        claimed[start.currency] += start.amount
    for currency, amount in (part for answer in answers.values() for part in answer.absorbed):
        claimed[currency] -= amount
    standing = _standing(shares, answers)
    exits = _exits(answers)
    open_ = (*_open_branches(asked, answered), *_open_there(answered, answers))
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


def _open_branches(asked: list[Enquiry], answered: AnsweredBy) -> tuple[OpenBranch, ...]:
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
        amounts: dict[str, Counter[str]] = defaultdict(Counter)
        for credit in credits_from_json(enquiry.credits):
            amounts[credit.currency][credit.transfer] += credit.amount
        for currency, by_transfer in amounts.items():
            left = by_transfer - told
            if not left:
                continue
            branches.append(
                OpenBranch(
                    institution=enquiry.institution,
                    amount=left.total(),
                    currency=currency,
                    transfers=tuple(left),
                    state=enquiry.state,
                    error=enquiry.last_error,
                    answer_due_at=enquiry.answer_due_at,
                    jurisdiction=_jurisdiction(enquiry.institution),
                )
            )
    return tuple(branches)


def _open_there(answered: AnsweredBy, answers: AnswersBy) -> Iterator[OpenBranch]:
    """What partners' centres have answered that they cannot account for: not yet, or not to us."""
    for question, answer in answers.items():
        for part in answer.open:
            due = part.answer_due_at
            yield OpenBranch(
                institution=part.bank or question[0],
                amount=part.amount,
                currency=part.currency,
                transfers=(),
                state=EnquiryState.LEFT if due is None else EnquiryState.ACKNOWLEDGED,
                error="",
                answer_due_at=due or answered[question].answer_due_at,
                jurisdiction="" if due is None else question[0],
            )


def _bank_of_total(account: str) -> str:
    """The institution of a place that is a partner's total of one institution; "" for an account or another total."""
    kind, _, rest = account.partition(":")
    return rest.rpartition(":")[0] if kind == "bank" else ""


def _jurisdiction(institution: str) -> str:
    """The partner whose ledger an institution's is; a partner's own code stands for itself."""
    return territory.holder_of(institution) if territory.is_abroad(institution) else ""


def _standing(shares: Sequence[HoldShare], answers: AnswersBy) -> tuple[JoinedStanding, ...]:
    """Standing money by account, with what is held there for this claim, largest first."""
    told: dict[Place, list[tuple[str, AccountStanding]]] = defaultdict(list)
    held_there: dict[Place, int] = defaultdict(int)
    for (institution, _), answer in answers.items():
        for row in answer.standing:
            told[row.bank or institution, row.account, row.currency].append((institution, row))
        for kept in answer.held:
            held_there[kept.bank or institution, kept.account, kept.currency] += kept.amount
    held: dict[Place, int] = defaultdict(int)
    for share in shares:
        if share.confirmed:
            held[share.account.place] += share.amount
    rows = []
    for place, parts in told.items():
        amount = sum(row.amount for _, row in parts)
        seconds = [row.seconds_to_pass_on for _, row in parts if row.seconds_to_pass_on is not None]
        rows.append(
            JoinedStanding(
                *place,
                amount=amount,
                held=min(max(held[place], held_there[place]), amount),
                account_kind=parts[-1][1].kind,
                jurisdiction=_jurisdiction(_bank_of_total(place[1]) or parts[-1][0]),
                parcels=tuple(parcel for _, row in parts for parcel in row.parcels),
                seconds_to_pass_on=min(seconds, default=None),
            )
        )
    return tuple(sorted(rows, key=lambda row: (-row.amount, row.institution, row.account)))


def _exits(answers: AnswersBy) -> tuple[JoinedExit, ...]:
    """Every transfer out of all ledgers once; parts that separate questions saw of it are added up."""
    told: dict[str, TransferLeg] = {}
    kinds: dict[str, ExitKind] = {}
    where: dict[str, str] = {}
    for (institution, _), answer in answers.items():
        for exit_ in answer.exits:
            add_legs(told, (exit_.leg,))
            kinds.setdefault(exit_.leg.transfer, exit_.kind)
            where.setdefault(exit_.leg.transfer, _jurisdiction(institution))
    return tuple(JoinedExit(leg, kinds[transfer], where[transfer]) for transfer, leg in told.items())


def _legs(answers: AnswersBy) -> list[TransferLeg]:
    """Every transfer that carried claimed money, once, by time; parts that separate questions saw of it are added up.

    An onward transfer is told twice, by its sender and then by its receiver as the credit it was asked about. Whichever
    tells more of it counts.
    """
    told: dict[bool, dict[str, TransferLeg]] = {True: {}, False: {}}
    for answer in answers.values():
        add_legs(told[True], (*answer.flows, *(exit_.leg for exit_ in answer.exits)))
        add_legs(told[False], answer.onward)
    legs = dict(told[True])
    for transfer, leg in told[False].items():
        if transfer not in legs or legs[transfer].amount < leg.amount:
            legs[transfer] = leg
    return sorted(legs.values(), key=lambda leg: (leg.time, leg.transfer))


def add_legs(into: dict[str, TransferLeg], legs: tuple[TransferLeg, ...]) -> None:
    """Add up, by transfer, what separate questions saw of it."""
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
        flows.append(JoinedFlow(leg, hop, _jurisdiction(leg.creditor_bank)))
    return tuple(flows)


def _conserved(claimed: dict[str, int], accounted: list[tuple[str, int]], legs: list[TransferLeg]) -> bool:
    """claimed = standing + exits + open, in every currency that no converting transfer touched."""
    converted = {leg.currency for leg in legs if leg.counter_currency} | {leg.counter_currency for leg in legs}
    told: dict[str, int] = defaultdict(int)
    for currency, amount in accounted:
        told[currency] += amount
    return all(told[currency] == claimed.get(currency, 0) for currency in (claimed.keys() | told.keys()) - converted)
