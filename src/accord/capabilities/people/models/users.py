from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from accord.capabilities.people.roles import Role
from accord.core.object_ids import new_id


class Purpose(models.TextChoices):
    """Why someone looks at or changes something. It stands in every audit entry; `policy.py` says who may state which."""

    CASE_WORK = "case_work", _("case work")
    SUPERVISION = "supervision", _("supervision")
    APPEAL = "appeal", _("appeal")
    AUDIT = "audit", _("audit")
    TRAINING = "training", _("training")
    MAINTENANCE = "maintenance", _("maintenance")


class AgencyKind(models.TextChoices):
    POLICE = "police", _("Police")
    BANK = "bank", _("Bank")
    TELECOM = "telecom", _("Telecom operator")
    PAYMENT = "payment", _("Payment institution")
    PROSECUTOR = "prosecutor", _("Prosecutor")
    REGULATOR = "regulator", _("Regulator")
    PARTNER = "partner", _("Partner centre")


class Agency(models.Model):
    """An organisation whose people or systems work with this node. Never deleted: the audit names it."""

    code = models.CharField(max_length=40, primary_key=True)
    name = models.CharField(max_length=150)
    name_zh = models.CharField(max_length=150, blank=True)
    kind = models.CharField(max_length=20, choices=AgencyKind)

    class Meta:
        ordering = ("code",)

    def __str__(self) -> str:
        """The name in the reader's language, where it is known in it."""
        return self.name_zh if self.name_zh and (get_language() or "").startswith("zh") else self.name


class Team(models.Model):
    """People of one agency who work together."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=100)

    class Meta:
        ordering = ("agency_id", "name")
        constraints = (models.UniqueConstraint(fields=("agency", "name"), name="people_team_once"),)

    def __str__(self) -> str:
        return self.name


class UserManager(BaseUserManager["User"]):
    def create_user(self, username: str, password: str | None, **fields: Any) -> User:
        user = self.model(username=username, **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user


class User(AbstractBaseUser):
    """Someone who signs in. Never deleted, only deactivated: reports, orders and the audit name them."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    username = models.CharField(max_length=150, unique=True)
    full_name = models.CharField(max_length=150, blank=True)
    role = models.CharField(max_length=20, choices=Role, default=Role.OFFICER)
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    team = models.ForeignKey(Team, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    language = models.CharField(max_length=10, default="en")
    is_active = models.BooleanField(default=True)
    must_enrol = models.BooleanField(default=False)  # needs a second factor whatever the role
    must_change_password = models.BooleanField(default=False)  # somebody else has chosen it

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "username"

    def __str__(self) -> str:
        return self.full_name or self.username


class UserSession(models.Model):
    """One signed-in browser. Times are the machine's (core.clock.machine_now), not an exercise's."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    session_key = models.CharField(max_length=40, unique=True)
    started_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    address = models.CharField(max_length=45, blank=True)
    browser = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ("-last_seen_at",)
