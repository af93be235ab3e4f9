"""Users, and the agencies and teams that they belong to."""

from __future__ import annotations

import re
from typing import Final

from accord.capabilities.people.models import Agency, AgencyKind, Role, User
from accord.capabilities.people.policy import RESERVED_NAMES, Actor, Permission, require
from accord.capabilities.people.services.audit_line import change, record
from accord.core.errors import BadInput

_CODE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")
_USERNAME: Final = re.compile(r"[\w.@+-]{1,150}")


def create_user(username: str, password: str, role: Role, full_name: str = "", language: str = "en") -> User:
    """A new user; BadInput when the name is taken or cannot be one."""
    if not _USERNAME.fullmatch(username) or username.lower() in RESERVED_NAMES:
        raise BadInput(f"{username!r} cannot be a user name; use letters, digits and . @ + - _", where="username")
    if User.objects.filter(username=username).exists():
        raise BadInput(f"there is already a user named {username!r}; choose another name")
    return User.objects.create_user(username, password, role=role, full_name=full_name, language=language)


def set_language(user: User, language: str) -> None:
    """Remember the language in which a user reads the desk."""
    User.objects.filter(pk=user.pk).update(language=language)


@change
def add_agency(actor: Actor, code: str, name: str, name_zh: str, kind: AgencyKind) -> Agency:
    """An organisation to whom people and service accounts may belong; BadInput when the code is taken or cannot be one."""
    require(actor, Permission.USERS_MANAGE)
    if not _CODE.fullmatch(code):
        raise BadInput(f"{code!r} cannot be an agency's code; use letters, digits and . _ -", where="code")
    if Agency.objects.filter(code=code).exists():
        raise BadInput(f"there is already an agency {code!r}; choose another code", where="code")
    agency = Agency.objects.create(code=code, name=name, name_zh=name_zh, kind=AgencyKind(kind))
    record(actor, "agency added", subject=None, obj=agency, name=name, type=agency.kind)
    return agency
