"""The worker's part on a bank's node: carry out what is due, end what has run out, unprompted."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

from django.db.models import QuerySet

from accord.capabilities import unit_of_work
from accord.capabilities.controls import core_line
from accord.capabilities.controls.life_cycle import AT_WORK, BEFORE_THE_ACT, Event, State
from accord.capabilities.controls.models import Control, EndReason, ReceivedEnquiry, ReceivedOrder
from accord.capabilities.controls.ports import CoreSystem
from accord.capabilities.controls.services import enquiries, progress
from accord.capabilities.controls.services.outcome import end, expired
from accord.capabilities.delivery import lease_due, next_retry
from accord.capabilities.jobs import Clock, Job, attempts, earliest
from accord.capabilities.kinds_of_nodes import BANK
from accord.capabilities.orders.kinds import FOLLOWS_UP, OrderKind
from accord.core.errors import AccordError

BATCH: Final = 64


def run_due(now: datetime) -> int:
    """One sweep of everything; how many rows it worked on. Ending comes first: nobody is held while orders wait."""
    return end_due(now) + work_due(now)


def end_due(now: datetime) -> int:
    """End what has come to its end, whatever the messages that wait; how many orders were ended."""
    done = expire_waiting(now)
    core = core_line.connected()
    return done if core is None else done + lift_due(now, core) + give_up_late(now, core)


def work_due(now: datetime) -> int:
    """Take the messages on that are due; how many there were. Nothing where this process has no line to the core."""
    core = core_line.connected()
    return 0 if core is None else _work_due(now, core)


def _work_due(now: datetime, core: CoreSystem) -> int:
    orders = lease_due(ReceivedOrder.objects.filter(state__in=AT_WORK), now, BATCH)
    for order in orders:
        progress.work_on_order(order.pk, core)
    questions = lease_due(ReceivedEnquiry.objects.filter(state__in=enquiries.AT_WORK), now, BATCH)
    for question in questions:
        enquiries.work_on_enquiry(question.pk, core)
    return len(orders) + len(questions)


def expire_waiting(now: datetime) -> int:
    """End orders whose time was over before they were carried out. Giving back is never too late."""
    due = _waiting().filter(until__lte=now).values_list("pk", flat=True)[:BATCH]
    return sum(_expire(order_id, now) for order_id in list(due))


@unit_of_work.change
def _expire(order_id: UUID, now: datetime) -> int:
    row = _waiting().select_for_update().filter(pk=order_id, until__lte=now).first()
    if row is None:
        return 0
    expired(row)
    return 1


def give_up_late(now: datetime, core: CoreSystem) -> int:
    """End orders whose time was over while the core was at work on them, or kept us waiting: it may keep nothing under them."""
    late = _executing().filter(until__lte=now)[:BATCH]
    return sum(_give_up(row.pk, core, now) for row in late)


def _give_up(order_id: UUID, core: CoreSystem, now: datetime) -> int:
    try:
        core.lift(order_id)
    except AccordError as error:
        _executing().filter(pk=order_id).update(last_error=error.stored()[:2_000])
        return 0
    return _given_up(order_id, now)


@unit_of_work.change
def _given_up(order_id: UUID, now: datetime) -> int:
    row = _executing().select_for_update().filter(pk=order_id, until__lte=now).first()
    if row is None:
        return 0
    expired(row)
    return 1


def _executing() -> QuerySet[ReceivedOrder]:
    """Orders that put something in force and are with the core."""
    return ReceivedOrder.objects.filter(state=State.EXECUTING).exclude(kind__in=FOLLOWS_UP)


def lift_due(now: datetime, core: CoreSystem) -> int:
    """Lift whatever has come to its end. A core that is away is asked again, soon and until it has lifted."""
    due = list(Control.objects.filter(ended_at=None, lift_next_at__lte=now).order_by("until")[:BATCH])
    prolonging = _being_prolonged(now)
    for control in due:
        if control.pk not in prolonging:
            _lift(control, core, now)
    return len(due) - len(prolonging & {control.pk for control in due})


def _lift(control: Control, core: CoreSystem, now: datetime) -> None:
    try:
        core.lift(control.pk)
    except AccordError as error:
        attempts = control.order.attempts + 1
        ReceivedOrder.objects.filter(pk=control.pk).update(attempts=attempts, last_error=error.stored()[:2_000])
        Control.objects.filter(pk=control.pk).update(lift_next_at=next_retry(now, attempts))
    else:
        _lifted(control.pk, now)


@unit_of_work.change
def _lifted(order_id: UUID, now: datetime) -> None:
    control = Control.objects.select_for_update().filter(pk=order_id, ended_at=None, until__lte=now).first()
    if control is not None:
        end(control, Event.LIFT, EndReason.EXPIRED)


def _being_prolonged(now: datetime) -> set[UUID]:
    """Orders for which the core is just being asked to let them last longer: its word counts, not a guess of ours."""
    renewals = ReceivedOrder.objects.filter(kind=OrderKind.RENEWAL, state=State.EXECUTING, until__gt=now)
    return set(renewals.exclude(next_attempt_at=None).values_list("target", flat=True))


def _in_force() -> QuerySet[Control]:
    return Control.objects.filter(ended_at=None)


def _waiting() -> QuerySet[ReceivedOrder]:
    """Orders that have had no effect yet and run out."""
    return ReceivedOrder.objects.filter(state__in=BEFORE_THE_ACT).exclude(kind=OrderKind.RELEASE)


_AT_A_BANK: Final = frozenset({BANK})

CLOCKS: Final = (
    Clock(
        "ends of controls",
        end_due,
        (earliest(_waiting, "until"), earliest(_executing, "until"), earliest(_in_force, "lift_next_at")),
        _AT_A_BANK,
    ),
)

JOBS: Final = (
    Job(
        "received orders and enquiries",
        work_due,
        (
            *attempts(lambda: ReceivedOrder.objects.filter(state__in=AT_WORK)),
            *attempts(lambda: ReceivedEnquiry.objects.filter(state__in=enquiries.AT_WORK)),
        ),
        _AT_A_BANK,
        rank=10,
    ),
)
