"""How a received enquiry goes on: checked, laid before a person unless a rule answers it, answered from the bank's ledger."""

from __future__ import annotations

from uuid import UUID

import msgspec

from accord.capabilities import unit_of_work
from accord.capabilities.claims.messages import to_json
from accord.capabilities.claims.ports import Acknowledged, EnquiryRequest, check_answer
from accord.capabilities.controls.audit import InboxEnquiryAudit
from accord.capabilities.controls.checks import Check, Result, to_document
from accord.capabilities.controls.enquiry_cycle import LIFE, EnquiryEvent
from accord.capabilities.controls.errors import Msg
from accord.capabilities.controls.models import ENQUIRY, EnquiryState, ReceivedEnquiry
from accord.capabilities.controls.ports import CoreSystem
from accord.capabilities.controls.services.knowledge import rule_for, terms_with
from accord.capabilities.controls.services.outbox import keep_promise
from accord.capabilities.delivery import LEASE, ask_again_at, next_retry
from accord.capabilities.orders.ports import Refusal
from accord.capabilities.people.policy import NODE, Actor
from accord.core import clock
from accord.core.errors import AccordError, BadInput, NotFound, Unavailable
from accord.core.wording import stored

AT_WORK = (EnquiryState.RECEIVED, EnquiryState.ANSWERING)


def work_on_enquiry(enquiry_id: UUID, core: CoreSystem) -> None:
    """Take an enquiry as far as it goes without a person. What the core cannot say now is asked again later."""
    try:
        row: ReceivedEnquiry = ReceivedEnquiry.objects.get(pk=enquiry_id)
        if row.state == EnquiryState.RECEIVED:
            request = request_of(row)
            _check_and_route(enquiry_id, request, tuple(core.missing_credits(request.credits)))
            row.refresh_from_db()
        if row.state == EnquiryState.ANSWERING:
            _answer(row, core)
    except Unavailable as error:
        row = ReceivedEnquiry.objects.get(pk=enquiry_id)
        ReceivedEnquiry.objects.filter(pk=enquiry_id, state__in=AT_WORK).update(
            next_attempt_at=next_retry(clock.now(), row.attempts), last_error=error.stored()[:2_000]
        )
    except AccordError as error:
        _stop(enquiry_id, error.stored())


def request_of(row: ReceivedEnquiry) -> EnquiryRequest:
    return msgspec.convert(row.message, EnquiryRequest)


def locked_enquiry(enquiry_id: UUID) -> ReceivedEnquiry:
    """The row, locked until the end of the change; NotFound where there is none."""
    row: ReceivedEnquiry | None = ReceivedEnquiry.objects.select_for_update().filter(pk=enquiry_id).first()
    if row is None:
        raise NotFound(Msg.NO_SUCH_ENQUIRY)
    return row


@unit_of_work.change
def _check_and_route(enquiry_id: UUID, request: EnquiryRequest, missing: tuple[str, ...]) -> None:
    row = locked_enquiry(enquiry_id)
    if row.state != EnquiryState.RECEIVED:
        return
    found = _checks(row, request, missing)
    row.checks = to_document(found)
    failed = next((one for one in found if one.result is Result.FAILED), None)
    for_person = any(one.result is Result.PERSON for one in found)
    if failed is not None:
        assert failed.refusal is not None
        refuse_enquiry_row(row, failed.refusal, failed.code.replace("_", " "))
        return
    row.rule = None if for_person else rule_for(row.sender, ENQUIRY, 0, "")
    row.state = LIFE.next(row.state, EnquiryEvent.ASK if row.rule is None else EnquiryEvent.START)
    row.next_attempt_at = None if row.rule is None else clock.now() + LEASE
    row.save()


def _checks(row: ReceivedEnquiry, request: EnquiryRequest, missing: tuple[str, ...]) -> list[Check]:
    terms = terms_with(row.sender)
    if terms is None:
        return [Check("channel", Result.FAILED, "no_agreement", refusal=Refusal.NOT_AUTHORISED)]
    found = [Check("channel", Result.PASSED, "channel_good")]
    named = request.authority.strip()
    if not named:
        found.append(Check("authority", Result.FAILED, "no_authority", refusal=Refusal.NOT_AUTHORISED))
    elif terms.authorities and named not in terms.authorities:
        found.append(Check("authority", Result.PERSON, "authority_unknown", {"authority": named}))
    else:
        found.append(Check("authority", Result.PASSED, "authority_good", {"authority": named}))
    if missing:
        facts = {"transfer": missing[0]}
        found.append(Check("credits", Result.FAILED, "credits_unknown", facts, Refusal.NO_SUCH_TRANSFER))
    else:
        found.append(Check("credits", Result.PASSED, "credits_good", {"count": str(len(request.credits))}))
    return found


def _answer(row: ReceivedEnquiry, core: CoreSystem) -> None:
    request = request_of(row)
    try:
        reply = core.enquire(request)
    except BadInput as error:  # NotFound too: the question contradicts the ledger
        _refused_by_core(row.pk, error)
        return
    if isinstance(reply, Acknowledged):
        again = ask_again_at(clock.now(), reply.expected_at)
        ReceivedEnquiry.objects.filter(pk=row.pk, state=EnquiryState.ANSWERING).update(next_attempt_at=again)
        return
    check_answer(request, reply)
    _take_over(row.pk, to_json(reply))


@unit_of_work.change
def _refused_by_core(enquiry_id: UUID, error: BadInput) -> None:
    row = locked_enquiry(enquiry_id)
    if row.state == EnquiryState.ANSWERING:
        refusal = Refusal.NO_SUCH_TRANSFER if isinstance(error, NotFound) else Refusal.LEGAL_REVIEW
        refuse_enquiry_row(row, refusal, stored(error.said))


@unit_of_work.change
def _take_over(enquiry_id: UUID, answer: object) -> None:
    row = locked_enquiry(enquiry_id)
    if row.state != EnquiryState.ANSWERING:
        return
    row.state, row.answer, row.answered_at = LIFE.next(row.state, EnquiryEvent.ANSWER), answer, clock.now()
    row.next_attempt_at, row.last_error = None, ""
    row.save()
    keep_promise(row, "enquiry", row.answer)
    unit_of_work.record(
        NODE, InboxEnquiryAudit.ANSWERED, subject=row.pk, obj=row, sender=row.sender, automatic="✓" if row.rule_id else ""
    )


def refuse_enquiry_row(row: ReceivedEnquiry, refusal: Refusal, reason: str, actor: Actor = NODE) -> None:
    """The bank does not answer. Inside a change."""
    row.state, row.refusal, row.reason = LIFE.next(row.state, EnquiryEvent.REFUSE), refusal, reason
    row.answered_at, row.next_attempt_at, row.last_error = clock.now(), None, ""
    row.save()
    unit_of_work.record(actor, InboxEnquiryAudit.REFUSED, subject=row.pk, obj=row, refusal=refusal, reason=reason)


@unit_of_work.change
def _stop(enquiry_id: UUID, error: str) -> None:
    """The core's answer cannot be true: nothing more happens until a person looks."""
    row = locked_enquiry(enquiry_id)
    if row.state in AT_WORK:
        row.next_attempt_at, row.last_error = None, error[:2_000]
        row.save(update_fields=["next_attempt_at", "last_error"])
        unit_of_work.record(NODE, InboxEnquiryAudit.STUCK, subject=row.pk, obj=row, error=row.last_error)
