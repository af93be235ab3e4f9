"""How what people leaves behind is removed when its time is over."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from axes.models import AccessAttempt
from django.contrib.sessions.models import Session
from django.db.models import Q

from accord.capabilities import unit_of_work
from accord.capabilities.people.errors import Msg
from accord.capabilities.people.models import ReadEntry, ReadHead, ServiceToken, UserSession
from accord.capabilities.people.policy import NODE
from accord.capabilities.people.queries.audit import READS, READS_REMOVED, first_broken, start_of
from accord.capabilities.people.services.sessions import LONGEST, end_worn_out_sessions
from accord.capabilities.plugin import CarryOut
from accord.core import clock
from accord.core.errors import Corrupt


def remove_sessions(_before: datetime, dry_run: bool) -> int:
    """Sessions go by the machine's clock, on which they ended."""

    now = clock.machine_now()
    expired = Session.objects.filter(expire_date__lt=now)
    if dry_run:
        return expired.count() + UserSession.objects.filter(started_at__lte=now - LONGEST).count()
    return end_worn_out_sessions() + expired.delete()[0]


def remove_failed_sign_ins(before: datetime, dry_run: bool) -> int:
    old = AccessAttempt.objects.filter(attempt_time__lt=before)
    return int(old.count() if dry_run else old.delete()[0])


def remove_tokens(before: datetime, dry_run: bool) -> int:
    old = ServiceToken.objects.filter(Q(revoked_at__lt=before) | Q(expires_at__lt=before))
    return old.count() if dry_run else old.delete()[0]


def remove_reads(before: datetime, dry_run: bool) -> int:
    """The oldest part of the chain of reads. Where it ends is written into the chain of changes, so that the rest can still be
    checked. Corrupt where the chain does not hold: then it is evidence, and stays.
    """
    kept = ReadEntry.objects.filter(at__gte=before).order_by("seq").first()
    last = (kept.seq - 1) if kept else _last_seq()
    old = ReadEntry.objects.filter(seq__lte=last)
    if dry_run or not old.exists():
        return old.count()
    if (broken := first_broken(READS)) is not None:
        raise Corrupt(Msg.CHAIN_READS_BROKEN_AT_ENTRY, broken=broken)
    end = old.order_by("-seq").first()
    assert end is not None
    head = ReadHead.objects.get(pk=1)
    unit_of_work.record(
        NODE, READS_REMOVED, subject=None, obj=head, upto=end.seq, link=end.link, rows=end.seq - start_of(READS)[0]
    )
    return old.delete()[0]


def _last_seq() -> int:
    last = ReadEntry.objects.order_by("-seq").first()
    return last.seq if last else 0


RETENTION: Final[dict[str, CarryOut]] = {
    "sessions": remove_sessions,
    "failed_sign_ins": remove_failed_sign_ins,
    "tokens": remove_tokens,
    "reads": remove_reads,
}
