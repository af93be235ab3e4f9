"""From a trace on one holder's ledger to the answer that the port asks for. Both ledger adapters share it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from accord.adapters.errors import Msg
from accord.capabilities.claims.ports import (
    AccountKind,
    AccountStanding,
    Credit,
    EnquiryAnswer,
    LegExit,
    TransferLeg,
)
from accord.capabilities.exchange.crossborder.errors import Msg as CrossborderMsg
from accord.core.errors import BadInput
from accord.engine.tracing import Ledger
from accord.engine.tracing.model import AccountRef, ClaimStart, ExitKind, Flow, Rule, Standing, Trace


@dataclass(frozen=True, slots=True)
class HolderView:
    """What a holder adds to a bare trace: its own name, and what it knows of its accounts.

    `institution` stands for the bank of every account whose bank the ledger leaves out.
    """

    institution: str
    ledger: Ledger
    kind_of: Callable[[AccountRef], AccountKind]
    seconds_to_pass_on: Callable[[AccountRef], float | None]


def starts_of(ledger: Ledger, credits_: Iterable[Credit], rule: Rule) -> list[ClaimStart]:
    """The claim starts that credits stand for. BadInput where one contradicts itself or the ledger, NotFound where unknown."""
    return [_start_of(ledger, credit, rule) for credit in credits_]


def _start_of(ledger: Ledger, credit: Credit, rule: Rule) -> ClaimStart:
    if credit.intervals and sum(end - start for start, end in credit.intervals) != credit.amount:
        raise BadInput(CrossborderMsg.UNITS_NAMED_TRANSFER_DO_NOT_ADD, transfer=credit.transfer, amount=credit.amount)
    currency = ledger.transfer(credit.transfer)["currency"]
    if currency != credit.currency:
        raise BadInput(Msg.TRANSFER_IN_OTHER_CURRENCY, transfer=credit.transfer, currency=currency, stated=credit.currency)
    if credit.intervals and rule.keeps_parcels:
        return ClaimStart(credit.transfer, intervals=credit.intervals)
    return ClaimStart(credit.transfer, amount=credit.amount)


def answer_from_trace(trace: Trace, credits_: Iterable[Credit], view: HolderView, answered_at: datetime) -> EnquiryAnswer:
    """The port's answer: every transfer is named once, as a flow inside the ledger, an onward leg or an exit.

    What one credit already carried of another (a round trip inside the ledger) is stated as absorbed, so that the
    totals still meet what was asked.
    """
    kinds = {exit_.transfer: exit_.kind for exit_ in trace.exits}
    converted = {change.transfer: (change.counter_amount, change.counter_currency) for change in trace.conversions}
    flows: list[TransferLeg] = []
    onward: list[TransferLeg] = []
    exits: list[LegExit] = []
    for flow in trace.flows:
        kind = kinds.get(flow.transfer)
        if kind is None:
            flows.append(_leg(flow, view, converted.get(flow.transfer)))
        elif kind is ExitKind.OUTSIDE:
            onward.append(_leg(flow, view, _counter_of_exit(flow, view.ledger)))
        else:
            exits.append(LegExit(_leg(flow, view, None), kind))
    return EnquiryAnswer(
        answered_at=answered_at,
        flows=tuple(flows),
        standing=tuple(_standing(standing, view) for standing in trace.standing),
        onward=tuple(onward),
        exits=tuple(exits),
        absorbed=_absorbed(trace, credits_),
    )


def _absorbed(trace: Trace, credits_: Iterable[Credit]) -> tuple[tuple[str, int], ...]:
    left: dict[str, int] = {}
    for credit in credits_:
        left[credit.currency] = left.get(credit.currency, 0) + credit.amount
    for currency, amount in trace.claimed_by_currency.items():
        left[currency] = left.get(currency, 0) - amount
    return tuple(sorted((currency, amount) for currency, amount in left.items() if amount))


def _leg(flow: Flow, view: HolderView, counter: tuple[int, str] | None) -> TransferLeg:
    return TransferLeg(
        transfer=flow.transfer,
        debtor=flow.debtor.number,
        debtor_bank=flow.debtor.bank or view.institution,
        creditor=flow.creditor.number,
        creditor_bank=flow.creditor.bank or view.institution,
        time=flow.time,
        amount=flow.amount,
        currency=flow.currency,
        intervals=flow.intervals,
        counter_amount=counter[0] if counter else None,
        counter_currency=counter[1] if counter else None,
    )


def _counter_of_exit(flow: Flow, ledger: Ledger) -> tuple[int, str] | None:
    """What the receiver of a converting transfer got for the claimed part; None where nothing was converted."""
    row = ledger.transfer(flow.transfer)
    if row["counter_currency"] is None:
        return None
    counter, amount = int(row["counter_amount"]), int(row["amount"])
    parts = [end - start for start, end in flow.intervals] or [flow.amount]
    return sum(part * counter // amount for part in parts), str(row["counter_currency"])


def _standing(standing: Standing, view: HolderView) -> AccountStanding:
    seconds = view.seconds_to_pass_on(standing.account)
    return AccountStanding(
        account=standing.account.number,
        amount=standing.amount,
        currency=standing.currency,
        kind=view.kind_of(standing.account),
        parcels=standing.parcels,
        seconds_to_pass_on=None if seconds is None else round(seconds),
        bank=bank if (bank := standing.account.bank) and bank != view.institution else "",
    )
