"""Answers to partners' enquiries: told once our own picture of the claim is whole or its clock has come, and told anew
whenever the picture has changed since."""

from __future__ import annotations

import logging
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID, uuid5

import msgspec
from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.db.models import Q

from accord.capabilities import unit_of_work
from accord.capabilities.claims import events
from accord.capabilities.claims import queries as claim_queries
from accord.capabilities.claims import services as claims
from accord.capabilities.claims.picture import Picture
from accord.capabilities.delivery import lease_due, next_retry
from accord.capabilities.exchange.agreements import enforcement, labelling
from accord.capabilities.exchange.agreements import queries as agreements
from accord.capabilities.exchange.agreements.queries import InForce
from accord.capabilities.exchange.agreements.terms import OnwardRule
from accord.capabilities.exchange.audit import ForeignEnquiryAudit
from accord.capabilities.exchange.channel.services import sending
from accord.capabilities.exchange.crossborder import disclosure, probing, referrals
from accord.capabilities.exchange.crossborder.disclosure import Told
from accord.capabilities.exchange.crossborder.errors import Msg
from accord.capabilities.exchange.crossborder.probing import Standing
from accord.capabilities.exchange.errors import Refused
from accord.capabilities.exchange.kinds import MessageKind, Outcome
from accord.capabilities.exchange.messages import EnquiryAnswerBody, WireCredit, WireLeg
from accord.capabilities.exchange.models import ForeignEnquiry, Incoming
from accord.capabilities.exchange.partners.services.raising import raise_alarm
from accord.capabilities.people.policy import NODE
from accord.core import clock
from accord.core.canonical import content_hash
from accord.core.errors import stored_text
from accord.core.labels import Label
from accord.core.wording import Wording, stored

_log = logging.getLogger(__name__)

BATCH: Final = 64

ANSWERED_AT_ONCE: Final = 16
"""Enquiries that are answered in one change: long enough to leave together, short enough to keep nobody waiting."""

PATIENCE: Final = timedelta(seconds=10)
"""Money moves on meanwhile: after so long the partner is told what is known, with the rest as open."""

NEWS_EVERY: Final = timedelta(seconds=1)
"""Changes that come within this time are told together."""


@events.changed_for_others.connect
def claims_changed(claim_ids: Collection[UUID]) -> None:
    """What partners were told of these claims may have changed; whoever waits for a first answer comes at once."""
    now = clock.now()
    asked = ForeignEnquiry.objects.filter(claim__in=claim_ids).exclude(outcome=Outcome.REFUSED)
    soon = now + NEWS_EVERY
    asked.filter(version=0).update(next_attempt_at=now)
    asked.filter(version__gt=0).filter(Q(next_attempt_at=None) | Q(next_attempt_at__gt=soon)).update(next_attempt_at=soon)


def answer_due(now: datetime) -> int:
    """Answer the partners' enquiries that are due; how many were looked at. One that cannot be answered stops no other."""
    due = lease_due(ForeignEnquiry.objects.exclude(claim=None), now, BATCH)
    if not due:
        return 0
    waiting = claim_queries.with_answers_to_come([row.claim_id for row in due if row.version == 0 and row.claim_id])
    ready: list[ForeignEnquiry] = []
    for row in due:
        look = _answer_by(row)
        if row.version == 0 and row.claim_id in waiting and look > now:
            # a change since the lease has made it due again and is not undone
            ForeignEnquiry.objects.filter(pk=row.pk, next_attempt_at=row.next_attempt_at).update(next_attempt_at=look)
        else:
            ready.append(row)
    for first in range(0, len(ready), ANSWERED_AT_ONCE):
        together = ready[first : first + ANSWERED_AT_ONCE]
        if not _answered(together, now):
            for row in together:
                _answered([row], now)
    return len(due)


def _answered(rows: Sequence[ForeignEnquiry], now: datetime) -> bool:
    """Answer enquiries in one change; False where that fails. One that fails by itself is logged and tried again later."""
    try:
        _answer_all([row.pk for row in rows])
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:  # noqa: BLE001 - whatever is wrong with one enquiry, the others are answered
        if len(rows) > 1:
            _log.warning("%d enquiries could not be answered together; answering them one by one", len(rows), exc_info=True)
            return False
        _log.exception("the enquiry %s of %s could not be answered", rows[0].pk, rows[0].partner_id)
        again = next_retry(now, rows[0].attempts)
        ForeignEnquiry.objects.filter(pk=rows[0].pk).update(next_attempt_at=again, last_error=stored_text(error)[:2_000])
    return True


@unit_of_work.change
def _answer_all(enquiry_ids: Sequence[UUID]) -> None:
    with agreements.read_once():
        for enquiry_id in enquiry_ids:
            _answer(enquiry_id)


def _answer_by(row: ForeignEnquiry) -> datetime:
    """When to answer with what is known, if the picture is not whole before."""
    return min(row.received_at + PATIENCE, row.answer_due_at)


@unit_of_work.change
def _answer(enquiry_id: UUID) -> None:
    rows = ForeignEnquiry.objects.select_for_update(of=("self",)).select_related("partner")
    row = rows.filter(pk=enquiry_id).exclude(claim=None).exclude(outcome=Outcome.REFUSED).first()
    if row is None or row.claim_id is None:
        return
    now = clock.now()
    agreement = agreements.by_hash(row.partner_id, row.agreement)
    picture = claim_queries.picture(NODE, row.claim_id)
    if row.version == 0 and picture.answers_to_come and _answer_by(row) > now:
        _look_again(row, _answer_by(row))
        return
    told = _told(row, agreement, picture, now)
    if told is None:
        return
    mark = content_hash(msgspec.to_builtins(told))
    if mark != row.told:
        row.version, row.told, row.answered_at = row.version + 1, mark, now
        row.outcome = Outcome.ANSWERED if told.is_whole else Outcome.PARTLY
    _look_again(row, None)
    if row.answered_at == now:
        _send(row, agreement, told, picture)


def tell_again(row: ForeignEnquiry) -> None:
    """The partner asks once more for what it was told already."""
    if row.outcome == Outcome.REFUSED:
        refuse(row, row.refusal, Msg.REFUSED_BEFORE.with_())
    elif row.version:
        row.told, row.next_attempt_at = "", clock.now()
        row.save(update_fields=["told", "next_attempt_at"])


def _look_again(row: ForeignEnquiry, at: datetime | None) -> None:
    row.next_attempt_at, row.attempts, row.last_error = at, 0, ""
    row.save()


def _told(row: ForeignEnquiry, agreement: InForce, picture: Picture, now: datetime) -> Told | None:
    """What may be told, or None where the enquiry was refused instead."""
    verdict = probing.judge(row.partner_id, msgspec.convert(row.credits, tuple[WireCredit, ...]), picture, now)
    if verdict.standing is Standing.NOT_YET:
        return disclosure.nothing_yet(picture, row.answer_due_at)
    if verdict.standing is Standing.MAY_BE_TOLD:
        return disclosure.tell(picture, agreement.terms)
    if verdict.standing is Standing.PROBING:
        raise_alarm(row.partner_id, "probing", Msg.ASKED_ABOUT_OTHERS_TRANSFER.with_(transfer=verdict.transfer))
    assert row.claim_id is not None
    claims.close_foreign_claim(row.claim_id, verdict.standing.value)
    refuse(row, "probing", probing.REFUSAL.with_())
    return None


def _send(row: ForeignEnquiry, agreement: InForce, told: Told, picture: Picture) -> None:
    """Queue the answer. Where what other centres told us may not be passed on, it says that the money left to them."""
    assert row.claim_id is not None
    try:
        with unit_of_work.part():
            _queue(row, _body(row, told), _label(row, agreement, picture))
    except Refused as refused:
        if not picture.stated_by_partners:
            _keep_unsaid(row, refused)
            return
        told = disclosure.tell(claim_queries.picture(NODE, row.claim_id, of_partners=False), agreement.terms)
        try:
            with unit_of_work.part():
                _queue(row, _body(row, told), None)
        except Refused as again:
            _keep_unsaid(row, again)
            return
    unit_of_work.record(
        NODE,
        ForeignEnquiryAudit.ANSWERED,
        subject=row.claim_id,
        obj=row,
        partner=row.partner_id,
        version=row.version,
        standing=len(told.standing),
        onward=len(told.onward),
        exits=len(told.exits),
    )


def _body(row: ForeignEnquiry, told: Told) -> EnquiryAnswerBody:
    return EnquiryAnswerBody(
        enquiry_id=row.pk,
        version=row.version,
        outcome=Outcome(row.outcome),
        answered_at=row.answered_at or clock.now(),
        flows=told.flows,
        standing=told.standing,
        onward=tuple(_vouched_for(leg, row.partner_id) for leg in told.onward),
        exits=told.exits,
        open=told.open,
        absorbed=told.absorbed,
    )


def _keep_unsaid(row: ForeignEnquiry, refused: Refused) -> None:
    """Our own agreement lets not even that pass: nothing is told, and the row keeps why."""
    _log.warning("the answer to enquiry %s of %s does not pass: %s", row.pk, row.partner_id, refused)
    row.last_error = refused.stored()
    row.save(update_fields=["last_error"])


def _vouched_for(leg: WireLeg, asker: str) -> WireLeg:
    if leg.jurisdiction in ("", asker):
        return leg
    word = referrals.write(leg.jurisdiction, asker, leg.transfer, leg.amount, leg.currency, leg.intervals)
    return msgspec.structs.replace(leg, referral=word)


def _label(row: ForeignEnquiry, agreement: InForce, picture: Picture) -> Label:
    """The agreement's own, joined with those of what other centres told us. Whoever the question comes from may be told in
    turn, where the agreement lets things go on to others at all."""
    own, partner = settings.ACCORD_AGENCY, row.partner_id
    asked_by: frozenset[str] = frozenset()
    if agreement.terms.onward is not OnwardRule.NEVER:
        asked_by = labelling.originators(labelling.from_json(row.label)) - {own, partner}
    heard = Incoming.objects.filter(about__in=picture.stated_by_partners, kind=MessageKind.ENQUIRY_ANSWER).exclude(label=None)
    others = [labelling.from_json(label) for label in heard.values_list("label", flat=True)]
    if not others:
        return enforcement.default_label(agreement, own, tuple(sorted(asked_by)))
    return labelling.derive(enforcement.default_label(agreement, own, tuple(sorted({*asked_by, partner}))), *others)


@unit_of_work.change
def refuse(row: ForeignEnquiry, clause: str, reason: Wording | str) -> None:
    """Answer that nothing is told, and why."""
    row.outcome, row.refusal, row.answered_at, row.next_attempt_at = Outcome.REFUSED, clause[:40], clock.now(), None
    row.waits_for_officer, row.version = False, row.version + 1
    row.save(force_insert=row._state.adding)
    body = EnquiryAnswerBody(
        enquiry_id=row.pk,
        version=row.version,
        outcome=Outcome.REFUSED,
        clause=clause,
        reason=str(reason),
        answered_at=row.answered_at,
    )
    try:
        with unit_of_work.part():
            _queue(row, body, None)
    except Refused as refused:
        _keep_unsaid(row, refused)
    kept = reason if isinstance(reason, str) else stored(reason)
    unit_of_work.record(
        NODE, ForeignEnquiryAudit.REFUSED, subject=row.claim_id, obj=row, partner=row.partner_id, clause=clause, reason=kept
    )


def _queue(row: ForeignEnquiry, body: EnquiryAnswerBody, label: Label | None) -> None:
    sending.queue(
        row.partner_id,
        MessageKind.ENQUIRY_ANSWER,
        body,
        about=row.pk,
        in_reply_to=row.message,
        label=label,
        message_id=uuid5(row.pk, f"answer {row.version}"),
    )
