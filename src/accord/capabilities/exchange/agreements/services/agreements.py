"""What the two sides do about an agreement: draft, offer, sign, decline, end, and ask to be asked first.

Whatever one side does is written here and told to the other in the same change. What the other side does comes in as a
message, or as a file where there is no line; both go the same way (`agreement_news.take`).
"""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

import msgspec
from django.conf import settings

from accord.capabilities import unit_of_work
from accord.capabilities.exchange.agreements import documents, queries, signatures
from accord.capabilities.exchange.agreements.cycle import Event, next_state
from accord.capabilities.exchange.agreements.errors import Msg
from accord.capabilities.exchange.agreements.services.agreement_news import News, What, move, new_row, news_of, note, take
from accord.capabilities.exchange.agreements.terms import AgreementTerms
from accord.capabilities.exchange.audit import AgreementAudit
from accord.capabilities.exchange.channel.services import sending
from accord.capabilities.exchange.kinds import MessageKind
from accord.capabilities.exchange.models import Agreement, AgreementState, Partner
from accord.capabilities.exchange.partners import queries as partners
from accord.capabilities.exchange.permissions import AgreementPermission, ExchangePermission
from accord.capabilities.people.policy import Actor, allowed, require
from accord.capabilities.permissions import Permission
from accord.core import clock
from accord.core.errors import BadInput, Conflict, NotFound


@unit_of_work.change
def draft(actor: Actor, terms: AgreementTerms) -> Agreement:
    """Keep a draft. BadInput where the document is wrong; Conflict where it is known already."""
    require(actor, AgreementPermission.DRAFT)
    document = documents.document(terms)
    terms = documents.read(document)
    partner = _partner_in(terms)
    partners.confirmed(partner)
    hash_ = documents.hash_of(document)
    if Agreement.objects.filter(partner=partner, hash=hash_).exists():
        raise Conflict(Msg.ALREADY_AGREEMENT_WITH_SAYS_SAME, agency=partner, hash=hash_[:12])
    row = new_row(partner, terms, document, AgreementState.DRAFT, actor)
    _check_predecessor(row, terms)
    return note(actor, AgreementAudit.DRAFTED, row)


@unit_of_work.change
def offer(actor: Actor, agreement_id: UUID | str) -> Agreement:
    """Sign a draft for this side and send it to the other one."""
    row = _locked(actor, agreement_id)
    after = next_state(row.state, Event.OFFER)
    terms = queries.terms_of(row)
    if unfinished := documents.unfinished(terms):
        raise BadInput(Msg.STILL_SAY_WHAT_TEMPLATE_SAYS, names=tuple(unfinished))
    _check_room(row, terms)
    _sign(actor, row, after)
    _tell(row, "offer")
    return note(actor, AgreementAudit.OFFERED, row)


@unit_of_work.change
def sign(actor: Actor, agreement_id: UUID | str) -> Agreement:
    """Sign for this side what the other side has signed and offered: from now on, or from its start, it is in force."""
    row = _locked(actor, agreement_id)
    after = next_state(row.state, Event.SIGN)
    _check_room(row, queries.terms_of(row))
    _sign(actor, row, after)
    _tell(row, "sign")
    return note(actor, AgreementAudit.SIGNED, row)


@unit_of_work.change
def decline(actor: Actor, agreement_id: UUID | str, reason: str) -> Agreement:
    """Tell the other side that its offer is not signed here, and why."""
    row = _locked(actor, agreement_id)
    move(row, next_state(row.state, Event.DECLINE), _reason(reason))
    _tell(row, "decline")
    return note(actor, AgreementAudit.DECLINED, row, reason=row.reason)


@unit_of_work.change
def discard(actor: Actor, agreement_id: UUID | str) -> None:
    """Drop a draft, of which nobody else knows."""
    row = _locked(actor, agreement_id, AgreementPermission.DRAFT)
    if row.state != AgreementState.DRAFT:
        raise Conflict(Msg.ONLY_DRAFT_CAN_BE_DROPPED)
    note(actor, AgreementAudit.DROPPED, row)
    row.delete()


@unit_of_work.change
def end(actor: Actor, agreement_id: UUID | str, reason: str) -> Agreement:
    """End an agreement at once, or withdraw an offer. A partner that is not reached is told when it is."""
    row = _locked(actor, agreement_id)
    move(row, next_state(row.state, Event.END), _reason(reason))
    _tell_if_possible(row, "end")
    return note(actor, AgreementAudit.ENDED, row, reason=row.reason)


@unit_of_work.change
def set_ask_first(actor: Actor, partner_code: str, on: bool) -> list[Agreement]:
    """From now on this side decides everything of a partner by a person; with `on` false, what the agreement lets go by itself
    does so again. Whoever answers partners may switch it on; switching it off is for whoever signs agreements."""
    if not (on and allowed(actor, ExchangePermission.ANSWER)):
        require(actor, AgreementPermission.SIGN)
    rows = list(_live(partner_code).select_for_update())
    if not rows:
        raise NotFound(Msg.NO_AGREEMENT_WITH_SIGNED, agency=partner_code)
    for row in rows:
        if row.ask_first_here == on:
            continue
        row.ask_first_here, row.ask_first_version = on, row.ask_first_version + 1
        row.save(update_fields=["ask_first_here", "ask_first_version"])
        body = {"agreement": row.hash, "on": on, "version": row.ask_first_version}
        sending.queue(partner_code, MessageKind.ASK_FIRST, body, about=row.pk)
        note(actor, AgreementAudit.ASKED_FIRST if on else AgreementAudit.ASKED_FIRST_NO_LONGER, row)
    return rows


def export_file(actor: Actor, agreement_id: UUID | str) -> bytes:
    """The agreement with the signatures that are under it, as a file for a partner without a line."""
    row = queries.agreement(actor, agreement_id)
    if not row.own_signature:
        raise Conflict(Msg.AGREEMENT_NOT_SIGNED_HERE_YET)
    what: What = "sign" if row.partner_signature else "offer"
    return json.dumps(msgspec.to_builtins(news_of(row, what)), ensure_ascii=False, indent=2, sort_keys=True).encode() + b"\n"


@unit_of_work.change
def import_file(actor: Actor, data: bytes) -> Agreement:
    """Take what a partner exported: an offer, or its signature under ours. BadInput where it is no such file."""
    require(actor, AgreementPermission.DRAFT)
    try:
        news = msgspec.json.decode(data, type=News)
    except msgspec.DecodeError as error:
        raise BadInput(Msg.NOT_AN_EXPORTED_AGREEMENT, error=error) from None
    if news.what not in ("offer", "sign"):
        raise BadInput(Msg.FILE_HOLDS_NO_SIGNATURE)
    partner = _partner_in(documents.read(news.document))
    partners.confirmed(partner)
    row = take(actor, partner, news)
    if row is None:
        raise Conflict(Msg.FILE_SAYS_NOTHING_NOT_KNOWN_HERE)
    return row


def _partner_in(terms: AgreementTerms) -> str:
    agencies = [party.agency for party in terms.parties]
    own = settings.ACCORD_AGENCY
    if not own or own not in agencies:
        raise BadInput(Msg.CENTRE_NO_PARTY, agency=own or "ACCORD_AGENCY is not set", agencies=tuple(agencies))
    return terms.other(own).agency


def _locked(actor: Actor, agreement_id: UUID | str, permission: Permission = AgreementPermission.SIGN) -> Agreement:
    require(actor, permission)
    found = queries.agreement(actor, agreement_id)
    return Agreement.objects.select_for_update().get(pk=found.pk)


def _sign(actor: Actor, row: Agreement, after: AgreementState) -> None:
    row.own_signature = signatures.sign(row.hash)
    row.signed_by, row.signed_at = actor.username, clock.now()
    move(row, after)


def _live(partner: str) -> Any:
    return Agreement.objects.filter(partner=partner, state=AgreementState.SIGNED, ends_at__gt=clock.now())


def _check_predecessor(row: Agreement, terms: AgreementTerms) -> None:
    if terms.replaces and queries.predecessor(row) is None:
        raise BadInput(Msg.NO_AGREEMENT_WITH_HERE, hash=terms.replaces[:12], agency=row.partner_id, where="replaces")


def _check_room(row: Agreement, terms: AgreementTerms) -> None:
    """At most one agreement is in force with a partner at any time: a change names what it takes the place of."""
    _check_predecessor(row, terms)
    for other in _live(row.partner_id).exclude(pk=row.pk).exclude(hash=terms.replaces):
        over = min(other.ends_at, other.replaced_at or other.ends_at)
        if other.starts_at < terms.ends_at and terms.starts_at < over:
            raise Conflict(Msg.AGREEMENT_IN_FORCE_AT_TIME, hash=other.hash[:12])


def _tell(row: Agreement, what: What) -> None:
    sending.queue(row.partner_id, MessageKind.AGREEMENT, msgspec.to_builtins(news_of(row, what)), about=row.pk)


def _tell_if_possible(row: Agreement, what: What) -> None:
    """An end counts here whether or not the partner can be told: one that is no longer confirmed gets no more messages."""
    if Partner.objects.filter(pk=row.partner_id, state="confirmed").exists():
        _tell(row, what)


def _reason(text: str) -> str:
    stripped = text.strip()
    if not stripped:
        raise BadInput(Msg.SAY_WHY_TO_PARTNER)
    return stripped
