from __future__ import annotations

from django.db import models


class RetentionClock(models.Model):
    """When retention is carried out next: one row, so that the worker's look costs one indexed read."""

    due_at = models.DateTimeField()
