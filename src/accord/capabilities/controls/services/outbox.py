"""Answers that were promised, for whoever pushes them to the sender's webhook. The sender may fetch them in any case."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from accord.capabilities import unit_of_work
from accord.capabilities.controls.audit import BankAudit
from accord.capabilities.controls.models import Agreement, AnswerToPush, ReceivedEnquiry, ReceivedOrder
from accord.capabilities.delivery import next_retry
from accord.capabilities.people.policy import NODE
from accord.core import clock


def keep_promise(row: ReceivedOrder | ReceivedEnquiry, about: str, body: Any) -> None:
    """Write down that an answer is to be pushed, where it was promised and the sender has a webhook. Inside a change."""
    if row.acknowledged_at is None:
        return
    webhook = Agreement.objects.filter(sender=row.sender, ended_at=None).values_list("webhook", flat=True).first()
    if not webhook:
        return
    now = clock.now()
    AnswerToPush.objects.create(
        sender=row.sender, webhook=webhook, about=about, message_id=row.pk, body=body, created_at=now, next_attempt_at=now
    )


def answers_to_push() -> QuerySet[AnswerToPush]:
    """Answers that no webhook has taken yet; `lease_due` gives those that are due."""
    rows: QuerySet[AnswerToPush] = AnswerToPush.objects.filter(delivered_at=None)
    return rows


@unit_of_work.change
def pushed(row_id: UUID) -> None:
    """The sender's webhook has taken an answer."""
    row = AnswerToPush.objects.select_for_update().get(pk=row_id)
    if row.delivered_at is None:
        row.delivered_at, row.next_attempt_at, row.last_error = clock.now(), None, ""
        row.save(update_fields=["delivered_at", "next_attempt_at", "last_error"])
        unit_of_work.record(NODE, BankAudit.ANSWER_PUSHED, subject=row.message_id, obj=row, sender=row.sender)


def push_failed(row: AnswerToPush, error: str) -> None:
    """Try again later, at growing intervals."""
    AnswerToPush.objects.filter(pk=row.pk, delivered_at=None).update(
        next_attempt_at=next_retry(clock.now(), row.attempts), last_error=error[:2_000]
    )
