"""Messages to other systems as rows: written with the business change, leased by a worker, tried until answered.

A row that carries a message inherits `Delivery`. Leasing moves `next_attempt_at` past the lease, so a worker that dies
leaves a row that falls due again by itself; receivers are idempotent by the row's id, so trying twice does nothing twice.
"""

from __future__ import annotations

import logging
import random
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Executor, Future, wait
from datetime import datetime, timedelta
from typing import Final, Generic, TypeVar
from uuid import UUID

from django.db import OperationalError, connection, connections, models, transaction
from django.db.models import F, Q, QuerySet

from accord.capabilities.errors import Msg
from accord.core.errors import AccordError, Unavailable
from accord.core.wording import stored

_log = logging.getLogger(__name__)

LEASE: Final = timedelta(seconds=4)
"""A worker that dies leaves its rows to others after this long; one that lives keeps the leases of calls under way."""

_SOONEST: Final = timedelta(milliseconds=100)
CALLS_A_LINE: Final = 4
"""Calls to one institution at once."""

_FIRST_RETRY: Final = timedelta(seconds=5)
_LONGEST_RETRY: Final = timedelta(minutes=15)

NEVER_PUT_OFF_SO_FAR: Final = _LONGEST_RETRY + LEASE
"""No row is ever put off for longer: one that is was put off before the machine's clock was set back, and is due."""


class Delivery(models.Model):
    """Columns of a row that is also a message. `next_attempt_at` is null once nothing more is to be sent or asked.

    Each table of deliveries lists `due_index` among its indexes.
    """

    next_attempt_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveIntegerField(default=0)
    last_error = models.TextField(blank=True, default="")

    class Meta:
        abstract = True


def index_where_known(column: str, name: str) -> models.Index:
    """An index over the few rows in which a moment is known: those that are over and have none take no place in it.

    Whoever asks for the earliest says that it is not null, or the store walks past all that are.
    """
    return models.Index(fields=[column], name=name, condition=Q(**{f"{column}__isnull": False}))


def due_index(name: str) -> models.Index:
    """The index by which deliveries that are due are found."""
    return index_where_known("next_attempt_at", name)


_Row = TypeVar("_Row", bound=Delivery)
_Reply = TypeVar("_Reply")
_Answer = TypeVar("_Answer")


def lease_due(rows: QuerySet[_Row], now: datetime, limit: int) -> list[_Row]:
    """Up to `limit` due rows, oldest first, that no other worker holds; theirs alone until the lease runs out."""
    never = now + NEVER_PUT_OFF_SO_FAR
    due = rows.filter(Q(next_attempt_at__lte=now) | Q(next_attempt_at__gt=never)).order_by("next_attempt_at")
    if not due.exists():
        return []  # looking takes no lock, and most looks find nothing
    with transaction.atomic():
        if connection.features.has_select_for_update_skip_locked:
            due = due.select_for_update(skip_locked=True)
        leased = list(due[:limit])
        if leased:
            rows.model._default_manager.filter(pk__in=[row.pk for row in leased]).update(
                next_attempt_at=now + LEASE, attempts=F("attempts") + 1
            )
    for row in leased:
        row.next_attempt_at = now + LEASE
    return leased


def keep_leases(rows: Iterable[Delivery], now: datetime) -> None:
    """Prolong the leases of rows whose calls are still under way, where nobody else has touched them meanwhile."""
    ending: dict[tuple[type[Delivery], datetime], list[Delivery]] = {}
    for row in rows:
        if row.next_attempt_at is not None and row.next_attempt_at - now < LEASE / 2:
            ending.setdefault((type(row), row.next_attempt_at), []).append(row)
    for (model, lease), group in ending.items():
        mine = model._default_manager.filter(pk__in=[row.pk for row in group], next_attempt_at=lease)
        mine.update(next_attempt_at=now + LEASE)
        for row in group:
            row.next_attempt_at = now + LEASE


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
        return Unavailable(Msg.LINE_FAILED, institution=institution, kind=type(error).__name__)


def _call_alone(institution: str, call: Callable[[], _Reply]) -> _Reply | AccordError:
    """`call_out`, which leaves this thread without a connection to the store.

    A partner is asked through rows of ours, and looking up whose an institution is may read one. Django keeps a connection for
    each thread and mends only those that somebody looks after: one that outlived its call would hold a place at PostgreSQL for
    as long as the thread, and after a restart of the server it would fail for ever.
    """
    try:
        return call_out(institution, call)
    finally:
        for opened in connections.all(initialized_only=True):
            if not opened.in_atomic_block:  # whoever runs calls in his own thread keeps his transaction
                opened.close()


class Courier(Generic[_Row, _Reply]):
    """Calls to other systems under way. A slow line keeps a few threads busy and delays no other line.

    Not thread-safe itself: the worker's thread sends and collects, the executor's threads only call.
    """

    def __init__(self, executor: Executor, institution_of: Callable[[_Row], str]) -> None:
        self._executor = executor
        self._institution_of = institution_of
        self._under_way: dict[Future[_Reply | AccordError], _Row] = {}

    def __len__(self) -> int:
        """How many calls are under way."""
        return len(self._under_way)

    def crowded(self) -> list[str]:
        """Institutions with as many calls under way as one line may have: send them nothing more for now."""
        calls = Counter(self._institution_of(row) for row in self._under_way.values())
        return [institution for institution, number in calls.items() if number >= CALLS_A_LINE]

    def send(self, row: _Row, call: Callable[[], _Reply]) -> None:
        """Make a call in a thread of its own. What `call` opens of the database is closed with it."""
        self._under_way[self._executor.submit(_call_alone, self._institution_of(row), call)] = row

    def rows(self) -> list[_Row]:
        """The rows whose calls are under way."""
        return list(self._under_way.values())

    def calls(self) -> list[Future[_Reply | AccordError]]:
        """The calls under way, for waiting on several couriers' at once."""
        return list(self._under_way)

    def collect(self, wait_seconds: float) -> list[tuple[_Row, _Reply | AccordError]]:
        """Replies that are in, waiting at most so long for those that are not."""
        done, _ = wait(self._under_way, timeout=wait_seconds)
        return [(self._under_way.pop(future), future.result()) for future in done]


def take_together(
    answers: Mapping[UUID, _Answer],
    take: Callable[[Mapping[UUID, _Answer]], None],
    fail: Callable[[UUID, str], None],
) -> None:
    """Apply many answers in one change; where that fails, one by one, so that a bad answer spoils only its own row.

    An answer has passed every check by now. One that still cannot be applied is a mistake of ours: it is logged, the row
    is marked as failed for a person to look at, and the work goes on.
    """
    try:
        take(answers)
    except OperationalError:
        raise
    except Exception:  # noqa: BLE001 - tried again one by one below, where each mistake is told on its own row
        _log.exception("taking over %d answers together failed; taking them over one by one", len(answers))
    else:
        return
    for row_id, answer in answers.items():
        try:
            take({row_id: answer})
        except OperationalError:
            raise
        except Exception as error:  # noqa: BLE001 - one bad answer must not stop all the others for ever
            fail(row_id, stored(Msg.ANSWER_NOT_APPLIED.with_(kind=type(error).__name__)))


def next_retry(now: datetime, attempts: int) -> datetime:
    """When to try again after `attempts` failures: doubling, with jitter of a quarter, at most 15 minutes."""
    wait = min(_FIRST_RETRY * (1 << min(attempts, 10)), _LONGEST_RETRY)
    return now + wait * random.uniform(0.75, 1.0)  # noqa: S311 - spreads load, keeps no secret


def ask_again_at(now: datetime, expected_at: datetime) -> datetime:
    """When to fetch an answer that was promised for `expected_at`: never at once again, never later than in 15 minutes.

    So a receiver that promises nonsense is neither asked without pause nor never again.
    """
    return min(max(expected_at, now + _SOONEST), now + _LONGEST_RETRY)
