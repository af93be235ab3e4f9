"""Which partners and keys count now, in memory: asked for every credit that is followed and every envelope that comes.

Read again after a second at the latest, so that what another process of the node revoked is refused within that time; dropped
at once when a partner changes in this one. While a change is under way its thread reads the rows each time, and what it read
is not kept: it may yet be taken back.
"""

from __future__ import annotations

import re
import threading
import time
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from django.conf import settings
from django.db import connection, transaction
from django.db.models.signals import post_delete, post_save

from accord.capabilities.exchange.models import KeyUse, Partner, PartnerKey, PartnerState
from accord.capabilities.exchange.partners.jwk import Jwk

_LASTS_SECONDS: Final = 1.0
_BIC: Final = re.compile(r"[A-Z]{4}([A-Z]{2})[A-Z0-9]{2}(?:[A-Z0-9]{3})?", re.ASCII)
_READ_HERE: Final = frozenset({"state", "countries", "institutions", "valid_until", "revoked_at"})


@dataclass(frozen=True, slots=True)
class KnownKey:
    use: KeyUse
    public: Jwk
    valid_from: datetime
    valid_until: datetime | None
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class Book:
    """Confirmed partners: their keys by kid, and whose ledgers each can ask."""

    keys: dict[str, dict[str, KnownKey]] = field(default_factory=dict)
    institutions: dict[str, str] = field(default_factory=dict)
    countries: dict[str, str] = field(default_factory=dict)

    def partner_of(self, institution: str) -> str:
        """Whose ledgers hold an institution: a partner's code, or "" where it is ours or nobody's. What is named goes first."""
        if institution in settings.ACCORD_COVERS_INSTITUTIONS:
            return ""
        if named := self.institutions.get(institution):
            return named
        bic = _BIC.fullmatch(institution)
        if bic is None or bic[1] in settings.ACCORD_COVERS_COUNTRIES:
            return ""
        return self.countries.get(bic[1], "")


class _Shelf:
    """The one book of this process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._book: Book | None = None
        self._read_at = 0.0
        self._forgotten = 0
        self._thread = threading.local()

    def book(self) -> Book:
        if getattr(self._thread, "changing", False) and connection.in_atomic_block:
            return _read()
        with self._lock:
            if self._book is not None and time.monotonic() - self._read_at < _LASTS_SECONDS:
                return self._book
            began, forgotten = time.monotonic(), self._forgotten
        book = _read()
        with self._lock:
            if forgotten == self._forgotten:  # else a partner has changed while it was read
                self._book, self._read_at = book, began
        return book

    def forget(self) -> None:
        self._drop()
        self._thread.changing = True
        transaction.on_commit(self._changed)

    def _changed(self) -> None:
        self._thread.changing = False
        self._drop()

    def _drop(self) -> None:
        with self._lock:
            self._book = None
            self._forgotten += 1


_shelf: Final = _Shelf()


def book() -> Book:
    """What counts now."""
    return _shelf.book()


def forget(**_: Any) -> None:
    """A partner or a key changes in the running transaction (which stays, or is taken back)."""
    _shelf.forget()


def _read() -> Book:
    made = Book()
    for partner in Partner.objects.filter(state=PartnerState.CONFIRMED).order_by("code"):
        made.keys[partner.code] = {}
        made.institutions.setdefault(partner.code, partner.code)
        for code in partner.institutions:
            made.institutions.setdefault(code, partner.code)
        for country in partner.countries:
            made.countries.setdefault(country, partner.code)
    for key in PartnerKey.objects.filter(partner__in=list(made.keys)).order_by("valid_from", "kid"):
        known = KnownKey(KeyUse(key.use), key.public, key.valid_from, key.valid_until, key.revoked_at)
        made.keys[key.partner_id][key.kid] = known
    return made


def _on_save(update_fields: frozenset[str] | None = None, **_: Any) -> None:
    """Whoever saves a row of ours; when it was last heard of changes nothing here."""
    if not update_fields or not _READ_HERE.isdisjoint(update_fields):
        forget()


for _rows in (Partner, PartnerKey):
    post_save.connect(_on_save, sender=_rows, dispatch_uid=f"trust book {_rows.__name__}")
    post_delete.connect(forget, sender=_rows, dispatch_uid=f"trust book {_rows.__name__} gone")
