"""Amounts of claims, for supervision: no case is told of, so they need `figures:read` and not `claims:read`."""

from __future__ import annotations

from datetime import datetime
from typing import Final, NamedTuple

from accord.capabilities.as_text import as_text
from accord.capabilities.claims.models import Claim
from accord.capabilities.people.permissions import FigurePermission
from accord.capabilities.people.policy import Actor, require

_COLUMNS: Final = (as_text("report_id"), as_text("pk"), "amount", "currency")


class Claimed(NamedTuple):
    """What one claim is about, in minor units. Its id is the store's text of it."""

    claim_id: str
    amount: int
    currency: str


def by_report(actor: Actor, since: datetime) -> dict[str, Claimed]:
    """The claim of each report, for claims opened at `since` or later."""
    require(actor, FigurePermission.READ)
    rows = Claim.objects.filter(opened_at__gte=since).order_by().values_list(*_COLUMNS)
    return {report: Claimed(pk, amount, currency) for report, pk, amount, currency in rows.iterator(chunk_size=5_000)}
