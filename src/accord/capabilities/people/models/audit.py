from __future__ import annotations

from django.db import models

from accord.core.hash_chain import GENESIS


class AuditEntry(models.Model):
    """One thing that happened. `seq` has no gaps and `link` chains each entry to the one before (core.hash_chain)."""

    seq = models.BigIntegerField(primary_key=True)
    at = models.DateTimeField()
    actor = models.CharField(max_length=150)
    action = models.CharField(max_length=60)
    purpose = models.CharField(max_length=20, default="", blank=True)  # of whoever acted through a page; else empty
    subject = models.UUIDField(null=True, db_index=True)  # the claim or report that it concerns
    object_type = models.CharField(max_length=40)
    object_id = models.CharField(max_length=64)
    details = models.JSONField(default=dict)
    link = models.CharField(max_length=64)

    class Meta:
        ordering = ("seq",)
        indexes = (models.Index(fields=("action", "seq"), name="people_audit_by_action"),)


class AuditHead(models.Model):
    """The chain's last link. Its one row is locked while an entry is added, so that entries form one line."""

    seq = models.BigIntegerField(default=0)
    link = models.CharField(max_length=64, default=GENESIS)


class ReadEntry(models.Model):
    """One sight of case content, chained like the changes but in a line of its own, so that readers hold up no change."""

    seq = models.BigIntegerField(primary_key=True)
    at = models.DateTimeField()
    actor = models.CharField(max_length=150)
    session = models.CharField(max_length=16, blank=True)  # names the browser without giving its key away
    purpose = models.CharField(max_length=20)
    subject = models.UUIDField(null=True, db_index=True)  # the claim or report that it concerns
    object_type = models.CharField(max_length=40)
    object_id = models.CharField(max_length=64, blank=True)  # empty for a search or a list taken away
    details = models.JSONField(default=dict)
    link = models.CharField(max_length=64)

    class Meta:
        ordering = ("seq",)
        indexes = (models.Index(fields=("actor", "session", "at"), name="people_read_recent"),)


class ReadHead(models.Model):
    """The last link of the reads. Locked while reads are added; changes do not wait for it, nor it for them."""

    seq = models.BigIntegerField(default=0)
    link = models.CharField(max_length=64, default=GENESIS)
