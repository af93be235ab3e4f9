from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.utils.translation import gettext_lazy as _

from accord.core.hash_chain import GENESIS
from accord.core.object_ids import new_id


class Role(models.TextChoices):
    """What a user is here for; `policy.py` says what each may do."""

    OFFICER = "officer", _("Duty officer")
    SUPERVISOR = "supervisor", _("Supervisor")
    ADMINISTRATOR = "administrator", _("Administrator")
    AUDITOR = "auditor", _("Auditor")
    BANK_OFFICER = "bank_officer", _("Bank officer")
    BANK_SUPERVISOR = "bank_supervisor", _("Bank supervisor")


class UserManager(BaseUserManager["User"]):
    def create_user(self, username: str, password: str, **fields: Any) -> User:
        user = self.model(username=username, **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user


class User(AbstractBaseUser):
    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    username = models.CharField(max_length=150, unique=True)
    full_name = models.CharField(max_length=150, blank=True)
    role = models.CharField(max_length=20, choices=Role, default=Role.OFFICER)
    language = models.CharField(max_length=10, default="en")
    is_active = models.BooleanField(default=True)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "username"

    def __str__(self) -> str:
        return self.full_name or self.username


class AuditEntry(models.Model):
    """One thing that happened. `seq` has no gaps and `link` chains each entry to the one before (core.hash_chain)."""

    seq = models.BigIntegerField(primary_key=True)
    at = models.DateTimeField()
    actor = models.CharField(max_length=150)
    action = models.CharField(max_length=60)
    subject = models.UUIDField(null=True, db_index=True)  # the claim or report that it concerns
    object_type = models.CharField(max_length=40)
    object_id = models.CharField(max_length=64)
    details = models.JSONField(default=dict)
    link = models.CharField(max_length=64)

    class Meta:
        ordering = ("seq",)


class AuditHead(models.Model):
    """The chain's last link. Its one row is locked while an entry is added, so that entries form one line."""

    seq = models.BigIntegerField(default=0)
    link = models.CharField(max_length=64, default=GENESIS)
