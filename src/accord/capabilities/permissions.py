"""What may be done here, and by whom: each capability declares its permissions and who holds them. Unknown means deny."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Permission(StrEnum):
    """A permission is resource:action; each capability derives its own enumerations, grouped by resource."""


@dataclass(frozen=True, slots=True)
class Grant:
    """Who holds a permission.

    `roles` are those of people, of the node itself and of whoever commands the machine. Where `decides` is set, the permission
    decides about people's money, or about people: a password alone is not enough for whoever holds it. A token of another
    system carries the permission only where `by_token` allows it.
    """

    permission: Permission
    roles: tuple[str, ...] = ()
    decides: bool = False
    by_token: bool = False
