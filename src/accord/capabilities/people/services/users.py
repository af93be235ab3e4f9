"""Users, and the agencies and teams that they belong to."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from accord.capabilities import unit_of_work
from accord.capabilities.people import lockout
from accord.capabilities.people.audit import SignInAudit, UserAudit
from accord.capabilities.people.errors import Msg
from accord.capabilities.people.models import Agency, AgencyKind, Role, Team, User
from accord.capabilities.people.permissions import UserPermission
from accord.capabilities.people.policy import NODE, RESERVED_NAMES, Actor, require
from accord.capabilities.people.services.sessions import end_all
from accord.core.errors import BadInput, Conflict, NotAllowed, NotFound
from accord.core.errors import Msg as CoreMsg
from accord.core.wording import Messages

_CODE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")
_USERNAME: Final = re.compile(r"[\w.@+-]{1,150}")


@dataclass(frozen=True, slots=True)
class Station:
    """Where a user stands: what an administrator decides about them. `team` must be one of `agency`."""

    role: Role
    full_name: str = ""
    language: str = "en"
    agency: str | None = None
    team: UUID | None = None
    must_enrol: bool = False


def create_user(username: str, password: str | None, role: Role, full_name: str = "", language: str = "en") -> User:
    """A new user; BadInput when the name is taken or cannot be one. Not on record: `add_user` is what pages call.

    With None for a password they cannot sign in.
    """
    if not _USERNAME.fullmatch(username) or username.lower() in RESERVED_NAMES:
        raise BadInput(Msg.CANNOT_BE_USER_NAME, name=username, where="username")
    if User.objects.filter(username__iexact=username).exists():
        raise BadInput(Msg.ALREADY_USER_NAMED, name=username, where="username")
    return User.objects.create_user(username, password, role=role, full_name=full_name, language=language)


def create_staff(password: str, staff: Mapping[str, tuple[Role, str]]) -> None:
    """Users with one password, which is hashed once: the staff of an exercise. By user name: their role and full name."""
    hashed = make_password(password)
    for username, (role, full_name) in staff.items():
        user = create_user(username, None, role, full_name)
        user.password = hashed
        user.save(update_fields=["password"])


@unit_of_work.change
def add_user(actor: Actor, username: str, password: str, station: Station, *, must_change_password: bool = True) -> User:
    """A new user whose first password somebody else has chosen, so that they change it when they first sign in."""
    require(actor, UserPermission.MANAGE)
    refuse_weak(password)
    user = create_user(username, password, station.role)
    user.must_change_password = must_change_password
    _place(user, station)
    unit_of_work.record(
        actor,
        UserAudit.USER_ADDED,
        subject=None,
        obj=user,
        name=username,
        role=user.role,
        agency=user.agency_id,
        team=_team(user),
    )
    return user


@unit_of_work.change
def change_user(actor: Actor, user_id: UUID, station: Station) -> User:
    """Change what a user is here for; nobody changes their own role. With another role they sign in afresh."""
    require(actor, UserPermission.MANAGE)
    user = _locked(user_id)
    before = user.role
    if before != station.role:
        _refuse_oneself(actor, user, Msg.OWN_ROLE)
        end_all(user)
    _place(user, station)
    unit_of_work.record(
        actor,
        UserAudit.USER_CHANGED,
        subject=None,
        obj=user,
        name=user.username,
        role=user.role,
        role_before=before,
        agency=user.agency_id,
        team=_team(user),
    )
    return user


def _place(user: User, station: Station) -> None:
    if station.agency is not None and not Agency.objects.filter(pk=station.agency).exists():
        raise BadInput(Msg.NO_AGENCY, code=station.agency, where="agency")
    team = Team.objects.filter(pk=station.team).first() if station.team else None
    if station.team and (team is None or team.agency_id != station.agency):
        raise BadInput(Msg.TEAM_NOT_ONE_AGENCY, where="team")
    user.role, user.full_name, user.language = Role(station.role), station.full_name.strip(), station.language
    user.agency_id, user.team, user.must_enrol = station.agency, team, station.must_enrol
    user.save()


def _team(user: User) -> str:
    return user.team.name if user.team else ""


@unit_of_work.change
def set_active(actor: Actor, user_id: UUID, active: bool) -> User:
    """Deactivate a user, who is signed out everywhere at once, or let them in again."""
    require(actor, UserPermission.MANAGE)
    user = _locked(user_id)
    _refuse_oneself(actor, user, Msg.OWN_ACCOUNT)
    if user.is_active == active:
        raise Conflict(Msg.ALREADY_ACTIVE if active else Msg.ALREADY_DEACTIVATED, user=user.username)
    user.is_active = active
    user.save(update_fields=["is_active"])
    if not active:
        end_all(user)
    action = UserAudit.USER_REACTIVATED if active else UserAudit.USER_DEACTIVATED
    unit_of_work.record(actor, action, subject=None, obj=user, name=user.username)
    return user


@unit_of_work.change
def give_password(actor: Actor, user_id: UUID, password: str) -> User:
    """A new first password for a user who forgot theirs; they are signed out everywhere and change it at once."""
    require(actor, UserPermission.MANAGE)
    user = _locked(user_id)
    refuse_weak(password, user)
    user.set_password(password)
    user.must_change_password = True
    user.save(update_fields=["password", "must_change_password"])
    end_all(user)
    unit_of_work.record(actor, SignInAudit.PASSWORD_GIVEN, subject=None, obj=user, name=user.username)
    return user


@unit_of_work.change
def change_own_password(user: User, old: str, new: str) -> None:
    """A user's own new password. BadInput when the old one is wrong, or the new one weak or the same."""
    mine = _locked(user.pk)
    if not mine.check_password(old):
        raise BadInput(Msg.NOT_YOUR_PRESENT_PASSWORD, where="old")
    if old == new:
        raise BadInput(Msg.NEW_PASSWORD_OLD_ONE, where="new")
    refuse_weak(new, mine)
    mine.set_password(new)
    mine.must_change_password = False
    mine.save(update_fields=["password", "must_change_password"])
    user.password, user.must_change_password = mine.password, False
    unit_of_work.record(user, SignInAudit.PASSWORD_CHANGED, subject=None, obj=user)


@unit_of_work.change
def unlock_user(actor: Actor, user_id: UUID) -> User:
    """Forget failed sign-ins of a user who is locked out."""
    require(actor, UserPermission.MANAGE)
    user = _locked(user_id)
    attempts = lockout.forget(user.username)
    unit_of_work.record(actor, UserAudit.USER_UNLOCKED, subject=None, obj=user, name=user.username, rows=attempts)
    return user


@unit_of_work.change
def note_lockout(username: str) -> None:
    """A user of this name, if there is one, has failed to sign in so often that they are locked out: on record."""
    user = User.objects.filter(username=username).first()
    if user is not None:
        unit_of_work.record(NODE, SignInAudit.SIGN_IN_LOCKED, subject=None, obj=user, name=username)


def set_language(user: User, language: str) -> None:
    """Remember the language in which a user reads the desk."""
    User.objects.filter(pk=user.pk).update(language=language)


def refuse_weak(password: str, user: User | None = None) -> None:
    """BadInput that says what is weak about a password."""
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise BadInput(CoreMsg.VERBATIM, text=" ".join(error.messages), where="password") from error


def _locked(user_id: UUID) -> User:
    user = User.objects.select_for_update(of=("self",)).filter(pk=user_id).first()
    if user is None:
        raise NotFound(Msg.NO_SUCH_USER)
    return user


def _refuse_oneself(actor: Actor, user: User, message: Messages) -> None:
    if actor.username == user.username:
        raise NotAllowed(message)


@unit_of_work.change
def add_agency(actor: Actor, code: str, name: str, name_zh: str, kind: AgencyKind) -> Agency:
    """An organisation to whom people and service accounts may belong; BadInput when the code is taken or cannot be one."""
    require(actor, UserPermission.MANAGE)
    if not _CODE.fullmatch(code):
        raise BadInput(Msg.CANNOT_BE_AGENCY_CODE, code=code, where="code")
    if Agency.objects.filter(code=code).exists():
        raise BadInput(Msg.ALREADY_AGENCY, code=code, where="code")
    agency = Agency.objects.create(code=code, name=name.strip(), name_zh=name_zh.strip(), kind=AgencyKind(kind))
    unit_of_work.record(actor, UserAudit.AGENCY_ADDED, subject=None, obj=agency, name=agency.name, type=agency.kind)
    return agency


@unit_of_work.change
def add_team(actor: Actor, agency_code: str, name: str) -> Team:
    """A team of an agency; BadInput when the agency is unknown or has one of that name."""
    require(actor, UserPermission.MANAGE)
    name = name.strip()
    if not name:
        raise BadInput(Msg.TEAM_NEEDS_NAME, where="name")
    if not Agency.objects.filter(pk=agency_code).exists():
        raise BadInput(Msg.NO_AGENCY, code=agency_code, where="agency")
    if Team.objects.filter(agency_id=agency_code, name__iexact=name).exists():
        raise BadInput(Msg.ALREADY_TEAM_IN_AGENCY, name=name, where="name")
    team = Team.objects.create(agency_id=agency_code, name=name)
    unit_of_work.record(actor, UserAudit.TEAM_ADDED, subject=None, obj=team, name=name, agency=agency_code)
    return team
