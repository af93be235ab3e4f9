from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import transaction

from accord.capabilities.people.models import AuditEntry, AuditHead, Role, User
from accord.capabilities.people.policy import Actor
from accord.core import clock, hash_chain
from accord.core.errors import BadInput


def create_user(username: str, password: str, role: Role, full_name: str = "", language: str = "en") -> User:
    """A new user; BadInput when the name is taken."""
    if User.objects.filter(username=username).exists():
        raise BadInput(f"there is already a user named {username!r}; choose another name")
    return User.objects.create_user(username, password, role=role, full_name=full_name, language=language)


def set_language(user: User, language: str) -> None:
    """Remember the language in which a user reads the desk."""
    User.objects.filter(pk=user.pk).update(language=language)


@transaction.atomic
def record(actor: Actor, action: str, *, subject: UUID | None, obj: Any, **details: Any) -> AuditEntry:
    """Add one audit entry in the caller's transaction: it stays exactly when the change that it tells of stays.

    `obj` is a model instance; `details` must be JSON without floats. Locks the head of the chain until the end of the
    transaction, so entries of concurrent transactions come one after another.
    """
    head, _ = AuditHead.objects.select_for_update().get_or_create(pk=1)
    entry = AuditEntry(
        seq=head.seq + 1,
        at=clock.now(),
        actor=actor.username,
        action=action,
        subject=subject,
        object_type=obj._meta.model_name,
        object_id=str(obj.pk),
        details=details,
    )
    entry.link = head.link = hash_chain.link(head.link, audited_content(entry))
    head.seq = entry.seq
    entry.save(force_insert=True)
    head.save(update_fields=["seq", "link"])
    return entry


def audited_content(entry: AuditEntry) -> dict[str, Any]:
    """The document that an entry's link covers: every column but the link."""
    return {
        "seq": entry.seq,
        "at": clock.to_iso(entry.at),
        "actor": entry.actor,
        "action": entry.action,
        "subject": str(entry.subject) if entry.subject else None,
        "object_type": entry.object_type,
        "object_id": entry.object_id,
        "details": entry.details,
    }
