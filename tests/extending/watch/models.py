from __future__ import annotations

from django.db import models

from accord.core.object_ids import new_id
from watch.life import State


class Watch(models.Model):
    """Like an order: about an account at a bank, in force until a time."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    institution = models.CharField(max_length=64)
    account = models.CharField(max_length=64)
    state = models.CharField(max_length=8, choices=State, default=State.RUNNING)
    until = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("until",)
        indexes = (models.Index(fields=("state", "until"), name="watches_by_clock"),)
