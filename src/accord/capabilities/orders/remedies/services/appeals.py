"""Somebody whom an order touches says that it is wrong: received, looked at, decided by somebody who did not order it.

What an appeal grants leaves as a release order, with the regime's release clock; its confirmation closes the appeal
(`appeal_news`). Whoever is a minor, vulnerable or deceived goes a marked path: half the time to decide, and living costs
proposed at once (`care`).
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final
from uuid import UUID

from django.db.models import Q, QuerySet

from accord.capabilities import unit_of_work
from accord.capabilities.orders.audit import AppealAudit
from accord.capabilities.orders.errors import Msg
from accord.capabilities.orders.in_force import in_force, who_ordered
from accord.capabilities.orders.kinds import KEEPS_MONEY, OrderKind
from accord.capabilities.orders.life_cycle import HOLDING, State
from accord.capabilities.orders.models import UNDECIDED, UNRELEASED, Appeal, AppealChannel, AppealDecision, AppealState, Order
from accord.capabilities.orders.notices import LANGUAGES, TOLD_TO_HOLDER
from accord.capabilities.orders.permissions import AppealPermission
from accord.capabilities.orders.ports import AppealMessage, Care
from accord.capabilities.orders.remedies.appeal_cycle import AppealEvent, next_appeal_state
from accord.capabilities.orders.remedies.services.care import mark
from accord.capabilities.orders.rules import rule_of
from accord.capabilities.orders.services.drafting import locked_order
from accord.capabilities.orders.services.following import OPEN, give_back
from accord.capabilities.people.policy import NODE, Actor, require
from accord.capabilities.vocabulary import AuditAction
from accord.core import clock
from accord.core.errors import BadInput, Conflict, NotFound
from accord.core.errors import Msg as CoreMsg
from accord.core.object_ids import parse_code, parse_reference
from accord.core.wording import Messages

if TYPE_CHECKING:
    from accord.capabilities.people.models import User

MOST_STATEMENT: Final = 8_000
MOST_NAME: Final = 150
MOST_REACH: Final = 200


@dataclass(frozen=True, slots=True)
class AppealFacts:
    """What the appellant states. `reach` is how to answer; `language` is Django's code of a language."""

    appellant: str
    statement: str
    reach: str = ""
    language: str = "zh-hans"
    care: str = Care.NONE.value


@unit_of_work.change
def receive_public(reference: str, code: str, facts: AppealFacts) -> Appeal:
    """The holder appeals on the public site, with the order's reference and the code that its bank gave."""
    checked = _checked(facts)
    order = _by_code(reference, code)
    if order is None:
        raise NotFound(Msg.NO_ORDER_FITS)
    return _receive(NODE, order, AppealChannel.PUBLIC, checked, clock.now())


@unit_of_work.change
def receive_from_bank(institution: str, message: AppealMessage) -> Appeal:
    """The holder appealed at its bank. The bank may send it again: it is the same appeal. The clock runs from the bank's."""
    language = message.language.lower()
    facts = AppealFacts(
        appellant=message.appellant,
        statement=message.statement,
        language=language if language in LANGUAGES else "zh-hans",
        care=message.care,
    )
    checked = _checked(facts)
    if message.received_at.tzinfo is None:
        raise BadInput(Msg.TIME_MUST_SAY_IN_WHICH_ZONE, where="received_at")
    order = Order.objects.select_for_update().filter(pk=message.order_id, institution=institution).first()
    if order is None or not _touches_a_holder(order):
        raise NotFound(Msg.NO_SUCH_ORDER_FOR_INSTITUTION)
    received_at = max(order.approved_at or order.drafted_at, min(message.received_at, clock.now()))
    same = order.appeals.filter(channel=AppealChannel.BANK, statement=checked.statement, appellant=checked.appellant)
    before = same.filter(Q(received_at=received_at) | ~Q(state=AppealState.WITHDRAWN)).first()
    if before is not None:
        return before
    return _receive(NODE, order, AppealChannel.BANK, checked, received_at)


@unit_of_work.change
def record(actor: User, order_id: UUID, channel: str, facts: AppealFacts) -> Appeal:
    """An appeal that reached an officer: at the desk, by letter, on the telephone."""
    require(actor, AppealPermission.RECORD)
    if channel not in (AppealChannel.DESK, AppealChannel.BANK):
        raise BadInput(Msg.OFFICER_RECORDS_WHAT_CAME, where="channel")
    checked = _checked(facts)
    order = locked_order(order_id)
    if not _touches_a_holder(order):
        raise Conflict(Msg.NOBODY_TOUCHED_BY_ORDER)
    return _receive(actor, order, AppealChannel(channel), checked, clock.now())


@unit_of_work.change
def begin_review(actor: User, appeal_id: UUID) -> Appeal:
    """Take an appeal on; whoever could not decide it may not review it either. Another reviewer may take it over."""
    require(actor, AppealPermission.DECIDE)
    appeal = _locked(appeal_id)
    _refuse_whoever_ordered(actor, appeal.order)
    appeal.state = next_appeal_state(appeal.state, AppealEvent.BEGIN_REVIEW)
    appeal.reviewer, appeal.review_began_at = actor, clock.now()
    appeal.save(update_fields=["state", "reviewer", "review_began_at"])
    _note(actor, AppealAudit.REVIEW_BEGAN, appeal)
    return appeal


@unit_of_work.change
def withdraw(actor: User, appeal_id: UUID, reason: str) -> Appeal:
    """The appellant takes the appeal back."""
    require(actor, AppealPermission.RECORD)
    appeal = _locked(appeal_id)
    appeal.state = next_appeal_state(appeal.state, AppealEvent.WITHDRAW)
    appeal.reasons, appeal.closed_at = _said(reason, "reason", Msg.SAY_WHO_TOOK_APPEAL_BACK), clock.now()
    appeal.save(update_fields=["state", "reasons", "closed_at"])
    _note(actor, AppealAudit.WITHDRAWN, appeal, reason=appeal.reasons)
    return appeal


@unit_of_work.change
def decide(actor: User, appeal_id: UUID, decision: str, amount: int | None, reasons: str) -> Appeal:
    """Decide an appeal. `amount` (minor units) is what a release in part gives back; the reasons are told to the appellant.

    A release leaves at once and needs no second permission. Where the order is over, nothing is left to release: the finding
    stays on record. Conflict says who may not decide and why.
    """
    check_decision(actor, appeal_id, decision, amount, reasons)
    appeal = _locked(appeal_id)
    now = clock.now()
    appeal.reasons = reasons.strip()
    appeal.decision, appeal.decided_by, appeal.decided_at, appeal.escalated_at = decision, actor, now, None
    standing = in_force(appeal.order)
    if decision == AppealDecision.KEEP:
        _close(appeal, AppealEvent.KEEP, now)
    elif standing is None:
        _close(appeal, AppealEvent.FIND_WRONG, now)
    else:
        appeal.state = next_appeal_state(appeal.state, AppealEvent.GRANT)
        _send_release(actor, appeal, standing, amount)
    appeal.save()
    _note(
        actor,
        AppealAudit.DECIDED,
        appeal,
        decision=decision,
        amount=appeal.release_amount,
        currency=appeal.order.currency,
        reason=appeal.reasons,
    )
    return appeal


@unit_of_work.change
def check_decision(actor: User, appeal_id: UUID, decision: str, amount: int | None, reasons: str) -> None:
    """Raise what `decide` would raise about who decides what, without deciding."""
    require(actor, AppealPermission.DECIDE)
    if decision not in AppealDecision.values:
        raise BadInput(Msg.CHOOSE_DECISION, where="decision")
    _said(reasons, "reasons", Msg.GIVE_REASONS_FOR_APPELLANT)
    appeal = _locked(appeal_id)
    _refuse_whoever_ordered(actor, appeal.order)
    next_appeal_state(appeal.state, AppealEvent.KEEP)  # whatever is decided, it must still be open
    if decision != AppealDecision.RELEASE_PARTLY:
        return
    standing = in_force(appeal.order)
    if standing is None:
        raise Conflict(Msg.ORDER_OVER_NOTHING_KEPT)
    if amount is None or standing.kind not in KEEPS_MONEY:
        raise BadInput(Msg.SAY_HOW_MUCH_RELEASED, where="amount")
    if amount <= 0:
        raise BadInput(CoreMsg.AMOUNT_MUST_BE_MORE_THAN_ZERO, where="amount")
    if standing.state in HOLDING and amount >= standing.held:
        raise BadInput(Msg.ALL_THAT_IS_HELD, where="amount")


@unit_of_work.change
def release_again(actor: User, appeal_id: UUID) -> Appeal:
    """The bank refused what the appeal granted, or never answered: order the release once more, as far as money is kept."""
    require(actor, AppealPermission.DECIDE)
    appeal = _locked(appeal_id)
    standing = in_force(appeal.order)
    if standing is None:
        _close(appeal, AppealEvent.END, clock.now())
    else:
        appeal.state = next_appeal_state(appeal.state, AppealEvent.RELEASE_AGAIN)
        wanted = appeal.release_amount if appeal.decision == AppealDecision.RELEASE_PARTLY else None
        if wanted is not None and wanted >= standing.held:
            wanted = None
        _send_release(actor, appeal, standing, wanted, whole=wanted is None)
    appeal.escalated_at = None
    appeal.save()
    _note(actor, AppealAudit.RELEASE_ORDERED_AGAIN, appeal)
    return appeal


def appeals_overdue(now: datetime) -> int:
    """Tell supervisors, once a clock, of appeals whose decision or release is late; how many were told of."""
    late = Q(state__in=UNDECIDED, due_at__lt=now) | Q(state__in=UNRELEASED, release_due_at__lt=now)
    return sum(_escalate(appeal_id, now) for appeal_id in list(unheard().filter(late).values_list("pk", flat=True)))


def unheard() -> QuerySet[Appeal]:
    """Appeals with a running clock, without those that were escalated to supervisors."""
    return Appeal.objects.filter(escalated_at=None, state__in=(*UNDECIDED, *UNRELEASED))


@unit_of_work.change
def _escalate(appeal_id: UUID, now: datetime) -> int:
    appeal = unheard().select_for_update(of=("self",)).filter(pk=appeal_id).first()
    if appeal is None or not appeal.is_overdue(now):
        return 0
    appeal.escalated_at = now
    appeal.save(update_fields=["escalated_at"])
    _note(NODE, AppealAudit.OVERDUE, appeal, state=appeal.state, until=clock.to_iso(appeal.clock_due_at or now))
    return 1


def _by_code(reference: str, code: str) -> Order | None:
    """The order that the holder's reference and code name; None for whatever does not fit, without telling what."""
    try:
        canonical, told = parse_reference(reference), parse_code(code)
    except BadInput:
        return None
    order = Order.objects.select_for_update().filter(reference=canonical).first()
    fits = hmac.compare_digest(told, order.holder_code if order else "0000-0000")
    return order if order is not None and fits and _touches_a_holder(order) else None


def _touches_a_holder(order: Order) -> bool:
    """Whether it is an order that somebody may be told of, and that has left or had its effect."""
    never = order.state in (State.DRAFT, State.APPROVED, State.DISCARDED, State.REFUSED)
    return order.kind in TOLD_TO_HOLDER and not never


def _receive(actor: Actor, order: Order, channel: AppealChannel, facts: AppealFacts, received_at: datetime) -> Appeal:
    """Write the appeal down, start its clock and mark the path of whoever needs care. One open appeal an appellant."""
    for earlier in order.appeals.filter(state__in=(*UNDECIDED, *UNRELEASED)):
        if _same_person(earlier.appellant, facts.appellant):
            raise Conflict(Msg.ALREADY_APPEAL_AGAINST_ORDER, name=facts.appellant, appeal=earlier.reference)
    within = rule_of(order).appeal_within
    appeal = Appeal.objects.create(
        order=order,
        channel=channel,
        appellant=facts.appellant,
        reach=facts.reach,
        statement=facts.statement,
        language=facts.language,
        care=facts.care,
        received_at=received_at,
        due_at=received_at + (within / 2 if facts.care else within),
    )
    _note(actor, AppealAudit.RECEIVED, appeal, channel=channel.value, until=clock.to_iso(appeal.due_at))
    if facts.care:
        mark(actor, in_force(order) or order, facts.care)
    return appeal


def _checked(facts: AppealFacts) -> AppealFacts:
    """The facts without blanks around them; BadInput names the field that is wrong."""
    if facts.care not in [care.value for care in Care]:
        raise BadInput(Msg.UNKNOWN_CARE_LEAVE_EMPTY, where="care")
    if facts.language not in LANGUAGES:
        raise BadInput(Msg.LANGUAGE_MUST_BE_ONE, languages=tuple(LANGUAGES), where="language")
    if "\x00" in facts.appellant + facts.statement + facts.reach:
        raise BadInput(Msg.TEXT_CONTAINS_NUL_CHARACTERS, where="statement")
    limits = ((facts.appellant, "appellant", MOST_NAME), (facts.statement, "statement", MOST_STATEMENT))
    for text, name, most in (*limits, (facts.reach, "reach", MOST_REACH)):
        if len(text) > most:
            raise BadInput(CoreMsg.TEXT_TOO_LONG, count=len(text), limit=most, where=name)
    return AppealFacts(
        appellant=_said(facts.appellant, "appellant", Msg.SAY_WHO_APPEALS),
        statement=_said(facts.statement, "statement", Msg.SAY_WHY_ORDER_IS_WRONG),
        reach=facts.reach.strip(),
        language=facts.language,
        care=facts.care,
    )


def _said(text: str, where: str, otherwise: Messages) -> str:
    """Text that must not be blank."""
    if not text.strip():
        raise BadInput(otherwise, where=where)
    return text.strip()


def _same_person(one: str, other: str) -> bool:
    return " ".join(one.casefold().split()) == " ".join(other.casefold().split())


def _locked(appeal_id: UUID) -> Appeal:
    appeal = Appeal.objects.select_for_update(of=("self",)).select_related("order").filter(pk=appeal_id).first()
    if appeal is None:
        raise NotFound(Msg.NO_SUCH_APPEAL)
    return appeal


def _refuse_whoever_ordered(actor: User, order: Order) -> None:
    """Nobody judges their own order: not its drafter, its approver, nor those of its renewals and of what replaced it."""
    for reference in who_ordered(order).get(actor.pk, ())[:1]:
        raise Conflict(Msg.ORDERED_IT_THEMSELVES, officer=actor, order=reference)


def _send_release(actor: User, appeal: Appeal, standing: Order, amount: int | None, *, whole: bool = False) -> None:
    """Order the release that the appeal grants, or wait for one that is under way and gives back as much."""
    in_full = whole or appeal.decision == AppealDecision.RELEASE
    under_way = standing.follow_ups.filter(kind=OrderKind.RELEASE, state__in=OPEN).first()
    if under_way is not None and in_full and (standing.state not in HOLDING or under_way.amount >= standing.held):
        release = under_way
    else:
        release = give_back(actor, standing.pk, appeal.reasons, None if in_full else amount)
    appeal.release, appeal.release_amount = release, release.amount
    appeal.release_due_at = clock.now() + rule_of(standing).release_within


def _close(appeal: Appeal, event: AppealEvent, now: datetime) -> None:
    appeal.state, appeal.closed_at = next_appeal_state(appeal.state, event), now


def _note(actor: Actor, action: AuditAction, appeal: Appeal, **details: object) -> None:
    order = appeal.order
    unit_of_work.record(
        actor,
        action,
        subject=order.subject,
        obj=appeal,
        appeal=appeal.reference,
        order=order.reference,
        **details,
    )
