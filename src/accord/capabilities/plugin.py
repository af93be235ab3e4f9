"""How a capability plugs in: its AppConfig declares, in one place, what the rest of the house reads.

    class WatchConfig(Capability):
        name = "accord.capabilities.watch"
        label = "watch"

        def declare(self) -> Declaration:
            from accord.capabilities.watch import audit, permissions, tasks

            return Declaration(grants=permissions.GRANTS, tasks=tasks.TASKS, vocabulary=Vocabulary(actions=(audit.WatchAudit,)))

Nobody edits a list elsewhere: permissions, worker, navigation, retention, doctor, the words of the audit and the documentation
are read from here (docs/extending.md). A declaration is made once, after all apps are loaded, so that it may import rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from django.apps import AppConfig, apps

if TYPE_CHECKING:
    from django.db.models import TextChoices
    from django.utils.functional import Promise

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Declaration:
    """What a capability brings."""

    vocabulary: Vocabulary = field(default_factory=Vocabulary)


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


def declared() -> Iterator[tuple[Capability, Declaration]]:
    """Every installed capability with what it declares, in the order of the settings."""
    for config in apps.get_app_configs():
        if isinstance(config, Capability):
            yield config, config.declaration
