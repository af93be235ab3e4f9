"""Says which tasks have something due, and looks into the store only where something was written since the last look.

Whether something was written costs a few microseconds on SQLite: `PRAGMA data_version` counts what other connections commit,
`total_changes` what this one writes. On PostgreSQL it is one statement: the snapshot changes with every transaction that ends.
Where nothing was, what the last look found still holds, and only time makes it due. A look is one statement for all tasks
together, compiled once from their querysets.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, Final, Generic, TypeVar

from django.db import connection

from accord.capabilities.delivery import NEVER_PUT_OFF_SO_FAR
from accord.capabilities.jobs import Clock, Dispatch, Job, Look, Reading

TRY_AGAIN: Final = timedelta(seconds=1)
"""When a task that found nothing to do, though a row of it is due, is run again where nothing was written meanwhile."""

_AT_ONCE: Final = datetime.min.replace(tzinfo=UTC)

_Task = TypeVar("_Task", bound=Clock | Job | Dispatch)


def store_mark() -> object | None:
    """A mark that is equal to an earlier one only where nothing was written since; None where that cannot be known.

    Inside a transaction it cannot: what the transaction itself has written is not in the snapshot of others.
    """
    if connection.in_atomic_block:
        return None
    connection.ensure_connection()
    raw: Any = connection.connection
    if connection.vendor == "sqlite":
        with connection.wrap_database_errors:
            return raw, raw.execute("PRAGMA data_version").fetchone()[0], raw.total_changes
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_snapshot()::text")
        return raw, cursor.fetchone()[0]


class Agenda(Generic[_Task]):
    """What is due of some tasks. For one thread: what was written is known of its connection to the store."""

    def __init__(self, tasks: Sequence[_Task]) -> None:
        self.tasks = tuple(tasks)
        self._questions = _Questions([task.looks for task in self.tasks])
        self._mark: object | None = None
        self._found: list[list[tuple[Look, Any]]] = []
        self._in_vain: dict[str, datetime] = {}

    def due(self, now: datetime) -> list[_Task]:
        """The tasks that have something to do by `now`, in the sequence in which they are listed."""
        self._look_if_written()
        return [
            task
            for task, found in zip(self.tasks, self._found, strict=True)
            if (moment := _moment(found, now)) is not None and moment <= now and not self._was_in_vain(task, now)
        ]

    def next_due(self, now: datetime) -> datetime | None:
        """When the next task falls due, in the past where one is; None where nothing waits.

        What lingers past its moment does not count: no worker could do anything about it.
        """
        self._look_if_written()
        moments = [
            moment
            for task, found in zip(self.tasks, self._found, strict=True)
            if (moment := _moment(found, now)) is not None and (moment > now or not _lingering(task))
        ]
        return min((now if moment == _AT_ONCE else moment for moment in moments), default=None)

    def in_vain(self, task: _Task, now: datetime) -> None:
        """A task was run and found nothing to do: it waits until something is written, or a moment. What lingers waits on."""
        self._in_vain[task.name] = now

    def anew(self) -> None:
        """Something has changed that stands in no row, such as a call that came back: run again what was run in vain."""
        self._in_vain.clear()

    def _was_in_vain(self, task: _Task, now: datetime) -> bool:
        tried = self._in_vain.get(task.name)
        return tried is not None and abs(now - tried) < (_lingering(task) or TRY_AGAIN)

    def _look_if_written(self) -> None:
        mark = store_mark()  # before the look: what is written between the two is looked for again
        if mark is None or mark != self._mark:
            self._found = self._questions.ask()
            self._mark = mark
            # a run of what lingers may itself be what was written
            lingering = {task.name for task in self.tasks if _lingering(task)}
            self._in_vain = {name: tried for name, tried in self._in_vain.items() if name in lingering}


def _lingering(task: Clock | Job | Dispatch) -> timedelta | None:
    return task.lingers if isinstance(task, Clock) else None


def next_due(tasks: Sequence[Clock | Job | Dispatch], now: datetime) -> datetime | None:
    """When the next of these tasks falls due; None where nothing waits. One statement."""
    return Agenda(tasks).next_due(now)


class _Questions:
    """The looks of several tasks as one statement."""

    def __init__(self, looks: Sequence[tuple[Look, ...]]) -> None:
        self._looks = tuple(looks)

    def ask(self) -> list[list[tuple[Look, Any]]]:
        """What the store answers to each look of each task: a moment or None, or for ANY and NONE a key or None."""
        if not any(self._looks):
            return [[] for _ in self._looks]
        sql, parameters = _statement(self._looks, connection.vendor)
        with connection.cursor() as cursor:
            cursor.execute(sql, parameters)
            values = iter(cursor.fetchone())
        return [[(look, _read(look, next(values))) for look in looks for _ in (look.states or ("",))] for looks in self._looks]


@lru_cache(maxsize=64)
def _statement(looks: tuple[tuple[Look, ...], ...], _vendor: str) -> tuple[str, tuple[Any, ...]]:
    """Compiled once for a kind of store: the looks are those of the declarations, which do not change."""
    parts: list[str] = []
    parameters: list[Any] = []
    for look in (look for task in looks for look in task):
        for state in look.states or (None,):
            sql, values = compiled(look, state)
            parts.append(f"({sql})")
            parameters += values
    return f"SELECT {', '.join(parts)}", tuple(parameters)


def compiled(look: Look, state: str | None) -> tuple[str, tuple[Any, ...]]:
    rows = look.rows() if state is None else look.rows().filter(state=state)
    if look.reading not in (Reading.ANY, Reading.NONE):
        backwards = look.reading in (Reading.LATEST, Reading.PUT_OFF_TOO_FAR)
        # said in these words, the store knows that an index over the rows in which it is known answers
        rows = rows.filter(**{f"{look.column}__isnull": False}).order_by(f"-{look.column}" if backwards else look.column)
    else:
        rows = rows.order_by()
    sql, values = rows.values_list(look.column)[:1].query.get_compiler(connection=connection).as_sql()
    return sql, tuple(values)


def _read(look: Look, value: Any) -> Any:
    """The moment in a column as the store hands it over: SQLite without a zone, in UTC."""
    if value is None or look.reading in (Reading.ANY, Reading.NONE):
        return value
    moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _moment(found: Sequence[tuple[Look, Any]], now: datetime) -> datetime | None:
    """When a task falls due by what its looks found."""
    moments = (_falls_due(look, value, now) for look, value in found)
    return min((moment for moment in moments if moment is not None), default=None)


def _falls_due(look: Look, value: Any, now: datetime) -> datetime | None:
    if look.reading is Reading.NONE:
        return _AT_ONCE if value is None else None
    if value is None:
        return None
    if look.reading is Reading.ANY:
        return _AT_ONCE
    if look.reading is Reading.PUT_OFF_TOO_FAR:
        return _AT_ONCE if value > now + NEVER_PUT_OFF_SO_FAR else None
    moment: datetime = value + look.after
    return moment
