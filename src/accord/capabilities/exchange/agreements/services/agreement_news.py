"""What the other side of an agreement did, as an event in the life of the row here, and what follows from each state."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final, Literal

import msgspec
from django.conf import settings

from accord.capabilities import unit_of_work
from accord.capabilities.exchange.agreements import documents, queries, signatures
from accord.capabilities.exchange.agreements.cycle import Event, next_state
from accord.capabilities.exchange.agreements.errors import Msg
from accord.capabilities.exchange.agreements.terms import AgreementTerms
from accord.capabilities.exchange.audit import AgreementAudit
from accord.capabilities.exchange.errors import Refused
from accord.capabilities.exchange.models import Agreement, AgreementState, Incoming
from accord.capabilities.people.policy import NODE, Actor
from accord.capabilities.vocabulary import AuditAction
from accord.core import clock

What = Literal["offer", "sign", "decline", "end"]
_EVENTS: Final[dict[What, Event]] = {
    "offer": Event.RECEIVE,
    "sign": Event.COUNTERSIGN,
    "decline": Event.BE_DECLINED,
    "end": Event.BE_ENDED,
}


class News(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The body of AGREEMENT: what its sender did, with the whole document and every signature that it has under it."""

    what: What
    document: dict[str, Any]
    signatures: dict[str, str] = {}
    reason: str = ""


def news_of(row: Agreement, what: What) -> News:
    own = settings.ACCORD_AGENCY
    under = {own: row.own_signature, row.partner_id: row.partner_signature}
    return News(
        what=what, document=row.document, signatures={code: text for code, text in under.items() if text}, reason=row.reason
    )


def take_agreement(message: Incoming, body: Any) -> None:
    """What a partner did about an agreement."""
    try:
        news = msgspec.convert(body, News)
    except msgspec.ValidationError as error:
        raise Refused("shape", Msg.BODY_NOT_ONE_KIND_AGREEMENT, error=error) from None
    take(NODE, message.partner_id, news)


class AskFirst(msgspec.Struct, frozen=True, kw_only=True):
    agreement: str
    on: bool
    version: int


def take_ask_first(message: Incoming, body: Any) -> None:
    """A partner wants to be asked first, or no longer. Of two switches the later one counts, in whatever order they come."""
    try:
        switch = msgspec.convert(body, AskFirst)
    except msgspec.ValidationError as error:
        raise Refused("shape", Msg.BODY_NOT_ONE_KIND_ASK_FIRST, error=error) from None
    row = Agreement.objects.select_for_update().filter(partner=message.partner_id, hash=switch.agreement).first()
    if row is None:
        raise Refused("agreement", Msg.NO_AGREEMENT_WITH_HERE, hash=switch.agreement[:12], agency=message.partner_id)
    if switch.version <= row.ask_first_seen:
        return
    row.ask_first_there, row.ask_first_seen = switch.on, switch.version
    row.save(update_fields=["ask_first_there", "ask_first_seen"])
    note(NODE, AgreementAudit.PARTNER_ASKED_FIRST if switch.on else AgreementAudit.PARTNER_ASKED_FIRST_NO_LONGER, row)


def take(actor: Actor, partner: str, news: News) -> Agreement | None:
    """What the other side did, as an event in the life of the row here. None where it is nothing new."""
    terms = documents.read(news.document)
    hash_ = documents.hash_of(news.document)
    if {party.agency for party in terms.parties} != {partner, settings.ACCORD_AGENCY}:
        raise Refused("agreement", Msg.AGREEMENT_NOT_BETWEEN_CENTRE, partner=partner)
    event = _EVENTS[news.what]
    if event in (Event.RECEIVE, Event.COUNTERSIGN):
        signatures.check_partners(news.signatures.get(partner, ""), hash_, partner)
    row = Agreement.objects.select_for_update().filter(partner=partner, hash=hash_).first()
    if row is None:
        return _taken_anew(actor, partner, terms, news)
    after = next_state(row.state, event)
    if row.state == after:
        return None
    if event in (Event.RECEIVE, Event.COUNTERSIGN):
        row.partner_signature = news.signatures[partner]
    move(row, after, news.reason)
    return note(actor, _TAKEN[event], row, **({"reason": row.reason} if news.reason else {}))


_TAKEN: Final = {
    Event.RECEIVE: AgreementAudit.RECEIVED,
    Event.COUNTERSIGN: AgreementAudit.SIGNED_BY_THE_PARTNER,
    Event.BE_DECLINED: AgreementAudit.DECLINED_BY_THE_PARTNER,
    Event.BE_ENDED: AgreementAudit.ENDED_BY_THE_PARTNER,
}


def _taken_anew(actor: Actor, partner: str, terms: AgreementTerms, news: News) -> Agreement | None:
    """An agreement that is not known here: an offer, or one that this node signed before it was restored."""
    event = _EVENTS[news.what]
    if event not in (Event.RECEIVE, Event.COUNTERSIGN):
        return None
    own, signed_at = "", None
    if event is Event.COUNTERSIGN:
        own = news.signatures.get(settings.ACCORD_AGENCY, "")
        signed_at = signatures.check_own(own, documents.hash_of(news.document)).signed_at
    row = new_row(partner, terms, news.document, AgreementState.RECEIVED, actor)
    row.drafted_by, row.partner_signature, row.own_signature, row.signed_at = "", news.signatures[partner], own, signed_at
    move(row, AgreementState.SIGNED if own else AgreementState.RECEIVED)
    return note(actor, _TAKEN[event], row)


def new_row(partner: str, terms: AgreementTerms, document: dict[str, Any], state: AgreementState, actor: Actor) -> Agreement:
    return Agreement.objects.create(
        partner_id=partner,
        hash=documents.hash_of(document),
        document=document,
        state=state,
        drafted_by=actor.username,
        drafted_at=clock.now(),
        starts_at=terms.starts_at,
        ends_at=terms.ends_at,
    )


def move(row: Agreement, after: AgreementState, reason: str = "") -> None:
    """The row in its next state, and what follows from that for the version that it replaces."""
    before, row.state = row.state, after
    row.reason = reason or row.reason
    now = clock.now()
    if after == AgreementState.SIGNED and before != after:
        _take_the_place(row, now)
    if after == AgreementState.ENDED and before != after:
        row.ends_at = min(row.ends_at, max(now, row.starts_at))
        if before == AgreementState.SIGNED:
            _give_the_place_back(row, now)
    row.save()


def _take_the_place(row: Agreement, now: datetime) -> None:
    """The version before ends where this one begins. Who wanted to be asked first still does."""
    old = queries.predecessor(row)
    if old is None or old.state != AgreementState.SIGNED:
        return
    Agreement.objects.filter(pk=old.pk).update(replaced_at=max(now, row.starts_at))
    row.ask_first_here, row.ask_first_there = old.ask_first_here, old.ask_first_there


def _give_the_place_back(row: Agreement, now: datetime) -> None:
    """An agreement that ended before it began has replaced nothing."""
    old = queries.predecessor(row)
    if old is not None and old.replaced_at is not None and old.replaced_at > now:
        Agreement.objects.filter(pk=old.pk).update(replaced_at=None)


def note(actor: Actor, action: AuditAction, row: Agreement, **details: Any) -> Agreement:
    unit_of_work.record(actor, action, subject=None, obj=row, partner=row.partner_id, agreement=row.hash, **details)
    return row
