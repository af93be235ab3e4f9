"""Messages to other systems as rows: written with the business change, leased by a worker, tried until answered.

A row that carries a message inherits `Delivery`. Leasing moves `next_attempt_at` past the lease, so a worker that dies
leaves a row that falls due again by itself; receivers are idempotent by the row's id, so trying twice does nothing twice.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final, TypeVar

from django.db import connection, models, transaction
from django.db.models import F, QuerySet

from accord.core.errors import AccordError, Unavailable

_log = logging.getLogger(__name__)

LEASE: Final = timedelta(seconds=60)
_FIRST_RETRY: Final = timedelta(seconds=5)
_LONGEST_RETRY: Final = timedelta(minutes=15)


class Delivery(models.Model):
    """Columns of a row that is also a message. `next_attempt_at` is null once nothing more is to be sent or asked."""

    next_attempt_at = models.DateTimeField(null=True, blank=True, db_index=True)
    attempts = models.PositiveIntegerField(default=0)
    last_error = models.TextField(blank=True, default="")

    class Meta:
        abstract = True


_Row = TypeVar("_Row", bound=Delivery)
_Reply = TypeVar("_Reply")


def lease_due(rows: QuerySet[_Row], now: datetime, limit: int) -> list[_Row]:
    """Up to `limit` due rows, oldest first, that no other worker holds; theirs alone until the lease runs out."""
    with transaction.atomic():
        due = rows.filter(next_attempt_at__lte=now).order_by("next_attempt_at")
        if connection.features.has_select_for_update_skip_locked:
            due = due.select_for_update(skip_locked=True)
        leased = list(due[:limit])
        if leased:
            rows.model._default_manager.filter(pk__in=[row.pk for row in leased]).update(
                next_attempt_at=now + LEASE, attempts=F("attempts") + 1
            )
    return leased


def call_out(institution: str, call: Callable[[], _Reply]) -> _Reply | AccordError:
    """What the outside world replies, or the error that kept the reply from us.

    A mistake in one adapter counts as a line that is down: it is logged, shown on the row, and stops no other line.
    """
    try:
        return call()
    except AccordError as error:
        return error
    except Exception as error:  # noqa: BLE001 - whatever an adapter does wrong, the other lines go on
        _log.exception("the line to %s failed in a way that it does not announce", institution)
        return Unavailable(f"the line to {institution} failed ({type(error).__name__}); the node's log says more")


def next_retry(now: datetime, attempts: int) -> datetime:
    """When to try again after `attempts` failures: doubling, with jitter of a quarter, at most 15 minutes."""
    wait = min(_FIRST_RETRY * (1 << min(attempts, 10)), _LONGEST_RETRY)
    return now + wait * random.uniform(0.75, 1.0)  # noqa: S311 - spreads load, keeps no secret
