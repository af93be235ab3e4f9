"""Keeping clocks of several sorts, so that one that cannot be kept stops no other."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

from django.db import InterfaceError, OperationalError


def keep_each(keeps: Iterable[Callable[[datetime], int]], now: datetime) -> int:
    """Act on every sort of clock; how many rows that touched.

    What stands in the way of one sort is raised when the others have been kept. A store that is away stops all at once.
    """
    done, problem = 0, None
    for keep in keeps:
        try:
            done += keep(now)
        except (OperationalError, InterfaceError):
            raise
        except Exception as error:  # noqa: BLE001 - raised below
            problem = problem or error
    if problem is not None:
        raise problem
    return done
