"""What this node does by itself, put together from what each capability declares."""

from __future__ import annotations

from django.conf import settings

from accord.capabilities.jobs import Clock, Dispatch, Job, Task
from accord.capabilities.plugin import declared


def clocks() -> list[Clock]:
    """The clocks that a node of this kind watches."""
    return [task for task in _declared() if isinstance(task, Clock)]


def work() -> list[Job | Dispatch]:
    """The jobs and dispatches of a node of this kind, in the sequence in which a sweep runs them."""
    return sorted((task for task in _declared() if not isinstance(task, Clock)), key=lambda task: task.rank)


def _declared() -> list[Task]:
    """Those of this kind of node, of later capabilities first."""
    kind = settings.ACCORD_AGENCY_KIND
    declarations = [declaration for _, declaration in declared()]
    return [task for declaration in reversed(declarations) for task in declaration.tasks if kind in task.kinds]
