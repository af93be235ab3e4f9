"""What this node does by itself, put together from what each capability declares."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, TypeVar

from django.conf import settings

from accord.capabilities.claims import tasks as claims
from accord.capabilities.controls import tasks as controls
from accord.capabilities.exchange import tasks as exchange
from accord.capabilities.jobs import Clock, Dispatch, Job
from accord.capabilities.orders import tasks as orders
from accord.capabilities.people import tasks as people

_CLOCKS: Final = (*controls.CLOCKS, *exchange.CLOCKS, *orders.CLOCKS, *people.CLOCKS)
_WORK: Final = (*controls.JOBS, *orders.DISPATCHES, *claims.DISPATCHES, *exchange.JOBS, *exchange.DISPATCHES)

_Task = TypeVar("_Task", bound=Clock | Job | Dispatch)


def clocks() -> list[Clock]:
    """The clocks that a node of this kind watches."""
    return _of_this_kind(_CLOCKS)


def work() -> list[Job | Dispatch]:
    """The jobs and dispatches of a node of this kind, in the sequence in which a sweep runs them."""
    return sorted(_of_this_kind(_WORK), key=lambda task: task.rank)


def _of_this_kind(tasks: Iterable[_Task]) -> list[_Task]:
    return [task for task in tasks if settings.ACCORD_AGENCY_KIND in task.kinds]
