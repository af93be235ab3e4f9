from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from django.db import models

from accord.core.object_ids import new_id

if TYPE_CHECKING:
    from accord.capabilities.permissions import Permission

SERVICE_ROLE: Final = "service"


class ServiceAccount(models.Model):
    """Another system that calls this node, in the name of an agency.

    It is an Actor. What it may do comes with the token that it showed (`tokens.service_account_of`); a row that was read
    in any other way may do nothing.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(max_length=100, unique=True)
    agency_code = models.CharField(max_length=40)
    is_active = models.BooleanField(default=True)

    permissions: frozenset[Permission] = frozenset()
    role: ClassVar[str] = SERVICE_ROLE

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name

    @property
    def username(self) -> str:
        """How the audit names it; the colon keeps it apart from every user."""
        return f"service:{self.name}"


class ServiceToken(models.Model):
    """A secret that a service account shows. Only its SHA-256 is kept. Times are the machine's."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    account = models.ForeignKey(ServiceAccount, on_delete=models.PROTECT, related_name="+")
    prefix = models.CharField(max_length=12, unique=True)  # public: finds the row and names the token to people
    digest = models.CharField(max_length=64)
    permissions = models.JSONField(default=list)  # values of policy.Permission
    issued_by = models.CharField(max_length=150)
    issued_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-issued_at",)
