"""Enrolling, using and removing second factors. Every code counts once, also when two browsers send it at the same moment:
these services take their turn in the audit's line, so that one of them sees what the other has used up.
"""

from __future__ import annotations

import secrets
from typing import Any, Final
from uuid import UUID

from django.conf import settings

from accord.capabilities import unit_of_work
from accord.capabilities.people import node_key, passkeys, totp
from accord.capabilities.people.audit import SignInAudit
from accord.capabilities.people.errors import Msg
from accord.capabilities.people.models import FactorKind, SecondFactor, User
from accord.capabilities.people.passkeys import State
from accord.capabilities.people.permissions import UserPermission
from accord.capabilities.people.policy import Actor, decides, require
from accord.core import clock
from accord.core.errors import BadInput, Conflict, NotAllowed, NotFound

RECOVERY_CODES: Final = 10
NAME_LENGTH: Final = 60
_ALPHABET: Final = "23456789abcdefghjkmnpqrstuvwxyz"
"""Without what is easily misread."""


def needs_second_factor(user: User) -> bool:
    """Whether a password alone is not enough for this user."""
    return settings.ACCORD_SECOND_FACTOR != "off" and (user.must_enrol or decides(user.role))


def has_second_factor(user: User) -> bool:
    """Whether the user has an authenticator app or a passkey; recovery codes alone are none."""
    return SecondFactor.objects.filter(user=user).exclude(kind=FactorKind.RECOVERY).exists()


@unit_of_work.change
def enrol_app(user: User, secret: str, code: str) -> list[str]:
    """Take an authenticator app into use once it shows the right code; an app that was there is replaced.

    Returns the recovery codes where this made them, to be shown once, else an empty list. BadInput for a wrong code.
    """
    step = totp.matching_step(secret, code, clock.machine_now())
    if step is None:
        raise BadInput(Msg.CODE_NOT_RIGHT, where="code")
    SecondFactor.objects.filter(user=user, kind=FactorKind.TOTP).delete()
    _add(user, FactorKind.TOTP, secret=node_key.encrypt(secret), data={"used": step})
    unit_of_work.record(user, SignInAudit.SECOND_FACTOR_ADDED, subject=None, obj=user, type=FactorKind.TOTP)
    return _first_recovery_codes(user)


@unit_of_work.change
def enrol_passkey(user: User, name: str, host: str, state: State, answer: Any) -> list[str]:
    """Take a passkey into use; recovery codes as with `enrol_app`. NotAllowed when the browser's answer does not fit."""
    credential, count = passkeys.registered(host, state, answer)
    label = name.strip()[:NAME_LENGTH]
    _add(user, FactorKind.PASSKEY, name=label, data={"credential": credential, "count": count})
    unit_of_work.record(user, SignInAudit.SECOND_FACTOR_ADDED, subject=None, obj=user, type=FactorKind.PASSKEY, name=label)
    return _first_recovery_codes(user)


def _add(user: User, kind: FactorKind, **fields: Any) -> SecondFactor:
    return SecondFactor.objects.create(user=user, kind=kind, created_at=clock.machine_now(), **fields)


def _first_recovery_codes(user: User) -> list[str]:
    if SecondFactor.objects.filter(user=user, kind=FactorKind.RECOVERY).exists():
        return []
    return renew_recovery_codes(user)


@unit_of_work.change
def renew_recovery_codes(user: User) -> list[str]:
    """New codes for when the device is lost; earlier ones end. They are shown this once and kept as keyed hashes."""
    if not has_second_factor(user):
        raise Conflict(Msg.RECOVERY_CODES_STAND_IN_FOR_AUTHENTICATOR)
    codes = [f"{_letters(5)}-{_letters(5)}" for _ in range(RECOVERY_CODES)]
    SecondFactor.objects.filter(user=user, kind=FactorKind.RECOVERY).delete()
    _add(user, FactorKind.RECOVERY, data={"codes": [node_key.keyed_hash(_plain(code)) for code in codes]})
    unit_of_work.record(user, SignInAudit.RECOVERY_CODES_MADE, subject=None, obj=user)
    return codes


def _letters(count: int) -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(count))


def _plain(code: str) -> str:
    return "".join(code.split()).replace("-", "").lower()


@unit_of_work.change
def use_app_code(user: User, code: str) -> bool:
    """Whether this is the app's code now. One that was used, or an earlier one, is not taken again (RFC 6238, 5.2)."""
    factor = SecondFactor.objects.filter(user=user, kind=FactorKind.TOTP).first()
    if factor is None:
        return False
    step = totp.matching_step(node_key.decrypt(factor.secret), code, clock.machine_now())
    if step is None or step <= factor.data["used"]:
        return False
    _used(factor, {"used": step})
    return True


@unit_of_work.change
def use_recovery_code(user: User, code: str) -> bool:
    """Whether this is one of the recovery codes that are left; it is used up by that, and on record."""
    factor = SecondFactor.objects.filter(user=user, kind=FactorKind.RECOVERY).first()
    hashed = node_key.keyed_hash(_plain(code))
    if factor is None or hashed not in factor.data["codes"]:
        return False
    left = [kept for kept in factor.data["codes"] if kept != hashed]
    _used(factor, {"codes": left})
    unit_of_work.record(user, SignInAudit.RECOVERY_CODE_USED, subject=None, obj=user, left=len(left))
    return True


@unit_of_work.change
def use_passkey(user: User, host: str, state: State, answer: Any) -> None:
    """Accept a passkey's signature. NotAllowed where it is none, or where its counter says that the key was copied."""
    factors = _passkeys(user)
    credential, count = passkeys.signed(host, state, list(factors), answer)
    factor = factors[credential]
    if count and count <= factor.data["count"]:
        raise NotAllowed(Msg.PASSKEY_NOT_ACCEPTED)
    _used(factor, {"credential": credential, "count": count})


def passkey_credentials(user: User) -> list[str]:
    """The public data of the user's passkeys, for `passkeys.ask_to_register` and `ask_to_sign`."""
    return list(_passkeys(user))


def _passkeys(user: User) -> dict[str, SecondFactor]:
    return {factor.data["credential"]: factor for factor in SecondFactor.objects.filter(user=user, kind=FactorKind.PASSKEY)}


def _used(factor: SecondFactor, data: dict[str, Any]) -> None:
    factor.data, factor.last_used_at = data, clock.machine_now()
    factor.save(update_fields=["data", "last_used_at"])


@unit_of_work.change
def remove_factor(user: User, factor_id: UUID) -> None:
    """Take one of one's own factors away. Conflict for the last one of whoever must have one."""
    factor = SecondFactor.objects.filter(user=user, pk=factor_id).exclude(kind=FactorKind.RECOVERY).first()
    if factor is None:
        raise NotFound(Msg.NO_SUCH_SECOND_FACTOR)
    others = SecondFactor.objects.filter(user=user).exclude(kind=FactorKind.RECOVERY).exclude(pk=factor.pk)
    if not others.exists():
        if needs_second_factor(user):
            raise Conflict(Msg.YOUR_ONLY_SECOND_FACTOR)
        SecondFactor.objects.filter(user=user, kind=FactorKind.RECOVERY).delete()
    factor.delete()
    unit_of_work.record(user, SignInAudit.SECOND_FACTOR_REMOVED, subject=None, obj=user, type=factor.kind, name=factor.name)


@unit_of_work.change
def reset_factors(actor: Actor, user_id: UUID) -> User:
    """Take all factors of a user away whose device is lost; they enrol again when they next sign in."""
    require(actor, UserPermission.MANAGE)
    user = User.objects.filter(pk=user_id).first()
    if user is None:
        raise NotFound(Msg.NO_SUCH_USER)
    count, _ = SecondFactor.objects.filter(user=user).delete()
    unit_of_work.record(actor, SignInAudit.SECOND_FACTOR_RESET, subject=None, obj=user, name=user.username, rows=count)
    return user
