"""Holds of our own that a partner asks for: on what we traced for it, or on a payment that it names before any trace."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final
from uuid import UUID, uuid5

from django.conf import settings

from accord.capabilities.claims import queries as claim_queries
from accord.capabilities.claims import services as claims
from accord.capabilities.claims.ports import Credit
from accord.capabilities.exchange.agreements import queries as agreements
from accord.capabilities.exchange.agreements.standing_authority import confirm_within
from accord.capabilities.exchange.agreements.terms import AccountDetail, Informs, Party
from accord.capabilities.exchange.crossborder.errors import Msg
from accord.capabilities.exchange.crossborder.services.orders import foreign_answers as answers
from accord.capabilities.exchange.errors import Parked
from accord.capabilities.exchange.messages import OrderBody, WireCredit, WirePayment, WireSettled
from accord.capabilities.exchange.models import ForeignEnquiry, ForeignOrder, ForeignOrderState, Incoming
from accord.capabilities.exchange.partners import queries as partner_queries
from accord.capabilities.exchange.partners.partner_time import by_our_clock
from accord.capabilities.orders import services as orders
from accord.capabilities.orders.kinds import OrderKind
from accord.capabilities.orders.life_cycle import State
from accord.capabilities.orders.ports import PaymentFacts, Refusal
from accord.capabilities.orders.regime import current_regime
from accord.capabilities.orders.services.requests import LONGEST_DELAY
from accord.core import clock
from accord.core.errors import Conflict
from accord.core.money import Money
from accord.engine.tracing.model import Rule

if TYPE_CHECKING:
    from accord.capabilities.claims.models import PlanItem
    from accord.capabilities.claims.ports import TransferLeg
    from accord.capabilities.claims.services.shares import Place
    from accord.capabilities.orders.models import Order
    from accord.capabilities.people.models import User

WAITS_FOR_BANKS: Final = timedelta(minutes=10)
"""How long an order waits by itself for our banks to say where the money is."""

HOLD_AT_ONCE: Final = "hold"
"""The plan's action at a place where nobody is asked first: not a joint, salary, merchant or pooled account."""

_BANK_TOTAL, _TOTAL = "bank:", "total:"
"""How a place of our answers begins that is a total of several accounts."""


def place_alone(foreign: ForeignOrder, body: OrderBody, party: Party) -> bool:
    """Order at once what the partner asks for, under our standing authority; False where a person must look first."""
    kind = current_regime().plan_order if _is_traced(foreign, body) else current_regime().first_order
    foreign.automatic, foreign.confirm_by = True, clock.now() + confirm_within(party, kind)
    if _place(foreign, body, None, party.standing_authority):
        return True
    foreign.automatic, foreign.confirm_by = False, None
    return False


def place_decided(foreign: ForeignOrder, body: OrderBody, actor: User) -> None:
    """Order what an officer has let through. Where our regime asks for two people, our orders wait for the second."""
    if body.kind == OrderKind.FREEZE and body.replaces is not None and _take_over(foreign, body.replaces):
        return
    _place(foreign, body, actor, "")


def ends_by(foreign: ForeignOrder, body: OrderBody) -> datetime:
    """Until when the partner asked for it, by our clock; none of our orders lasts longer."""
    return by_our_clock(foreign.partner, body.until)


def _place(foreign: ForeignOrder, body: OrderBody, actor: User | None, standing: str) -> bool:
    if traced := _is_traced(foreign, body):
        return hold_traced(foreign, body, traced, actor, standing)
    if body.payment is None:
        answers.refuse(foreign, Refusal.NOTHING_STANDS, Msg.NOTHING_TRACED.with_())
        return True
    return hold_payment(foreign, body, body.payment, actor, standing)


def _is_traced(foreign: ForeignOrder, body: OrderBody) -> list[UUID]:
    """The claims in which the order's credits were traced here for this partner and case."""
    named = {credit.transfer for credit in body.credits}
    asked = ForeignEnquiry.objects.filter(partner=foreign.partner_id, case=foreign.case, rule=body.rule).exclude(claim=None)
    rows = asked.order_by("received_at", "pk").values_list("claim", "credits")
    return list(dict.fromkeys(claim for claim, credits_ in rows if named & {credit["transfer"] for credit in credits_}))


def hold_traced(foreign: ForeignOrder, body: OrderBody, traced: Sequence[UUID], actor: User | None, standing: str) -> bool:
    """Approve lines of the plans of the partner's claims at the place that it names, the most urgent first."""
    institution, account = _where(body)
    lines = claims.open_hold_lines(traced, body.currency, institution, account)
    if not lines and claim_queries.with_answers_to_come(traced):
        _wait_for_banks(foreign, actor)
        return False  # a person looks when a bank stays silent
    if actor is None:
        alone = [line for line in lines if line.action == HOLD_AT_ONCE]
        if lines and not alone:
            return False
        lines = alone
    else:
        _hold_all(lines, actor, foreign)
    foreign.claim_id = lines[0].claim_id if lines else traced[0]
    placed = orders.hold_lines(actor, lines, body.amount, _ids_of(foreign), _terms(foreign, body, standing))
    if not placed:
        answers.refuse(foreign, Refusal.NOTHING_STANDS, Msg.ON_HOLD_OR_GONE.with_())
        return True
    _note(foreign, placed)
    return True


def _wait_for_banks(foreign: ForeignOrder, actor: User | None) -> None:
    """A centre that was restored hears the question and the order again at once: our banks must answer the one before the other
    can be carried out. A partner otherwise orders only what it was answered. Parked, or Conflict for an officer, says so."""
    waits = Msg.BANKS_HAVE_NOT_ANSWERED
    if actor is not None:
        raise Conflict(Msg.DECIDE_WHEN_ANSWERED, why=waits)
    if Incoming.objects.filter(pk=foreign.message, received_at__gt=clock.now() - WAITS_FOR_BANKS).exists():
        raise Parked(waits)


def _hold_all(lines: Sequence[PlanItem], actor: User, foreign: ForeignOrder) -> None:
    """The officer's decision also covers accounts of which the plan says: ask first."""
    for line in lines:
        if line.action != HOLD_AT_ONCE:
            claims.hold_line(actor, line, foreign.reason)


def _where(body: OrderBody) -> tuple[str, str]:
    """(institution, account) of the place that the order names as our answers do; "" for any."""
    if body.account.startswith(_TOTAL):
        return "", ""
    if body.account.startswith(_BANK_TOTAL):
        return body.account.removeprefix(_BANK_TOTAL).rpartition(":")[0], ""
    return "" if body.institution == settings.ACCORD_AGENCY else body.institution, body.account


def _ids_of(foreign: ForeignOrder) -> Callable[[Place], UUID]:
    """Names our orders by the partner's order and the place, so that after a restore the banks know them again."""
    times: Counter[Place] = Counter()

    def id_of(place: Place) -> UUID:
        times[place] += 1
        again = f"/{times[place]}" if times[place] > 1 else ""
        return uuid5(foreign.pk, "/".join(place) + again)

    return id_of


def hold_payment(foreign: ForeignOrder, body: OrderBody, payment: WirePayment, actor: User | None, standing: str) -> bool:
    """A first order: our bank finds the payment by its facts, and our own claim starts there.

    A payment that does not come from the partner's country is refused in the words of one that cannot be found: what moves
    between our own banks is not for the partner to probe.
    """
    if partner_queries.partner_of(payment.payer_bank) != foreign.partner_id:
        answers.refuse(foreign, Refusal.NO_SUCH_TRANSFER, "")
        return True
    bank, account = _receiver(body, payment)
    if not bank or partner_queries.partner_of(bank):
        answers.refuse(foreign, Refusal.NO_SUCH_ACCOUNT, Msg.NO_ACCOUNTS_IN_JURISDICTION.with_(bank=bank or "nobody"))
        return True
    claim = claims.open_foreign_claim(foreign.partner_id, Money(body.amount, body.currency), Rule(body.rule))
    foreign.claim_id = claim.pk
    place = (bank, account, body.currency)
    order = orders.first_hold_for(
        actor,
        _ids_of(foreign)(place),
        claim.pk,
        PaymentFacts(
            payer_bank=payment.payer_bank,
            payer_account=payment.payer_account,
            payee_account=account,
            payee_bank=bank,
            amount=body.amount,
            currency=payment.currency,
            about_when=payment.about_when,  # by the victim, not by a clock of the partner
        ),
        [_bare(credit) for credit in body.credits],
        _terms(foreign, body, standing),
    )
    _note(foreign, [order])
    return True


def _receiver(body: OrderBody, payment: WirePayment) -> tuple[str, str]:
    """Our bank and the account that a payment reached: as the payer's bank has named them since, else as the victim did."""
    named = body.institution if body.institution != settings.ACCORD_AGENCY else ""
    return named or payment.payee_bank, body.account or payment.payee_account


def _bare(credit: WireCredit) -> Credit:
    return Credit(credit.transfer, credit.amount, credit.currency, credit.intervals)


def _terms(foreign: ForeignOrder, body: OrderBody, standing: str) -> orders.PartnerTerms:
    """What our order says: on whose request, until when at most, and who tells the holder."""
    informs = agreements.by_hash(foreign.partner_id, foreign.agreement).terms.informs_holder
    tell_from: datetime | None = clock.now() + LONGEST_DELAY  # the requester tells the holder, or has yet to say that we may
    if informs is Informs.RECEIVER:
        tell_from = None  # as our own regime says
    elif informs is Informs.NOBODY_YET and body.tell_from is not None:
        tell_from = by_our_clock(foreign.partner, body.tell_from)
    return orders.PartnerTerms(
        grounds=f"{foreign.partner.name}, {body.reference}: {body.grounds or body.offence}",
        ends_by=ends_by(foreign, body),
        tell_from=tell_from,
        delay_reason=f"the agreement with {foreign.partner.name} says who informs the holder",
        standing=standing,
    )


def _note(foreign: ForeignOrder, placed: Sequence[Order]) -> None:
    foreign.state, foreign.next_attempt_at = ForeignOrderState.ORDERED, clock.now()
    foreign.save()
    answers.add_parts(foreign, [order.pk for order in placed])
    if any(order.state == State.DRAFT for order in placed):
        answers.tell_waiting(foreign, answers.FOR_SECOND_OFFICER)


def _take_over(foreign: ForeignOrder, replaced_id: UUID) -> bool:
    """A freeze of the partner over money that is held here already: our holds stand for it from now on, while they last."""
    replaced = ForeignOrder.objects.filter(pk=replaced_id, partner=foreign.partner_id, state=ForeignOrderState.ANSWERED).first()
    if replaced is None or not (own := answers.live_orders(replaced)):
        return False
    foreign.claim_id = replaced.claim_id
    _note(foreign, own)
    replaced.state, replaced.next_attempt_at, replaced.confirm_by = ForeignOrderState.ENDED, None, None
    replaced.save(update_fields=["state", "next_attempt_at", "confirm_by"])
    return True


def found_payment(foreign: ForeignOrder, body: OrderBody, own: Sequence[Order]) -> TransferLeg | None:
    """The payment that a first order was about, as our bank told of it; None where it was not found, or not told yet."""
    found = next((order for order in own if order.transfer), None)
    if body.payment is None or found is None or foreign.claim_id is None:
        return None
    return claim_queries.leg_of(foreign.claim_id, found.transfer)


def is_of_partner(foreign: ForeignOrder, leg: TransferLeg) -> bool:
    """Whether a payment came from the partner's own institutions; what came from elsewhere is not for it to ask about."""
    return partner_queries.partner_of(leg.debtor_bank) == foreign.partner_id


def settled_of(foreign: ForeignOrder, leg: TransferLeg) -> WireSettled:
    """How a payment arrived, its place named as precisely as our answers under this agreement name places."""
    arrived = leg.counter_amount is not None and leg.counter_currency is not None
    currency = leg.counter_currency if arrived and leg.counter_currency else leg.currency
    detail = agreements.by_hash(foreign.partner_id, foreign.agreement).terms.account_detail
    bank, place = {
        AccountDetail.ACCOUNT: (leg.creditor_bank, leg.creditor),
        AccountDetail.BANK: (leg.creditor_bank, f"{_BANK_TOTAL}{leg.creditor_bank}:{currency}"),
        AccountDetail.TOTAL: ("", f"{_TOTAL}{currency}"),
    }[detail]
    return WireSettled(amount=leg.amount, currency=leg.currency, time=leg.time, bank=bank, place=place)


def give_up(own: Sequence[Order], why: str, standing: str) -> None:
    """Give back what was ordered here and should not have been. Call inside a change."""
    for order in own:
        orders.let_go(order.pk, why, standing)
