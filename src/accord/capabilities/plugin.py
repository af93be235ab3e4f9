"""How a capability plugs in: its AppConfig declares, in one place, what the rest of the house reads.

    class WarningsConfig(Capability):
        name = "accord.capabilities.warnings"
        label = "warnings"

        def declare(self) -> Declaration:
            from accord.capabilities.warnings import audit, permissions, tasks

            return Declaration(grants=permissions.GRANTS, tasks=tasks.TASKS, vocabulary=Vocabulary(actions=(audit.Alerted,)))

Nobody edits a list elsewhere: permissions, worker, navigation, retention, doctor, the words of the audit and the documentation
are read from here (docs/extending.md). A declaration is made once, after all apps are loaded, so that it may import rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from django.apps import AppConfig, apps

from accord.capabilities.kinds_of_nodes import CENTRE, EVERYWHERE
from accord.capabilities.ports import Offer, Port
from accord.core.findings import Finding

if TYPE_CHECKING:
    from django.db.models import TextChoices
    from django.utils.functional import Promise

    from accord.capabilities.jobs import Task
    from accord.capabilities.navigation import Entry
    from accord.capabilities.permissions import Grant
    from accord.capabilities.vocabulary import AuditAction, AuditDetail


@dataclass(frozen=True, slots=True, kw_only=True)
class Vocabulary:
    """The codes that a capability stores, with their labels.

    `values` says which codes may stand under a name among the details of an audit entry; `rows` what kinds of rows are
    called that a read shows.
    """

    actions: tuple[type[AuditAction], ...] = ()
    details: tuple[type[AuditDetail], ...] = ()
    values: Mapping[str, tuple[type[TextChoices], ...]] = field(default_factory=dict)
    rows: Mapping[str, Promise] = field(default_factory=dict)


CarryOut = Callable[[datetime, bool], int]
"""Removes what is older than a moment, or with True only counts it; returns how many."""


@dataclass(frozen=True, slots=True)
class MessageHandler:
    """What is done with a kind of partners' messages: `one` takes the row and its body, `together` many in their order."""

    one: Callable[[Any, Any], None]
    together: Callable[[Sequence[tuple[Any, Any]]], None] | None = None


@dataclass(frozen=True, slots=True)
class Mount:
    """Pages under a prefix of the address, on nodes of these kinds; `urls` names the module of their addresses."""

    prefix: str
    urls: str
    kinds: frozenset[str] = frozenset({CENTRE})


@dataclass(frozen=True, slots=True)
class Check:
    """Part of an examination of a node of these kinds; the operational store is ready."""

    name: str
    run: Callable[[], Iterable[Finding]]
    kinds: frozenset[str] = EVERYWHERE


@dataclass(frozen=True, slots=True, kw_only=True)
class Declaration:
    """What a capability brings.

    - `tasks`: clocks, jobs and dispatches of the worker.
    - `mounts`, `navigation`: its pages, and links to them in the frame of every page.
    - `retention`: what each rule of the `retention.toml` in its folder removes, by the rule's name.
    - `handlers`: what is done with a partner's message, by the message's kind.
    - `needs`, `offers`: ports at which it asks others, and those of earlier capabilities at which it answers.
    - `checks`: what `accord doctor` looks at.
    """

    grants: tuple[Grant, ...] = ()
    tasks: tuple[Task, ...] = ()
    vocabulary: Vocabulary = field(default_factory=Vocabulary)
    mounts: tuple[Mount, ...] = ()
    navigation: tuple[Entry, ...] = ()
    retention: Mapping[str, CarryOut] = field(default_factory=dict)
    handlers: Mapping[str, MessageHandler] = field(default_factory=dict)
    needs: tuple[Port, ...] = ()
    offers: tuple[Offer, ...] = ()
    checks: tuple[Check, ...] = ()


class Capability(AppConfig):
    """An app of this house. `declare` is what it says to the others."""

    default = False  # Django takes the one configuration in an app's module, not this base that the module imports

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.default = True

    def declare(self) -> Declaration:
        return Declaration()

    @cached_property
    def declaration(self) -> Declaration:
        return self.declare()

    def ready(self) -> None:
        """Answer at the ports of earlier capabilities from now on."""
        for offer in self.declaration.offers:
            offer.connect()


def declared() -> Iterator[tuple[Capability, Declaration]]:
    """Every installed capability with what it declares, in the order of the settings."""
    for config in apps.get_app_configs():
        if isinstance(config, Capability):
            yield config, config.declaration
