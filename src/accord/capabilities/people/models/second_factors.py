from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from accord.capabilities.people.models.users import User
from accord.core.object_ids import new_id


class FactorKind(models.TextChoices):
    TOTP = "totp", _("Authenticator app")
    PASSKEY = "passkey", _("Passkey")
    RECOVERY = "recovery", _("Recovery codes")


class SecondFactor(models.Model):
    """What a user has besides the password. Times are the machine's.

    `secret` of an authenticator app is encrypted with a key of the node. `data` holds, by kind: totp {"used": the last time
    step that was accepted}; passkey {"credential": public key data, "count": its signature counter}; recovery {"codes": keyed
    hashes of those not used yet}.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=10, choices=FactorKind)
    name = models.CharField(max_length=60, blank=True)
    secret = models.TextField(blank=True)
    data = models.JSONField(default=dict)
    created_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("created_at",)
        constraints = (
            models.UniqueConstraint(fields=("user", "kind"), condition=~models.Q(kind="passkey"), name="people_factor_once"),
        )
