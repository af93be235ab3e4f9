"""What the other side of an agreement says, signed with its own key, and how this node takes it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

import msgspec

from accord.core import clock
from accord.core.canonical import canonical_json
from accord.core.object_ids import new_id

if TYPE_CHECKING:
    from accord.capabilities.exchange.agreements.terms import AgreementTerms
    from accord.capabilities.exchange.kinds import MessageKind
    from accord.capabilities.exchange.models import Agreement, Incoming
    from federation_kit.partner_centre import OtherCentre

HERE, THERE = "CN-ASC", "SG-ASC"
TYPE = "accord+agreement"


def signature(other: OtherCentre, document: dict[str, Any], *, agency: str = THERE, hash_: str = "", type_: str = TYPE) -> str:
    from accord.capabilities.exchange.agreements import documents
    from accord.capabilities.exchange.channel import jose

    stated = {
        "agency": agency,
        "agreement": hash_ or documents.hash_of(document),
        "signed_at": clock.to_iso(clock.now()),
    }
    return jose.sign(canonical_json(stated), other.ring, other.signing_kids()[0], type_)


def news(other: OtherCentre, what: str, document: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {"what": what, "document": document, "signatures": {THERE: signature(other, document)}, **changes}


def handled(kind: MessageKind, body: dict[str, Any], partner: str = THERE) -> None:
    """The handler is run as the worker runs it."""
    from accord.capabilities.exchange.channel.handlers import handler_of
    from accord.capabilities.exchange.models import Incoming

    handler = handler_of(kind)
    assert handler is not None
    row = Incoming(id=uuid4(), partner_id=partner, epoch=uuid4(), sequence=1, kind=kind, body=body, received_at=clock.now())
    handler(row, body)


def signed_with(other: OtherCentre, terms: AgreementTerms) -> Agreement:
    """Offered here, signed there."""
    from accord.capabilities.exchange.agreements.services import agreements
    from accord.capabilities.exchange.kinds import MessageKind
    from accord.capabilities.people.policy import OPERATOR

    row = agreements.offer(OPERATOR, agreements.draft(OPERATOR, terms).pk)
    handled(MessageKind.AGREEMENT, news(other, "sign", row.document))
    row.refresh_from_db()
    return row


def received(kind: MessageKind, body: msgspec.Struct, agreement: str, label: Any = None, **columns: Any) -> Incoming:
    """A message of the partner, stored as if its envelope had been opened, and applied as the worker applies it."""
    from accord.capabilities.exchange.agreements import labelling
    from accord.capabilities.exchange.models import Incoming
    from accord.capabilities.exchange.tasks import apply_ready

    identity = columns.pop("id", None) or uuid4()
    document = msgspec.to_builtins(body)
    Incoming.objects.create(
        id=identity,
        partner_id=THERE,
        epoch=new_id(),
        sequence=1,
        kind=kind,
        agreement=agreement,
        label=None if label is None else labelling.to_json(label),
        body=document,
        signed=f"signed: {document}",
        content_hash="0" * 64,
        received_at=clock.now(),
        **columns,
    )
    apply_ready(10)
    return Incoming.objects.get(pk=identity)
