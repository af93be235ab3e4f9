from __future__ import annotations

from typing import Any, Self

from django.db import models

from accord.capabilities.controls.permissions import InboxPermission
from accord.capabilities.people.policy import Actor, allowed


class InboxQuerySet(models.QuerySet[Any]):
    """Rows of the bank's inbox and of what it keeps in force."""

    def visible_to(self, actor: Actor) -> Self:
        """All of this node's for those who work its inbox; none for anyone else."""
        return self if allowed(actor, InboxPermission.READ) else self.none()
