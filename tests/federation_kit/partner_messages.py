"""A confirmed partner with an agreement in force, and messages that come from it, for tests of what people do with partners.

Models are imported where they are used: Django is not set up when this file is read.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import msgspec
from django.conf import settings

from accord.core import clock
from accord.core.labels import Label

if TYPE_CHECKING:
    from accord.capabilities.exchange.kinds import MessageKind
    from accord.capabilities.exchange.models import Agreement, Incoming, Outgoing, Partner

HERE, THERE, THIRD = "CN-ASC", "SG-ASC", "TH-ASC"


def agreed_partner(code: str = THERE, **changes: Any) -> Partner:
    """A confirmed partner; `changes` are terms of the agreement that is in force with it."""
    from federation_kit.partner_centre import OtherCentre, confirmed_partner

    partner = confirmed_partner(OtherCentre(code, code[:2]))
    sign_with(code, **changes)
    return partner


def sign_with(code: str, state: str = "signed", **changes: Any) -> Agreement:
    """An agreement with a partner, signed by both unless `state` says otherwise."""
    from accord.capabilities.exchange.agreements import documents
    from accord.capabilities.exchange.models import Agreement
    from federation_kit.terms import terms_between

    terms = terms_between(settings.ACCORD_AGENCY, code, **changes)
    document, now = documents.document(terms), clock.now()
    row: Agreement = Agreement.objects.create(
        partner_id=code,
        hash=documents.hash_of(document),
        document=document,
        state=state,
        own_signature="ours" if state == "signed" else "",
        partner_signature="theirs" if state in ("signed", "received") else "",
        drafted_at=now,
        signed_at=now if state == "signed" else None,
        starts_at=terms.starts_at,
        ends_at=terms.ends_at,
    )
    return row


def comes_in(kind: MessageKind, body: Any, partner: str = THERE, label: Label | None = None) -> Incoming:
    """A message of a partner that has passed every check, applied; the row says what happened to it."""
    from accord.capabilities.exchange.agreements import labelling
    from accord.capabilities.exchange.agreements.queries import in_force
    from accord.capabilities.exchange.channel.services import applying
    from accord.capabilities.exchange.models import Incoming

    sequence = Incoming.objects.filter(partner_id=partner).count() + 1
    row: Incoming = Incoming.objects.create(
        id=uuid4(),
        partner_id=partner,
        epoch=UUID(int=1),
        sequence=sequence,
        kind=kind,
        agreement=in_force(partner).hash,
        label=labelling.to_json(label or Label(originator=partner)),
        about=getattr(body, "request_id", None),
        body=msgspec.to_builtins(body),
        signed="a signature that was checked before",
        content_hash=f"{sequence:064}",
        received_at=clock.now(),
    )
    applying.apply_next(partner)
    row.refresh_from_db()
    return row


def sent(kind: MessageKind, partner: str = THERE) -> list[Outgoing]:
    """What has been queued to a partner, the oldest first."""
    from accord.capabilities.exchange.models import Outgoing

    return list(Outgoing.objects.filter(partner_id=partner, kind=kind).order_by("sequence"))


SOON = timedelta(hours=8)
