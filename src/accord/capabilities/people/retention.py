"""What is not kept for ever: rules as data, what each removes as a function that its capability declares.

The periods stand in the `retention.toml` of each capability, and a node may set its own in `<home>/retention.toml`. The worker
carries the rules out once a day; each execution is on record with its count. The chain of changes itself is never shortened.
"""

from __future__ import annotations

import logging
import tomllib
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

from django.conf import settings

from accord.capabilities import unit_of_work
from accord.capabilities.people.audit import RecordAudit
from accord.capabilities.people.errors import Msg
from accord.capabilities.people.models import RetentionClock
from accord.capabilities.people.policy import NODE
from accord.capabilities.plugin import CarryOut, declared
from accord.core import clock
from accord.core.errors import AccordError, BadInput
from accord.core.errors import Msg as CoreMsg

_log = logging.getLogger(__name__)

EVERY: Final = timedelta(days=1)
_TRY_AGAIN: Final = timedelta(hours=1)

_FIELDS: Final = {"keep_days": int, "text": str, "source": str, "verified": bool}


@dataclass(frozen=True, slots=True)
class Rule:
    """How long one kind of thing is kept, and on whose word."""

    name: str
    keep: timedelta
    text: str
    source: str
    verified: bool


@dataclass(frozen=True, slots=True)
class Execution:
    """What one rule removed, or would remove; `error` where it could not."""

    rule: Rule
    count: int
    error: str = ""


def rules() -> list[Rule]:
    """Every rule that a capability declares, with the period in force here. BadInput that names what is wrong in a file."""
    stated: dict[str, Any] = {}
    for config, declaration in declared():
        if declaration.retention:
            periods = _read(
                (files(config.name) / "retention.toml").read_text(encoding="utf-8"), f"{config.name}: retention.toml"
            )
            if missing := declaration.retention.keys() - periods.keys():
                raise BadInput(Msg.NO_PERIOD, missing=sorted(missing), where=f"{config.name}: retention.toml")
            stated |= {name: periods[name] for name in declaration.retention}
    own = Path(settings.ACCORD_RETENTION_FILE)
    own_periods = _own_periods(own, stated) if own.exists() else {}
    return [_rule(name, stated[name], own_periods.get(name)) for name in sorted(stated)]


def _carried_out_by(rule: Rule) -> CarryOut:
    return next(declaration.retention[rule.name] for _, declaration in declared() if rule.name in declaration.retention)


def _read(text: str, where: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadInput(CoreMsg.CANNOT_BE_READ_TOML, error=error, where=where) from error


def _own_periods(path: Path, known: dict[str, Any]) -> dict[str, int]:
    stated = _read(path.read_text(encoding="utf-8"), str(path))
    for name, days in stated.items():
        if name not in known:
            raise BadInput(Msg.NO_RULE, name=name, known=sorted(known), where=str(path))
        if type(days) is not int or days < 1:
            raise BadInput(Msg.MUST_BE_NUMBER_DAYS, name=name, example=name, where=str(path))
    return stated


def _rule(name: str, table: dict[str, Any], own_days: int | None) -> Rule:
    for key, kind in _FIELDS.items():
        if type(table.get(key)) is not kind:
            raise BadInput(
                Msg.MUST_BE_OF_TYPE, name=name, key=key, kind=kind.__name__, stated=table.get(key), where="retention.toml"
            )
    days, source = (table["keep_days"], table["source"]) if own_days is None else (own_days, "this node's retention.toml")
    return Rule(name, timedelta(days=days), table["text"], source, table["verified"] and own_days is None)


def run(*, dry_run: bool = False) -> list[Execution]:
    """Carry out every rule, or only count. One that fails removes nothing and holds up no other."""
    return [_attempt(rule, dry_run) for rule in rules()]


def _attempt(rule: Rule, dry_run: bool) -> Execution:
    before = clock.now() - rule.keep
    try:
        count = _carried_out_by(rule)(before, True) if dry_run else _carry_out(rule, before)
    except AccordError as error:
        _log.exception("the retention rule %s was not carried out", rule.name)
        return Execution(rule, 0, str(error))
    return Execution(rule, count)


@unit_of_work.change
def _carry_out(rule: Rule, before: datetime) -> int:
    count = _carried_out_by(rule)(before, False)
    the_clock, _ = RetentionClock.objects.get_or_create(pk=1, defaults={"due_at": clock.now()})
    unit_of_work.record(
        NODE, RecordAudit.RETENTION_CARRIED_OUT, subject=None, obj=the_clock, rule=rule.name, rows=count, days=rule.keep.days
    )
    return count


def run_due(now: datetime) -> int:
    """Carry retention out when its day has come; how many rows that removed. For the worker: costs one read else.

    A new node begins to count on its first day: there is nothing old on it.
    """
    the_clock, _ = RetentionClock.objects.get_or_create(pk=1, defaults={"due_at": now + EVERY})
    if the_clock.due_at > now:
        return 0
    if not _claim(now):
        return 0
    count = sum(execution.count for execution in run())
    RetentionClock.objects.filter(pk=1).update(due_at=now + EVERY)
    return count


@unit_of_work.change
def _claim(now: datetime) -> bool:
    """Whether this worker is the one that carries it out; one that dies meanwhile is followed by another in an hour."""
    the_clock, _ = RetentionClock.objects.get_or_create(pk=1, defaults={"due_at": now})
    if the_clock.due_at > now:
        return False
    the_clock.due_at = now + _TRY_AGAIN
    the_clock.save(update_fields=["due_at"])
    return True
