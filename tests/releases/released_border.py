"""What a day across a border leaves in every table of the exchange: a partner, an agreement, what was asked and ordered."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from accord.capabilities.people.models import User

HERE: Final = "CN-ASC"
THERE: Final = "SG-ASC"
SETTINGS: Final = {"ACCORD_AGENCY": HERE, "ACCORD_CONTACT": "+86 10 6000 0000"}
"""Environment of a node that has a card."""

_CASE: Final = "C-0001"


def cross(officer: User) -> None:
    """One of everything, all of it over but the new card that waits for its partner: there is no line to it."""
    from federation_kit.partner_centre import OtherCentre, confirmed_partner

    from accord.capabilities.exchange.partners.services import own_keys
    from accord.capabilities.exchange.partners.services.raising import raise_alarm
    from accord.capabilities.people.policy import OPERATOR

    own_keys.make_keys(OPERATOR)
    confirmed_partner(OtherCentre(THERE))
    own_keys.rotate(OPERATOR)
    raise_alarm(THERE, "unknown_signer", "no key that is trusted here has signed this card; call the partner first")
    _agree()
    _hear()
    _ask_and_order(officer)
    _people(officer)


def _agree() -> None:
    from federation_kit.terms import terms_between

    from accord.capabilities.exchange.agreements import documents
    from accord.capabilities.exchange.models import Agreement, AgreementState
    from accord.core import clock

    terms = terms_between(HERE, THERE)
    document = documents.document(terms)
    Agreement.objects.create(
        partner_id=THERE,
        hash=documents.hash_of(document),
        document=document,
        state=AgreementState.SIGNED,
        own_signature="ours",
        partner_signature="theirs",
        drafted_at=clock.now(),
        starts_at=terms.starts_at,
        ends_at=terms.ends_at,
    )


def _hear() -> None:
    """A message that was applied, and a part of one that is not whole yet."""
    from accord.capabilities.exchange.models import Chunk, Incoming, IncomingState, InStream
    from accord.core import clock
    from accord.core.object_ids import new_id

    stream = InStream.objects.create(partner_id=THERE, epoch=new_id(), expected=2, opened_at=clock.now())
    Incoming.objects.create(
        id=new_id(),
        partner_id=THERE,
        epoch=stream.epoch,
        sequence=1,
        kind="hello",
        body={"why": "first"},
        signed="a.b.c",
        content_hash="0" * 64,
        received_at=clock.now(),
        applied_at=clock.now(),
        state=IncomingState.APPLIED,
    )
    Chunk.objects.create(outgoing=False, partner_id=THERE, whole=new_id(), number=1, part=b"\x00a part\xff")


def _ask_and_order(officer: User) -> None:
    """What the partner asked and ordered, and an order of ours at its centre, by orders that are over."""
    from accord.capabilities.claims.models import Claim
    from accord.capabilities.exchange.models import ForeignEnquiry, ForeignOrder, ForeignOrderPart, OwnCase, SentOrder
    from accord.capabilities.orders.models import Order

    claim = Claim.objects.order_by("pk").first()
    orders = list(Order.objects.filter(state__in=("expired", "refused", "discarded")).order_by("drafted_at")[:2])
    OwnCase.objects.create(partner_id=THERE, agreement=_agreement(), claim=claim, pseudonym="P-0001", offence="fraud")
    ForeignEnquiry.objects.create(
        **_asked(), rule="fifo", credits=[], budget={"depth": 1, "floor": 0}, version=1, outcome="answered", told="0" * 64
    )
    foreign = ForeignOrder.objects.create(
        **_asked(), body={"kind": "hold"}, state="ended", held=1_000, decided_by=officer.username, version=1
    )
    ForeignOrderPart.objects.create(foreign=foreign, order=orders[0])
    SentOrder.objects.create(order=orders[1], partner_id=THERE, version=1)


def _asked() -> dict[str, Any]:
    from accord.core import clock
    from accord.core.object_ids import new_id

    now = clock.now()
    moments = {"received_at": now, "answer_due_at": now + timedelta(hours=1), "answered_at": now}
    return {"id": new_id(), "message": new_id(), **_under(), **moments}


def _people(officer: User) -> None:
    from accord.capabilities.exchange.models import PartnerRequest, ThreadNote
    from accord.core import clock

    now = clock.now()
    request = PartnerRequest.objects.create(
        **_under(),
        outgoing=True,
        kind="information",
        state="answered",
        body={"wanted": "who rented the number"},
        asked_by=officer.username,
        asked_at=now,
        due_at=now + timedelta(days=10),
        answered_at=now,
        answer={"text": "a company in liquidation"},
    )
    ThreadNote.objects.create(request=request, outgoing=True, written_by=officer.username, at=now, text="please hurry")


def _under() -> dict[str, Any]:
    """What everything that came under the agreement has."""
    return {"partner_id": THERE, "agreement": _agreement(), "case": _CASE, "label": {"originator": THERE}}


def _agreement() -> str:
    from accord.capabilities.exchange.models import Agreement

    return str(Agreement.objects.get().hash)
