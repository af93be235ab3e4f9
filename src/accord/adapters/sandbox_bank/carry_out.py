"""How a sandbox bank carries out an order, once its turn has come. Decides; keeps nothing itself."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from accord.adapters.ledger_answer import HolderView, answer_from_trace, starts_of
from accord.adapters.sandbox_bank.book import AccountKey, TransferBook
from accord.adapters.sandbox_bank.directory import AccountDirectory
from accord.adapters.sandbox_bank.holds import (
    Hold,
    HoldBook,
    covered_units,
    first_units,
    free_parcels,
    merged_credits,
    units_in,
)
from accord.adapters.sandbox_bank.limits import Limit
from accord.adapters.sandbox_bank.matching import Match, Matcher
from accord.adapters.sandbox_bank.pinned import trace_with_holds
from accord.adapters.sandbox_bank.play import Play
from accord.adapters.sandbox_bank.profile import Faults, Profile
from accord.capabilities.claims.ports import Credit, EnquiryAnswer
from accord.capabilities.orders.kinds import OrderKind
from accord.capabilities.orders.ports import Limits, OrderAnswer, OrderMessage, Refusal, SettledPayment
from accord.core.clock import from_micros, to_micros
from accord.core.errors import BadInput, NotFound
from accord.core.money import Money
from accord.engine.tracing.model import AccountRef, Rule, Standing, Trace, TraceOptions


@dataclass(frozen=True, slots=True)
class BankState:
    """A bank at one moment (epoch µs): its books, its holds, and what it knows. `banks` is None where it covers all."""

    moment: int
    profile: Profile
    faults: Faults
    banks: frozenset[str] | None
    book: TransferBook
    play: Play
    holds: HoldBook
    directory: AccountDirectory
    view: HolderView

    @property
    def matcher(self) -> Matcher:
        return Matcher(self.book, self.directory, self.banks, self._visible)

    def follow(self, credits_: Iterable[Credit], rule: Rule) -> Trace:
        """What happened to the credits by now, with what is on hold standing where it is held."""
        options = TraceOptions(until=from_micros(self.moment), covered=self.banks)
        ledger = self.view.ledger
        return trace_with_holds(ledger, starts_of(ledger, credits_, rule), rule, options, self.holds)

    def _visible(self, row: int) -> bool:
        return self.play.is_pending(row) or self.play.is_booked(row, self.moment)


class _Refused(Exception):
    """Inside this module only: the bank does not carry out the order. `followed` is there once the credit was found."""

    def __init__(self, refusal: Refusal, reason: str, transfer: str = "", followed: EnquiryAnswer | None = None) -> None:
        super().__init__(reason)
        self.refusal, self.reason, self.transfer, self.followed = refusal, reason, transfer, followed


def carry_out_hold(state: BankState, order: OrderMessage) -> tuple[OrderAnswer, Hold | None]:
    """Hold what still stands of the claimed units on the ordered account, or say why not."""
    answered_at = from_micros(state.moment)
    try:
        _check_standing_of_order(state, order)
        refs, credits_ = _found(state, order)
        hold, followed, wanted = _try_to_hold(state, order, refs, credits_)
    except _Refused as refused:
        answer = OrderAnswer(
            answered_at, 0, refused.refusal, refused.reason, transfer=refused.transfer, followed=refused.followed
        )
        return answer, None
    reason = (
        "" if hold.amount == wanted else f"{Money(hold.amount, hold.currency)} of {Money(wanted, hold.currency)} could be held"
    )
    answer = OrderAnswer(answered_at, hold.amount, None, reason, transfer=credits_[0].transfer, followed=followed)
    return answer, hold


def _check_standing_of_order(state: BankState, order: OrderMessage) -> None:
    if not order.authority.strip():
        raise _Refused(Refusal.NOT_AUTHORISED, "the order names no authority")
    if order.rule is Rule.POISON:
        raise _Refused(Refusal.NOT_AUTHORISED, "poison is an upper bound and never the ground of a hold")
    if to_micros(order.until) <= state.moment:
        raise _Refused(Refusal.NOT_AUTHORISED, "the order had run out before the bank could act")


def _found(state: BankState, order: OrderMessage) -> tuple[list[AccountRef], tuple[Credit, ...]]:
    """The accounts and the credits that the order means."""
    named = order.account or (order.payment.payee_account if order.payment else "")
    refs = state.directory.find(named, state.banks)
    if not refs:
        raise _Refused(Refusal.NO_SUCH_ACCOUNT, f"no account {named} here")
    if order.credits:
        for credit in order.credits:
            if not state.view.ledger.has_transfer(credit.transfer):
                raise _Refused(Refusal.NO_SUCH_TRANSFER, f"no transfer {credit.transfer} here", credit.transfer)
        return refs, order.credits
    assert order.payment is not None
    match = state.matcher.credit(order.payment)
    if match.row is None:
        raise _Refused(Refusal.NO_SUCH_TRANSFER, match.reason)
    row = state.book.row_dict(match.row)
    if not state.play.is_booked(match.row, state.moment):
        raise _Refused(Refusal.NO_SUCH_TRANSFER, "the payment has not arrived yet", row["id"])
    return [AccountRef(row["creditor"], row["creditor_bank"])], (Credit(row["id"], row["amount"], row["currency"]),)


def _try_to_hold(
    state: BankState, order: OrderMessage, refs: list[AccountRef], credits_: tuple[Credit, ...]
) -> tuple[Hold, EnquiryAnswer, int]:
    """(hold, what happened to the credits, what was wanted)."""
    named = credits_[0].transfer
    try:
        trace = state.follow(credits_, order.rule)
    except (BadInput, NotFound) as error:
        raise _Refused(Refusal.NO_SUCH_TRANSFER, error.message, named) from error
    followed = answer_from_trace(trace, credits_, state.view, from_micros(state.moment))
    if state.faults.refuse_all or state.profile.refuses(order.order_id):
        raise _Refused(Refusal.LEGAL_REVIEW, "with the legal department", named, followed)
    places = [place for place in trace.standing if place.account in refs and place.currency == order.currency]
    if not places:
        raise _Refused(Refusal.NOTHING_STANDS, _why_nothing(trace, refs, order), named, followed)
    hold = max((_hold_on(state, order, credits_, place) for place in places), key=lambda hold: hold.amount)
    if hold.amount <= 0:
        raise _Refused(
            Refusal.NOTHING_STANDS, "what stands is on hold under other orders or no longer available", named, followed
        )
    return hold, followed, order.amount


def _why_nothing(trace: Trace, refs: list[AccountRef], order: OrderMessage) -> str:
    others = sorted({place.currency for place in trace.standing if place.account in refs})
    if others:
        return f"the claimed money on the account is in {', '.join(others)}; the order names {order.currency}"
    return "all of the claimed money has left the account"


def _hold_on(state: BankState, order: OrderMessage, credits_: tuple[Credit, ...], place: Standing) -> Hold:
    """A hold of what is ordered, traced, not yet held and available, whichever is least."""
    account = state.book.accounts[AccountKey(place.account.bank, place.account.number, place.currency)]
    available = state.play.available(account, state.moment, state.holds.held) - order.living_costs
    others = state.holds.active_on(account, state.moment)
    parcels = free_parcels(place.parcels, covered_units(others)) if order.rule.keeps_parcels else []
    traced = units_in(parcels) if order.rule.keeps_parcels else place.amount
    if others and not (order.rule.keeps_parcels and all(hold.rule.keeps_parcels for hold in others)):
        traced = min(traced, _joint(state, order, credits_, others, place) - sum(hold.amount for hold in others))
    least = max(min(order.amount, traced, available), 0)
    amount = least * state.faults.holds_percent // 100
    return Hold(
        order_id=order.order_id,
        bank=state.profile.code,
        ref=place.account,
        currency=place.currency,
        account=account,
        amount=amount,
        placed_at=state.moment,
        until=to_micros(order.until),
        rule=order.rule,
        credits=credits_,
        parcels=first_units(parcels, amount),
    )


def _joint(state: BankState, order: OrderMessage, credits_: tuple[Credit, ...], others: list[Hold], place: Standing) -> int:
    """What stands on the account of all claims that meet there, counted once: the rules without parcels know no units."""
    every = merged_credits(credit for group in (credits_, *(hold.credits for hold in others)) for credit in group)
    trace = state.follow(every, order.rule)
    return sum(other.amount for other in trace.standing if other.account == place.account and other.currency == place.currency)


def carry_out_limit(state: BankState, order: OrderMessage) -> tuple[OrderAnswer, Limit | None]:
    """Put limits on what leaves the ordered account; a restriction without limits lets only living costs leave.

    An order to keep data limits nothing and is merely in force.
    """
    answered_at = from_micros(state.moment)
    refs = state.directory.find(order.account, state.banks)
    if not order.authority.strip() or to_micros(order.until) <= state.moment:
        return OrderAnswer(answered_at, 0, Refusal.NOT_AUTHORISED, "no authority is named, or the order had run out"), None
    if not refs:
        return OrderAnswer(answered_at, 0, Refusal.NO_SUCH_ACCOUNT, f"no account {order.account} here"), None
    limits = order.limits or (Limits(amount_per_day=order.living_costs) if order.kind is OrderKind.RESTRICTION else Limits())
    limit = Limit(
        order_id=order.order_id,
        bank=state.profile.code,
        accounts=tuple(number for ref in refs for _, number in state.book.pockets.get((ref.bank, ref.number), ())),
        placed_at=state.moment,
        until=to_micros(order.until),
        amount_per_day=limits.amount_per_day,
        payees_per_day=limits.payees_per_day,
        cash_per_day=limits.cash_per_day,
        waits=bool(limits.delay_minutes),
    )
    return OrderAnswer(answered_at), limit


def carry_out_recall(state: BankState, order: OrderMessage) -> tuple[OrderAnswer, int | None]:
    """(answer, the row to stop or None)."""
    answered_at = from_micros(state.moment)
    match = _recalled(state, order)
    if match.row is None:
        return OrderAnswer(answered_at, 0, Refusal.NO_SUCH_TRANSFER), None
    row = state.book.row_dict(match.row)
    settled = SettledPayment(
        payee_bank=row["creditor_bank"] or state.profile.code,
        payee_account=row["creditor"],
        amount=row["amount"],
        currency=row["currency"],
        time=from_micros(int(state.book.initiated[match.row])),
    )
    answer = OrderAnswer(answered_at, transfer=row["id"], settled=settled)
    if state.play.is_pending(match.row):
        return replace(answer, amount=row["amount"]), match.row
    if state.play.is_booked(match.row, state.moment):
        settled = replace(settled, time=from_micros(row["time"]))
        return replace(answer, refusal=Refusal.ALREADY_SETTLED, settled=settled), None
    return replace(answer, refusal=Refusal.NO_SUCH_TRANSFER), None


def _recalled(state: BankState, order: OrderMessage) -> Match:
    if not order.credits:
        assert order.payment is not None
        return state.matcher.debit(order.payment)
    row = state.book.rows_by_id.get(order.credits[0].transfer)
    if row is None or int(state.book.initiated[row]) > state.moment:
        return Match(None)
    bank = state.book.row_dict(row)["debtor_bank"]
    return Match(row if state.banks is None or bank in state.banks else None)
