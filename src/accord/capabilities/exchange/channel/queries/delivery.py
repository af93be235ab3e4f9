"""How far behind each partner is, in both directions: nothing waits unseen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Min

from accord.capabilities.exchange.models import (
    Incoming,
    IncomingState,
    InStream,
    Outgoing,
    OutgoingState,
    OutStream,
    Partner,
    PartnerState,
)
from accord.capabilities.exchange.permissions import ExchangePermission, PartnerPermission
from accord.capabilities.people.policy import Actor, allowed


@dataclass(frozen=True, slots=True)
class Lag:
    """One partner. `queued` messages wait to be delivered, the first since `oldest`; of the stream to it the partner has
    everything up to `acknowledged`, and of its own stream this node has everything up to `received`. `parked` messages of it
    wait for something, `ready` ones to be applied. `error` is what went wrong at the last attempt."""

    partner: str
    queued: int
    oldest: datetime | None
    acknowledged: int
    received: int
    ready: int
    parked: int
    skew: timedelta | None
    heard_at: datetime | None
    error: str


def lag(actor: Actor) -> list[Lag]:
    """Every partner that is not revoked, for those who work with partners or look after them; nothing for anyone else."""
    if not allowed(actor, ExchangePermission.READ) and not allowed(actor, PartnerPermission.MANAGE):
        return []
    queued = _by_partner(Outgoing.objects.filter(state=OutgoingState.QUEUED), oldest=Min("queued_at"))
    ready = _by_partner(Incoming.objects.filter(state=IncomingState.READY))
    parked = _by_partner(Incoming.objects.filter(state=IncomingState.PARKED))
    sent = {stream.partner_id: stream for stream in OutStream.objects.filter(closed_at=None)}
    received = {stream.partner_id: stream.expected - 1 for stream in InStream.objects.order_by("epoch")}
    found = []
    for partner in Partner.objects.exclude(state=PartnerState.REVOKED):
        stream, waiting = sent.get(partner.pk), queued.get(partner.pk, {})
        found.append(
            Lag(
                partner=partner.pk,
                queued=waiting.get("number", 0),
                oldest=waiting.get("oldest"),
                acknowledged=0 if stream is None else stream.acknowledged,
                received=received.get(partner.pk, 0),
                ready=ready.get(partner.pk, {}).get("number", 0),
                parked=parked.get(partner.pk, {}).get("number", 0),
                skew=None if partner.skew_micros is None else timedelta(microseconds=partner.skew_micros),
                heard_at=partner.heard_at,
                error="" if stream is None else stream.last_error,
            )
        )
    return found


def _by_partner(rows: Any, **more: Any) -> dict[str, dict[str, Any]]:
    counted = rows.order_by().values("partner_id").annotate(number=Count("pk"), **more)
    return {row["partner_id"]: row for row in counted}
