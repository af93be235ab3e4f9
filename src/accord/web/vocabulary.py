"""Any stored code in the reader's language: labels stand beside the codes, in the enumerations that apps declare.

An app's configuration may have a `declaration` with a `vocabulary`: enumerations of audit actions and of names of details,
which codes may stand under such a name, and what kinds of rows are called. Nothing is listed here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Protocol

from django.apps import apps
from django.db.models import TextChoices
from django.utils.functional import Promise

Label = Promise | str


class Vocabulary(Protocol):
    """What an app declares of its words."""

    @property
    def actions(self) -> tuple[type[TextChoices], ...]: ...
    @property
    def details(self) -> tuple[type[TextChoices], ...]: ...
    @property
    def values(self) -> Mapping[str, tuple[type[TextChoices], ...]]: ...
    @property
    def rows(self) -> Mapping[str, Promise]: ...


@dataclass(slots=True)
class Words:
    """All labels of the installed apps, by code; `values` by the name of the detail, then by code."""

    actions: dict[str, Label] = field(default_factory=dict)
    details: dict[str, Label] = field(default_factory=dict)
    values: dict[str, dict[str, Label]] = field(default_factory=dict)
    rows: dict[str, Label] = field(default_factory=dict)


def code_label(choices: type[TextChoices] | tuple[type[TextChoices], ...], code: str) -> str:
    """The label of a stored code, by the first of these enumerations that has it; else the code itself."""
    for one in choices if isinstance(choices, tuple) else (choices,):
        if code and code in one.values:
            return str(one(code).label)
    return code


def words() -> Words:
    return _collected(tuple(apps.app_configs))


@lru_cache(maxsize=1)
def _collected(_apps: tuple[str, ...]) -> Words:
    found = Words()
    for vocabulary in _vocabularies():
        for action in vocabulary.actions:
            found.actions |= dict(action.choices)
        for detail in vocabulary.details:
            found.details |= dict(detail.choices)
        for name, enumerations in vocabulary.values.items():
            for one in enumerations:
                known = found.values.setdefault(name, {})
                for code, label in one.choices:
                    known.setdefault(code, label)
        found.rows |= vocabulary.rows
    return found


def _vocabularies() -> Iterator[Vocabulary]:
    for config in apps.get_app_configs():
        declaration: Any = getattr(config, "declaration", None)
        if declaration is not None:
            yield declaration.vocabulary


def action_label(code: str) -> str:
    """What an audit entry says happened."""
    return str(words().actions.get(code, code))


def detail_label(name: str) -> str:
    return str(words().details.get(name, name))


def value_label(name: str, code: str) -> str:
    """What a code stands for among the details of an entry, under `name`."""
    return str(words().values.get(name, {}).get(code, code))


def object_label(kind: str) -> str:
    return str(words().rows.get(kind, kind))
