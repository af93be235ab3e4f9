"""The one way out: a message to a partner is checked against the agreement in force and written with the change it tells of."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final
from uuid import UUID

import msgspec
from django.conf import settings

from accord.capabilities import unit_of_work
from accord.capabilities.exchange.channel.admission import gate
from accord.capabilities.exchange.channel.envelopes import MOST_CONTENT, new_content
from accord.capabilities.exchange.channel.services import chunks, outgoing
from accord.capabilities.exchange.kinds import REQUESTS, UNDER_NO_AGREEMENT, MessageKind
from accord.capabilities.exchange.models import Outgoing
from accord.capabilities.exchange.partners import queries as partners
from accord.core import clock
from accord.core.labels import Label
from accord.core.object_ids import new_id

QUOTA_TIME: Final = timedelta(hours=24)


@unit_of_work.change
def queue(
    partner_code: str,
    kind: MessageKind,
    body: Any,
    *,
    about: UUID | None = None,
    in_reply_to: UUID | None = None,
    label: Label | None = None,
    message_id: UUID | None = None,
    is_new: bool = False,
) -> Outgoing:
    """Write a message to a partner's centre, to be sent as soon as may be. Part of the change under way.

    The same `message_id` again is the message that was queued first; `is_new`: there is none of this id yet, as the caller has
    found. Refused where the partner is not confirmed, no agreement is in force, or a clause of it does not let it pass;
    fields that may not be disclosed are taken out.
    """
    known = None if message_id is None or is_new else Outgoing.objects.filter(pk=message_id).first()
    if known is not None:
        return known
    if not outgoing.is_known_confirmed(partner_code):
        partners.confirmed(partner_code)
    agreement_hash, stated = "", None
    if kind not in UNDER_NO_AGREEMENT:
        admitted = gate().outbound(partner_code, kind, body, label, _sent_before(partner_code, kind))
        body, agreement_hash, stated = admitted.body, admitted.agreement, admitted.label
    content = new_content(
        id=message_id or new_id(),
        kind=kind,
        sender=settings.ACCORD_AGENCY,
        recipient=partner_code,
        agreement=agreement_hash,
        label=stated,
        in_reply_to=in_reply_to,
        about=about,
        body=msgspec.to_builtins(body),
    )
    canonical = content.canonical()
    if len(canonical) > MOST_CONTENT:
        content = chunks.send_in_parts(content)
        canonical = content.canonical()
    return outgoing.place(content, canonical)


def _sent_before(partner: str, kind: MessageKind) -> int:
    """Messages of a kind that counts against a quota, in the time that the quota is for."""
    if kind not in REQUESTS:
        return 0
    return Outgoing.objects.filter(partner_id=partner, kind=kind, queued_at__gt=clock.now() - QUOTA_TIME).count()
