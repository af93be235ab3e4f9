from __future__ import annotations

from accord.capabilities.jobs import Clock, earliest
from accord.capabilities.kinds_of_nodes import CENTRE
from watch import services
from watch.life import State
from watch.models import Watch

TASKS = (
    Clock(
        "watches that have run out",
        services.end_due,
        (earliest(Watch.objects.all, "until", states=(State.RUNNING,)),),
        frozenset({CENTRE}),
    ),
)
