"""What a liaison officer meets: partners in every state, agreements to sign, requests both ways, what partners want."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final
from uuid import UUID, uuid4

from federation_kit.partner_centre import OtherCentre
from federation_kit.partner_messages import HERE, THERE, agreed_partner, comes_in, sign_with
from written_orders import kept

from accord.capabilities.claims.models import Claim
from accord.capabilities.exchange.agreements.queries import in_force
from accord.capabilities.exchange.crossborder.services import requests as services
from accord.capabilities.exchange.crossborder.services.requests import RequestFacts
from accord.capabilities.exchange.kinds import MessageKind, RequestKind
from accord.capabilities.exchange.messages import NoteBody, OrderBody, RequestBody
from accord.capabilities.exchange.models import (
    Agreement,
    Alarm,
    ForeignEnquiry,
    ForeignOrder,
    ForeignOrderPart,
    ForeignOrderState,
    Partner,
    PartnerRequest,
)
from accord.capabilities.exchange.partners.services import own_keys, partners
from accord.capabilities.people.models import User
from accord.capabilities.people.policy import OPERATOR
from accord.core import clock

PENDING: Final = "TH-AOC"
OWN_CENTRE: Final = {
    "ACCORD_AGENCY": HERE,
    "ACCORD_AGENCY_NAME": "The centre of CN",
    "ACCORD_AGENCY_NAME_ZH": "中国反诈中心",
    "ACCORD_JURISDICTION": "CN",
    "ACCORD_CONTACT": "+86 10 6000 0000",
    "ACCORD_COVERS_COUNTRIES": ("CN",),
}
"""Settings of the centre at which all this happens."""
LABEL: Final = {"originator": THERE, "tlp": "amber", "handling": ["h0", "h1"], "pap": "green"}
SECRET: Final = "the account of Madam Secret"
"""Stands in what is asked and answered: nobody without the permission may see it."""


@dataclass
class LiaisonWorld:
    """Ids by name."""

    things: dict[str, Any] = field(default_factory=dict)
    secrets: set[str] = field(default_factory=set)


def liaison_world(officer: User, claim: Claim) -> LiaisonWorld:
    """`officer` asks about `claim`; the partner asks back. The agreement lets nothing act alone."""
    from federation_kit.terms import party

    own_keys.make_keys(OPERATOR)
    partner = agreed_partner(parties=(party(HERE, automatic=()), party(THERE)))
    pending = pending_partner(PENDING)
    signed = Agreement.objects.get(partner=partner, state="signed")
    world = LiaisonWorld()
    world.things |= {
        "partner": partner.code,
        "pending partner": pending.code,
        "signed agreement": signed.pk,
        "received agreement": sign_with(THERE, "received", title="The next one", replaces=signed.hash).pk,
        "draft agreement": sign_with(
            THERE, "draft", title="A draft", starts_at=signed.ends_at, ends_at=signed.ends_at + timedelta(days=365)
        ).pk,
        "key of the partner": partner.keys.filter(use="signing").values_list("kid", flat=True)[0],
        "alarm": Alarm.objects.create(partner=partner, at=clock.now(), what="probing", detail="somebody asks").pk,
    }
    _requests(world, officer, claim)
    _asked_of_us(world, claim)
    return world


def pending_partner(code: str) -> Partner:
    """A partner whose card is here and whose words are to be compared."""
    return partners.add(OPERATOR, OtherCentre(code, code[:2]).card())


def _requests(world: LiaisonWorld, officer: User, claim: Claim) -> None:
    facts = RequestFacts(
        claim_id=claim.pk,
        kind=RequestKind.INFORMATION,
        offence="fraud",
        purpose="fraud_funds",
        language="en",
        wanted=f"Who opened {SECRET}?",
    )
    asked = services.ask(officer, THERE, facts)
    received, other = _received(), _received()
    note = NoteBody(request_id=received.pk, note_id=uuid4(), text=f"About {SECRET}, soon please.")
    comes_in(MessageKind.NOTE, note)
    world.things |= {
        "asked request": asked.pk,
        "received request": received.pk,
        "other received request": other.pk,
        "asked about": claim.pk,
    }
    world.secrets |= {SECRET, asked.reference, received.reference, "CASE-OF-SG"}


def _received() -> PartnerRequest:
    body = RequestBody(
        request_id=uuid4(),
        case="CASE-OF-SG",
        kind=RequestKind.IDENTIFICATION,
        offence="fraud",
        purpose="fraud_funds",
        language="en",
        wanted=f"Who uses {SECRET}?",
        urgent=True,
        asked_at=clock.now(),
        due_at=clock.now() + timedelta(hours=8),
    )
    comes_in(MessageKind.REQUEST, body)
    return PartnerRequest.objects.get(pk=body.request_id)


def _asked_of_us(world: LiaisonWorld, claim: Claim) -> None:
    """An enquiry and an order that wait for an officer, and a hold that was placed by itself and lapses in twenty hours."""
    now = clock.now()
    body = OrderBody(
        order_id=uuid4(),
        reference="O-SG-8",
        case="CASE-8",
        offence="fraud",
        kind="hold",
        institution="MULEBANK",
        account="70-8888",
        amount=90_000,
        currency="CNY",
        rule="fifo",
        until=now + timedelta(days=3),
        grounds=f"It came from {SECRET}.",
    )
    comes_in(MessageKind.ORDER, body)
    world.things |= {"foreign enquiry": _enquiry("CASE-7"), "other foreign enquiry": _enquiry("CASE-6")}
    world.things |= {"foreign order": body.order_id, "automatic order": _automatic(body, claim)}
    world.things["other automatic order"] = _automatic(body, claim)
    world.secrets |= {"CASE-7", "O-SG-8", "O-SG-9", "70-7777", "70-8888", "T-SG-7"}


def _enquiry(case: str) -> UUID:
    """One that waits for an officer to let it through."""
    now = clock.now()
    row = ForeignEnquiry.objects.create(
        id=uuid4(),
        partner_id=THERE,
        agreement=in_force(THERE).hash,
        case=case,
        rule="fifo",
        credits=[{"transfer": "T-SG-7", "amount": 120_000, "currency": "CNY", "institution": "MULEBANK", "account": "70-7777"}],
        budget={"depth": 2, "answer_by": clock.to_iso(now + timedelta(minutes=15))},
        label=LABEL,
        message=uuid4(),
        received_at=now,
        answer_due_at=now + timedelta(minutes=15),
        waits_for_officer=True,
    )
    return row.pk


def _automatic(body: OrderBody, claim: Claim) -> UUID:
    """A hold that was placed by itself and lapses in twenty hours."""
    now = clock.now()
    row = ForeignOrder.objects.create(
        id=uuid4(),
        partner_id=THERE,
        agreement=in_force(THERE).hash,
        case="CASE-9",
        body=_document(body) | {"reference": "O-SG-9", "order_id": str(uuid4())},
        label=LABEL,
        claim=claim,
        message=uuid4(),
        received_at=now,
        answer_due_at=now + timedelta(minutes=60),
        state=ForeignOrderState.ANSWERED,
        automatic=True,
        confirm_by=now + timedelta(hours=20),
        answered_at=now,
        held=90_000,
    )
    own = kept(claim, 90_000, now, approval="standing", approved_at=now, until=now + timedelta(days=3))
    ForeignOrderPart.objects.create(foreign=row, order=own)
    made: UUID = row.pk
    return made


def _document(body: OrderBody) -> dict[str, Any]:
    import msgspec

    made: dict[str, Any] = msgspec.to_builtins(body)
    return made
