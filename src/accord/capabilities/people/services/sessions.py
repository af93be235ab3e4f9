"""Signed-in browsers: how long a session lasts, how many a user may have, and how one is ended from elsewhere.

Limits are told by the machine's clock: a session is real also where the node plays an exercise.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from importlib import import_module
from typing import Final
from uuid import UUID

from django.conf import settings

from accord.capabilities import unit_of_work
from accord.capabilities.people.audit import SignInAudit
from accord.capabilities.people.errors import Msg
from accord.capabilities.people.models import User, UserSession
from accord.capabilities.people.permissions import UserPermission
from accord.capabilities.people.policy import Actor, require
from accord.core import clock
from accord.core.errors import NotFound

IDLE: Final = timedelta(minutes=30)
LONGEST: Final = timedelta(hours=12)
AT_ONCE: Final = 3
_SEEN_EVERY: Final = timedelta(minutes=1)
"""How exactly it is known when a session was last used: not every page needs a write."""


@unit_of_work.change
def begin_session(user: User, session_key: str, address: str, browser: str) -> UserSession:
    """Note a sign-in. Where the user has as many sessions as allowed, the oldest ends."""
    now = clock.machine_now()
    begun = UserSession.objects.create(
        user=user, session_key=session_key, started_at=now, last_seen_at=now, address=address[:45], browser=browser[:200]
    )
    _end_worn_out(user, now)
    older = UserSession.objects.filter(user=user).exclude(pk=begun.pk).order_by("-started_at", "-id")
    _end(older[AT_ONCE - 1 :])
    unit_of_work.record(user, SignInAudit.SIGNED_IN, subject=None, obj=user, address=begun.address)
    return begun


def is_alive(session_key: str, *, in_use: bool) -> bool:
    """Whether a session may go on; one that may not is ended. `in_use` says that its user did something just now."""
    session = UserSession.objects.filter(session_key=session_key).first()
    if session is None:
        return False
    now = clock.machine_now()
    if _is_worn_out(session, now):
        _end([session])
        return False
    if in_use and now - session.last_seen_at >= _SEEN_EVERY:
        UserSession.objects.filter(pk=session.pk).update(last_seen_at=now)
    return True


def renamed(user: User, before: str, after: str) -> None:
    """The same session goes on under another key, as after a change of the password."""
    UserSession.objects.filter(user=user, session_key=before).update(session_key=after)


def _is_worn_out(session: UserSession, now: datetime) -> bool:
    return bool(now - session.last_seen_at >= IDLE or now - session.started_at >= LONGEST)


def _end_worn_out(user: User, now: datetime) -> None:
    _end([session for session in UserSession.objects.filter(user=user) if _is_worn_out(session, now)])


def end_worn_out_sessions() -> int:
    """End every session that is past its limits, whosever; how many. For retention."""
    now = clock.machine_now()
    idle = UserSession.objects.filter(last_seen_at__lte=now - IDLE) | UserSession.objects.filter(started_at__lte=now - LONGEST)
    return _end(idle)


@unit_of_work.change
def leave(user: User, session_key: str) -> None:
    """The user signs out in one browser."""
    _end(UserSession.objects.filter(user=user, session_key=session_key))
    unit_of_work.record(user, SignInAudit.SIGNED_OUT, subject=None, obj=user)


@unit_of_work.change
def end_own_session(user: User, session_id: UUID) -> None:
    """End one of one's own sessions, in whichever browser it is."""
    if not _end(UserSession.objects.filter(user=user, pk=session_id)):
        raise NotFound(Msg.NO_SUCH_SESSION)
    unit_of_work.record(user, SignInAudit.SESSIONS_ENDED, subject=None, obj=user, rows=1)


@unit_of_work.change
def end_other_sessions(user: User, session_key: str | None) -> int:
    """End all sessions of the user but the one named; how many."""
    ended = _end(UserSession.objects.filter(user=user).exclude(session_key=session_key or ""))
    unit_of_work.record(user, SignInAudit.SESSIONS_ENDED, subject=None, obj=user, rows=ended)
    return ended


@unit_of_work.change
def end_sessions_of(actor: Actor, user_id: UUID) -> int:
    """Sign a user out everywhere; how many sessions that ended."""
    require(actor, UserPermission.MANAGE)
    user = User.objects.filter(pk=user_id).first()
    if user is None:
        raise NotFound(Msg.NO_SUCH_USER)
    ended = end_all(user)
    unit_of_work.record(actor, SignInAudit.SESSIONS_ENDED, subject=None, obj=user, name=user.username, rows=ended)
    return ended


def end_all(user: User) -> int:
    """End every session of a user, without an entry of its own: part of a change that has one."""
    return _end(UserSession.objects.filter(user=user))


def _end(sessions: Iterable[UserSession]) -> int:
    store = import_module(settings.SESSION_ENGINE).SessionStore
    ended = 0
    for session in list(sessions):
        store(session.session_key).delete()
        session.delete()
        ended += 1
    return ended
