"""Held money goes back to those it was taken from: prepared, announced, objected to, decided, paid, each step on record.

Whoever prepares a return does not decide it. What is decided leaves as return orders, one for each hold and claimant.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final
from uuid import UUID

from accord.capabilities import unit_of_work
from accord.capabilities.orders.audit import ReturnAudit
from accord.capabilities.orders.errors import Msg
from accord.capabilities.orders.kinds import KEEPS_MONEY
from accord.capabilities.orders.life_cycle import HOLDING
from accord.capabilities.orders.models import (
    Claimant,
    ClaimantKind,
    Distribution,
    Objection,
    Order,
    Restitution,
    RestitutionSource,
)
from accord.capabilities.orders.permissions import ReturnPermission
from accord.capabilities.orders.remedies.restitution_cycle import ReturnEvent, next_return_state
from accord.capabilities.orders.remedies.returns import amount_free, claim_left, planned_awards
from accord.capabilities.orders.services.drafting import locked_order
from accord.capabilities.people.policy import require
from accord.capabilities.vocabulary import AuditAction
from accord.core import clock
from accord.core.errors import BadInput, Conflict, NotFound
from accord.core.errors import Msg as CoreMsg
from accord.core.money import Money
from accord.core.wording import Messages

if TYPE_CHECKING:
    from accord.capabilities.people.models import User

MOST_DAYS: Final = 365
MOST_NAME: Final = 150


@dataclass(frozen=True, slots=True)
class ClaimantFacts:
    """Somebody who is to get a part. `claim` is what it stands on; `claimed` and `stated` are minor units.

    `ground` is the document that shows it: for a bank, that it has reimbursed the victim.
    """

    kind: str
    name: str
    claimed: int
    pay_institution: str
    pay_account: str
    claim: UUID | None = None
    ground: str = ""
    stated: int = 0


@unit_of_work.change
def prepare(actor: User, sources: Sequence[tuple[UUID, int]], distribution: str, ground: str = "") -> Restitution:
    """Begin a return of money that holds keep: (order, minor units of it). All in one currency, all still held.

    `ground` is the reference of the court's decision or agreement where the awards are stated.
    """
    require(actor, ReturnPermission.PREPARE)
    if distribution not in Distribution.values:
        raise BadInput(Msg.UNKNOWN_DISTRIBUTION, known=tuple(Distribution.values), where="distribution")
    if distribution == Distribution.STATED and not ground.strip():
        raise BadInput(Msg.GIVE_REFERENCE_DECISION_AGREEMENT_STATES_AMOUNTS, where="ground")
    if not sources:
        raise BadInput(Msg.CHOOSE_AT_LEAST_ONE_HOLD, where="sources")
    if len({order_id for order_id, _ in sources}) < len(sources):
        raise BadInput(Msg.NAME_EACH_HOLD_ONCE, where="sources")
    orders = [(_held_order(order_id), amount) for order_id, amount in sources]
    if len({order.currency for order, _ in orders}) > 1:
        raise BadInput(Msg.HOLDS_IN_SEVERAL_CURRENCIES, where="sources")
    for order, amount in orders:
        _check_source(order, amount)
    restitution = Restitution.objects.create(
        currency=orders[0][0].currency,
        distribution=distribution,
        stated_ground=ground.strip(),
        prepared_by=actor,
        prepared_at=clock.now(),
    )
    RestitutionSource.objects.bulk_create(
        RestitutionSource(restitution=restitution, order=order, amount=amount) for order, amount in orders
    )
    total = sum(amount for _, amount in orders)
    _note(actor, ReturnAudit.PREPARED, restitution, amount=total, distribution=distribution, rows=len(orders))
    return restitution


def _held_order(order_id: UUID) -> Order:
    order = locked_order(order_id)
    if order.kind not in KEEPS_MONEY or order.state not in HOLDING:
        raise Conflict(Msg.KEEPS_NO_MONEY_NOW, order=order.reference)
    return order


def _check_source(order: Order, amount: int) -> None:
    free = amount_free(order)
    if not 0 < amount <= free:
        raise BadInput(Msg.AT_MOST_CAN_BE_RETURNED, order=order.reference, amount=Money(free, order.currency), where="amount")


@unit_of_work.change
def add_claimant(actor: User, restitution_id: UUID, facts: ClaimantFacts) -> Claimant:
    """Name somebody who is to get a part. A bank that has reimbursed a victim steps into the victim's place, with a document.

    All who stand on one claim together claim no more than the victim lost and has not got back.
    """
    require(actor, ReturnPermission.PREPARE)
    restitution = _locked(restitution_id)
    restitution.state = next_return_state(restitution.state, ReturnEvent.CHANGE)
    _check_claimant(restitution, facts)
    claimant = Claimant.objects.create(
        restitution=restitution,
        claim_id=facts.claim,
        kind=facts.kind,
        name=facts.name.strip(),
        claimed=facts.claimed,
        awarded=facts.stated,
        pay_institution=facts.pay_institution.strip(),
        pay_account=facts.pay_account.strip(),
        ground=facts.ground.strip(),
    )
    _note(actor, ReturnAudit.CLAIMANT_ADDED, restitution, claimant=claimant.name, amount=claimant.claimed, type=claimant.kind)
    return claimant


def _check_claimant(restitution: Restitution, facts: ClaimantFacts) -> None:
    if facts.kind not in ClaimantKind.values:
        raise BadInput(Msg.UNKNOWN_CLAIMANT_KIND, known=tuple(ClaimantKind.values), where="kind")
    lengths = (
        (facts.name, Msg.CLAIMANT_NAME, MOST_NAME),
        (facts.pay_institution, Msg.CLAIMANT_BANK, 64),
        (facts.pay_account, Msg.CLAIMANT_ACCOUNT, 128),
    )
    for text, what, most in lengths:
        if not text.strip() or len(text.strip()) > most:
            raise BadInput(Msg.GIVE_FACT_OF_CLAIMANT, what=what, most=most, where=what.template)
    if facts.kind == ClaimantKind.BANK and (facts.claim is None or not facts.ground.strip()):
        raise BadInput(Msg.BANK_REIMBURSED_NEEDS_VICTIM_CLAIM_DOCUMENT, where="ground")
    if facts.kind == ClaimantKind.OTHER and not facts.ground.strip():
        raise BadInput(Msg.SAY_WHAT_CLAIM_SOMEBODY_ELSE, where="ground")
    if facts.kind == ClaimantKind.VICTIM and facts.claim is None:
        raise BadInput(Msg.NAME_VICTIM_CLAIM, where="claim")
    if facts.claimed <= 0:
        raise BadInput(CoreMsg.AMOUNT_MUST_BE_MORE_THAN_ZERO, where="claimed")
    if not 0 <= facts.stated <= facts.claimed:
        raise BadInput(Msg.WHAT_STATED_FOR_CLAIMANT_LIES_BETWEEN, where="stated")
    if facts.claim is not None:
        left = claim_left(restitution, facts.claim)
        if left is None and not facts.ground.strip():
            raise BadInput(Msg.CLAIM_IN_ANOTHER_CURRENCY, where="ground")
        if left is not None and facts.claimed > left:
            raise BadInput(Msg.ON_CLAIM_AT_MOST_MORE_CAN, amount=Money(max(0, left), restitution.currency), where="claimed")


@unit_of_work.change
def remove_claimant(actor: User, claimant_id: int, reason: str) -> None:
    """Take a claimant out again, while the return is being prepared."""
    require(actor, ReturnPermission.PREPARE)
    claimant = _claimant(claimant_id)
    restitution = _locked(claimant.restitution_id)
    restitution.state = next_return_state(restitution.state, ReturnEvent.CHANGE)
    said = _said(reason, "reason", Msg.SAY_WHY_CLAIMANT_IS_TAKEN_OUT)
    claimant.delete()
    _note(actor, ReturnAudit.CLAIMANT_REMOVED, restitution, claimant=claimant.name, reason=said)


@unit_of_work.change
def give_notice(actor: User, restitution_id: UUID, text: str, days: int) -> Restitution:
    """Tell the holders and all who might claim what is intended, and until when they can object."""
    require(actor, ReturnPermission.PREPARE)
    restitution = _locked(restitution_id)
    restitution.state = next_return_state(restitution.state, ReturnEvent.GIVE_NOTICE)
    if not 1 <= days <= MOST_DAYS:
        raise BadInput(Msg.GIVE_BETWEEN_1_DAYS_FOR_OBJECTIONS, days=MOST_DAYS, where="days")
    if not planned_awards(restitution):
        raise Conflict(Msg.NOBODY_WOULD_GET_ANYTHING_NAME)
    now = clock.now()
    restitution.notice = _said(text, "text", Msg.WRITE_WHAT_IS_INTENDED)
    restitution.noticed_at, restitution.objections_until = now, now + timedelta(days=days)
    restitution.save(update_fields=["state", "notice", "noticed_at", "objections_until"])
    _note(actor, ReturnAudit.ANNOUNCED, restitution, until=clock.to_iso(restitution.objections_until))
    return restitution


@unit_of_work.change
def take_objection(actor: User, restitution_id: UUID, by: str, statement: str) -> Objection:
    """Write down what a holder, a claimant or anyone else has against a return; also a late one, until it is decided."""
    require(actor, ReturnPermission.PREPARE)
    restitution = _locked(restitution_id)
    restitution.state = next_return_state(restitution.state, ReturnEvent.OBJECT)
    objection = Objection.objects.create(
        restitution=restitution,
        by=_said(by, "by", Msg.SAY_WHO_OBJECTS)[:MOST_NAME],
        statement=_said(statement, "statement", Msg.SAY_WHAT_IS_OBJECTED),
        received_at=clock.now(),
    )
    _note(actor, ReturnAudit.OBJECTION_RECEIVED, restitution, by=objection.by)
    return objection


@unit_of_work.change
def answer_objection(actor: User, objection_id: int, *, upheld: bool, answer: str) -> Objection:
    """Answer an objection, as somebody who did not prepare the return. One that is upheld sends it back to be prepared anew."""
    require(actor, ReturnPermission.DECIDE)
    objection = Objection.objects.select_for_update().filter(pk=objection_id).first()
    if objection is None:
        raise NotFound(Msg.NO_SUCH_OBJECTION)
    if objection.upheld is not None:
        raise Conflict(Msg.OBJECTION_ALREADY_ANSWERED)
    restitution = _locked(objection.restitution_id)
    refuse_the_preparer(actor, restitution)
    event = ReturnEvent.UPHOLD_OBJECTION if upheld else ReturnEvent.REJECT_OBJECTION
    restitution.state = next_return_state(restitution.state, event)
    restitution.save(update_fields=["state"])
    objection.upheld, objection.answer = upheld, _said(answer, "answer", Msg.GIVE_ANSWER_IN_PLAIN_WORDS)
    objection.answered_by, objection.answered_at = actor.username, clock.now()
    objection.save()
    _note(
        actor,
        ReturnAudit.OBJECTION_UPHELD if upheld else ReturnAudit.OBJECTION_REJECTED,
        restitution,
        by=objection.by,
        reason=objection.answer,
    )
    return objection


@unit_of_work.change
def abandon(actor: User, restitution_id: UUID, reason: str) -> Restitution:
    """Give a return up before it is decided; the money stays held as before."""
    require(actor, ReturnPermission.PREPARE)
    restitution = _locked(restitution_id)
    restitution.state = next_return_state(restitution.state, ReturnEvent.ABANDON)
    restitution.reasons = _said(reason, "reason", Msg.SAY_WHY_RETURN_IS_GIVEN_UP)
    restitution.closed_at = clock.now()
    restitution.save(update_fields=["state", "reasons", "closed_at"])
    _note(actor, ReturnAudit.ABANDONED, restitution, reason=restitution.reasons)
    return restitution


def refuse_the_preparer(actor: User, restitution: Restitution) -> None:
    """Nobody decides on a return that they prepared."""
    if restitution.prepared_by_id == actor.pk:
        raise Conflict(Msg.PREPARED_SOMEBODY_ELSE, officer=actor, restitution=restitution.reference)


def locked_restitution(restitution_id: UUID) -> Restitution:
    """The row, locked until the end of the change; NotFound where there is none."""
    restitution = Restitution.objects.select_for_update().filter(pk=restitution_id).first()
    if restitution is None:
        raise NotFound(Msg.NO_SUCH_RETURN)
    return restitution


_locked = locked_restitution


def _claimant(claimant_id: int) -> Claimant:
    claimant = Claimant.objects.select_for_update().filter(pk=claimant_id).first()
    if claimant is None:
        raise NotFound(Msg.NO_SUCH_CLAIMANT)
    return claimant


def _said(text: str, where: str, otherwise: Messages) -> str:
    """Text that must not be blank."""
    if not text.strip():
        raise BadInput(otherwise, where=where)
    return text.strip()


def _note(actor: User, action: AuditAction, restitution: Restitution, **details: object) -> None:
    """On record beside the first hold's claim, so that its history tells of the return."""
    first = restitution.sources.select_related("order").order_by("id").first()
    subject = first.order.claim_id if first else None
    currency = {"currency": restitution.currency} if "amount" in details else {}
    unit_of_work.record(
        actor, action, subject=subject, obj=restitution, restitution=restitution.reference, **details, **currency
    )
