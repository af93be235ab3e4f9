"""Who works at a centre of an exercise."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from accord.capabilities.people.models import User

OFFICER: Final = "officer"
SUPERVISOR: Final = "supervisor"
LIAISON: Final = "liaison"
ADMINISTRATOR: Final = "administrator"
STAFF: Final = {OFFICER: "Lin Yue", SUPERVISOR: "Chen Hao", LIAISON: "Vera Lim", ADMINISTRATOR: "Somchai Dee"}
"""User names, which are also their roles, and full names."""


def hire(password: str) -> None:
    """Let all of them sign in with one password."""
    from accord.capabilities.people import services as people
    from accord.capabilities.people.models import Role

    people.create_staff(password, {name: (Role(name), full_name) for name, full_name in STAFF.items()})


def user(name: str) -> User:
    """One of them."""
    from accord.capabilities.people import queries as people
    from accord.capabilities.people.policy import OPERATOR

    return people.users(OPERATOR).get(username=name)
