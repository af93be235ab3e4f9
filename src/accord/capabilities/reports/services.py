"""Taking a report, completing it, and handing the desk over. Every change is audited in the same transaction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final
from uuid import UUID

from django.utils import timezone

from accord.capabilities import unit_of_work
from accord.capabilities.people.policy import require
from accord.capabilities.reports.audit import ReportAudit, ShiftAudit
from accord.capabilities.reports.errors import Msg
from accord.capabilities.reports.life_cycle import LIFE, ReportEvent
from accord.capabilities.reports.models import IdentifierState, Report, ReportIdentifier, ReportState, Shift, StatementLine
from accord.capabilities.reports.permissions import ReportPermission, ShiftPermission
from accord.capabilities.transitions import transition
from accord.capabilities.vocabulary import AuditAction
from accord.core import clock
from accord.core.errors import BadInput, Conflict, NotFound
from accord.core.errors import Msg as CoreMsg
from accord.core.identifiers import normalise_account_number
from accord.core.money import MAX_MINOR, Money
from accord.engine.text import Mention, extract

if TYPE_CHECKING:
    from accord.capabilities.people.models import User

CALL_BACK_AFTER: Final = timedelta(hours=1)
LOCK_FOR: Final = timedelta(minutes=10)
DUPLICATE_WINDOW: Final = timedelta(hours=24)
MAX_NARRATIVE: Final = 10_000_000
"""Characters. Longer texts belong in the evidence room, not in a call's narrative."""


@dataclass(frozen=True, slots=True)
class CallFacts:
    """The six things a duty officer learns first; `payee_account` may be an alias, `payee_bank` is often unknown."""

    callback_number: str
    payer_bank: str
    payee_account: str
    amount: Money
    about_when: datetime
    still_pending: bool
    payee_bank: str = ""
    payer_account: str = ""
    still_talking: bool | None = None
    remote_control: bool | None = None
    more_planned: bool | None = None
    language: str = "zh-hans"


@unit_of_work.change
def take_report(actor: User, facts: CallFacts) -> Report:
    """Write down a call. A second call about the same payment is joined to the first as its duplicate."""
    require(actor, ReportPermission.TAKE)
    now = clock.now()
    _check(facts, now)
    report = Report(
        created_at=now,
        taken_by=actor,
        callback_number=facts.callback_number.strip(),
        payer_bank=facts.payer_bank.strip(),
        payer_account=_account(facts.payer_account),
        payee_bank=facts.payee_bank.strip(),
        payee_account=_account(facts.payee_account),
        amount=facts.amount.minor,
        currency=facts.amount.currency,
        about_when=facts.about_when,
        still_pending=facts.still_pending,
        still_talking=facts.still_talking,
        remote_control=facts.remote_control,
        more_planned=facts.more_planned,
        language=facts.language,
        call_back_due=now + CALL_BACK_AFTER,
        locked_by=actor,
        locked_until=now + LOCK_FOR,
    )
    _check_fits(report)
    report.duplicate_of = _same_payment(report)
    if report.duplicate_of is not None:
        report.state = LIFE.next(report.state, ReportEvent.JOIN)
    report.save(force_insert=True)
    unit_of_work.record(actor, ReportAudit.TAKEN, subject=report.pk, obj=report, amount=report.amount, currency=report.currency)
    return report


def _account(text: str) -> str:
    return normalise_account_number(text) if text.strip() else ""


def _check(facts: CallFacts, now: datetime) -> None:
    for name, value in (
        (Msg.CALLBACK_NUMBER, facts.callback_number),
        (Msg.PAYING_BANK, facts.payer_bank),
        (Msg.PAYEE_ACCOUNT, facts.payee_account),
    ):
        if not value.strip():
            raise BadInput(Msg.FACT_MISSING, what=name, where=name.template)
    if facts.amount.minor <= 0:
        raise BadInput(CoreMsg.AMOUNT_MUST_BE_MORE_THAN_ZERO, where="amount")
    if facts.amount.minor > MAX_MINOR:
        raise BadInput(Msg.AMOUNT_LARGER_THAN_ANY_AMOUNT_ACCEPTED, where="amount")
    if facts.about_when > now + timedelta(minutes=5):
        raise BadInput(Msg.PAYMENT_LIES_IN_FUTURE, where="about when")


def _check_fits(report: Report) -> None:
    """Texts that no column could keep, said before a store says it in its own words."""
    for field in report._meta.concrete_fields:
        value = getattr(report, field.attname)
        if not isinstance(value, str):
            continue
        name = str(field.verbose_name)
        if field.max_length is not None and len(value) > field.max_length:
            raise BadInput(CoreMsg.CHARACTERS_TOO_MANY, count=len(value), most=field.max_length, where=name)
        if "\x00" in value:
            raise BadInput(Msg.CONTAINS_NUL_CHARACTERS, where=name)


def _same_payment(report: Report) -> Report | None:
    """An earlier open report of the same payment: same payer bank, payee, amount and nearly the same time."""
    return (
        Report.objects.select_for_update()
        .filter(
            state=ReportState.OPEN,
            payer_bank=report.payer_bank,
            payee_account=report.payee_account,
            amount=report.amount,
            currency=report.currency,
            callback_number=report.callback_number,
            about_when__gte=report.about_when - DUPLICATE_WINDOW,
            about_when__lte=report.about_when + DUPLICATE_WINDOW,
        )
        .order_by("created_at")
        .first()
    )


def add_narrative(actor: User, report_id: UUID, narrative: str) -> list[ReportIdentifier]:
    """Store the victim's account and propose the identifiers and amounts in it; what a person decided before stays."""
    require(actor, ReportPermission.TAKE)
    if len(narrative) > MAX_NARRATIVE:
        raise BadInput(Msg.NARRATIVE_TOO_LONG, count=len(narrative), limit=MAX_NARRATIVE)
    if "\x00" in narrative:
        raise BadInput(Msg.NARRATIVE_CONTAINS_NUL_CHARACTERS)
    report = Report.objects.filter(pk=report_id).first()
    if report is None:
        raise NotFound(Msg.NO_SUCH_REPORT)
    return _keep_narrative(actor, report_id, narrative, extract(narrative, currency=report.currency).mentions)


@unit_of_work.change
def _keep_narrative(actor: User, report_id: UUID, narrative: str, mentions: Sequence[Mention]) -> list[ReportIdentifier]:
    """Apart from the reading of the text, which may take seconds and locks nobody out."""
    report = _locked(actor, report_id)
    report.narrative = narrative
    report.save(update_fields=["narrative"])
    decided = set(report.identifiers.exclude(state=IdentifierState.PROPOSED).values_list("type", "canonical"))
    report.identifiers.filter(state=IdentifierState.PROPOSED).delete()
    seen: set[tuple[str, str]] = set(decided)
    proposed = []
    for mention in mentions:
        key = (str(mention.type), mention.canonical)
        if key in seen:
            continue
        seen.add(key)
        proposed.append(
            ReportIdentifier(
                report=report,
                type=key[0],
                raw=mention.raw,
                canonical=mention.canonical,
                start=mention.span[0],
                end=mention.span[1],
                confidence=round(mention.confidence * 100),
            )
        )
    ReportIdentifier.objects.bulk_create(proposed)
    unit_of_work.record(
        actor, ReportAudit.NARRATIVE_ADDED, subject=report.pk, obj=report, characters=len(narrative), proposed=len(proposed)
    )
    return proposed


@unit_of_work.change
def decide_identifier(actor: User, report_id: UUID, identifier_id: int, state: IdentifierState) -> ReportIdentifier:
    """Confirm or reject a proposed identifier; may be changed again later."""
    require(actor, ReportPermission.TAKE)
    identifier = ReportIdentifier.objects.select_for_update().filter(pk=identifier_id, report_id=report_id).first()
    if identifier is None:
        raise NotFound(Msg.NO_SUCH_IDENTIFIER_ON_REPORT)
    identifier.state, identifier.decided_by = state, actor
    identifier.save(update_fields=["state", "decided_by"])
    unit_of_work.record(actor, ReportAudit.of_identifier(state), subject=report_id, obj=identifier, type=identifier.type)
    return identifier


@unit_of_work.change
def add_statement(actor: User, report_id: UUID, lines: Iterable[StatementLine]) -> int:
    """Keep the rows of the victim's own statement, replacing an earlier upload; how many there are."""
    require(actor, ReportPermission.TAKE)
    report = _locked(actor, report_id)
    report.statement_lines.all().delete()
    rows = list(lines)
    for row in rows:
        row.report = report
    StatementLine.objects.bulk_create(rows, batch_size=500)
    unit_of_work.record(actor, ReportAudit.STATEMENT_ADDED, subject=report.pk, obj=report, rows=len(rows))
    return len(rows)


@unit_of_work.change
def lock(actor: User, report_id: UUID) -> Report:
    """Take or renew the officer lock; Conflict names the officer who has it."""
    require(actor, ReportPermission.TAKE)
    report = _locked(actor, report_id)
    report.locked_by, report.locked_until = actor, clock.now() + LOCK_FOR
    report.save(update_fields=["locked_by", "locked_until"])
    return report


@unit_of_work.change
def unlock(actor: User, report_id: UUID) -> None:
    """Give the lock back; a supervisor may take it from an officer who has left."""
    require(actor, ReportPermission.TAKE)
    report = _get(report_id)
    if report.locked_by_id not in (None, actor.pk) and not actor.role == "supervisor":
        raise Conflict(Msg.WORKING_ON, officer=report.locked_by, report=report)
    report.locked_by = report.locked_until = None
    report.save(update_fields=["locked_by", "locked_until"])
    unit_of_work.record(actor, ReportAudit.UNLOCKED, subject=report.pk, obj=report)


@unit_of_work.change
def called_back(actor: User, report_id: UUID, note: str = "") -> Report:
    """The victim was called back; the call-back clock stops."""
    require(actor, ReportPermission.TAKE)
    report = _get(report_id)
    report.called_back_at, report.call_back_due = clock.now(), None
    report.save(update_fields=["called_back_at", "call_back_due"])
    unit_of_work.record(actor, ReportAudit.CALLED_BACK, subject=report.pk, obj=report, note=note)
    return report


@unit_of_work.change
def close_report(actor: User, report_id: UUID, reason: str) -> Report:
    """End the work on a report, with the reason on record; reopening is open to anyone who may take reports."""
    require(actor, ReportPermission.TAKE)
    if not reason.strip():
        raise BadInput(Msg.SAY_WHY_REPORT_CLOSED, where="reason")
    return _set_state(actor, report_id, ReportEvent.CLOSE, ReportAudit.CLOSED, reason)


def reopen_report(actor: User, report_id: UUID, reason: str) -> Report:
    """Undo a closing, or separate a report that was joined to another by mistake."""
    require(actor, ReportPermission.TAKE)
    if not reason.strip():
        raise BadInput(Msg.SAY_WHY_REPORT_REOPENED, where="reason")
    return _set_state(actor, report_id, ReportEvent.REOPEN, ReportAudit.REOPENED, reason)


@unit_of_work.change
def _set_state(actor: User, report_id: UUID, event: ReportEvent, action: AuditAction, reason: str) -> Report:
    report = _get(report_id)
    if not LIFE.allows(report.state, event):
        raise Conflict(Msg.REPORT_ALREADY_IN_STATE, report=report.reference, state=ReportState(report.state))
    columns = {"closed_at": clock.now()} if event is ReportEvent.CLOSE else {"closed_at": None, "duplicate_of_id": None}
    transition(LIFE, report, event, actor, action, subject=report.pk, set_=columns, details={"reason": reason})
    return report


def _get(report_id: UUID) -> Report:
    report = Report.objects.select_for_update().filter(pk=report_id).first()
    if report is None:
        raise NotFound(Msg.NO_SUCH_REPORT)
    return report


def _locked(actor: User, report_id: UUID) -> Report:
    """The report, unless another officer is working on it."""
    report = _get(report_id)
    if report.locked_by_id not in (None, actor.pk) and report.locked_until and report.locked_until > clock.now():
        until = f"{timezone.localtime(report.locked_until):%H:%M}"
        raise Conflict(Msg.WORKING_ON_UNTIL, officer=report.locked_by, report=report, time=until)
    return report


@unit_of_work.change
def begin_shift(actor: User) -> Shift:
    """The officer's running shift, begun now if there is none."""
    require(actor, ShiftPermission.HAND_OVER)
    shift = Shift.objects.filter(officer=actor, handed_over_at=None).first()
    return shift or Shift.objects.create(officer=actor, started_at=clock.now())


@unit_of_work.change
def hand_over(actor: User, note: str) -> Shift:
    """End the actor's shift with a note for the next officer."""
    require(actor, ShiftPermission.HAND_OVER)
    shift = begin_shift(actor)
    shift.handed_over_at, shift.note = clock.now(), note
    shift.save(update_fields=["handed_over_at", "note"])
    Report.objects.filter(locked_by=actor).update(locked_by=None, locked_until=None)
    unit_of_work.record(actor, ShiftAudit.HANDED_OVER, subject=None, obj=shift, note=note)
    return shift


@unit_of_work.change
def acknowledge_hand_over(actor: User, shift_id: UUID) -> Shift:
    """The next officer has read the note and takes the desk."""
    require(actor, ShiftPermission.HAND_OVER)
    shift = Shift.objects.select_for_update().filter(pk=shift_id).exclude(handed_over_at=None).first()
    if shift is None:
        raise NotFound(Msg.NO_SUCH_HAND_OVER)
    if shift.acknowledged_at is not None:
        raise Conflict(Msg.ALREADY_TOOK_HAND_OVER, officer=shift.acknowledged_by)
    if shift.officer_id == actor.pk:
        raise Conflict(Msg.ANOTHER_OFFICER_MUST_ACKNOWLEDGE)
    shift.acknowledged_by, shift.acknowledged_at = actor, clock.now()
    shift.save(update_fields=["acknowledged_by", "acknowledged_at"])
    begin_shift(actor)
    unit_of_work.record(actor, ShiftAudit.ACKNOWLEDGED, subject=None, obj=shift)
    return shift
