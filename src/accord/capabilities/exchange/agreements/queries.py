"""Agreements: which one is in force with a partner, which one a message stands under, and what people may see of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db.models import Q, QuerySet

from accord.capabilities.exchange.agreements import documents
from accord.capabilities.exchange.agreements.cycle import ONCE_IN_FORCE
from accord.capabilities.exchange.agreements.errors import Msg
from accord.capabilities.exchange.agreements.terms import AgreementTerms
from accord.capabilities.exchange.errors import Refused
from accord.capabilities.exchange.models import Agreement, AgreementState
from accord.capabilities.exchange.permissions import ExchangePermission
from accord.capabilities.people.policy import Actor, allowed
from accord.core import clock
from accord.core.errors import Corrupt, NotFound

_SHORTEST_HASH: Final = 8
_MOST_KEPT: Final = 256
_terms: dict[str, AgreementTerms] = {}
"""Terms by the hash of their document, which never changes. Reading one takes longer than everything else that is asked for
each message."""


_read: ContextVar[dict[tuple[str, str], InForce] | None] = ContextVar("agreements_read", default=None)


@contextmanager
def read_once() -> Iterator[None]:
    """Within the block each agreement is read once. For a change in which no agreement changes."""
    token = _read.set({})
    try:
        yield
    finally:
        _read.reset(token)


def _known(partner_code: str, name: str, find: Callable[[], Agreement]) -> InForce:
    read = _read.get()
    if read is None:
        return _in_force(find())
    if (partner_code, name) not in read:
        read[partner_code, name] = _in_force(find())
    return read[partner_code, name]


@dataclass(frozen=True, slots=True)
class InForce:
    """The agreement that messages of a partner stand under. `ask_first`: either side wants people to decide everything.

    `over_since`: it is over since then and only winds up what was begun under it; `replaced`: because a later one took its
    place, and not because somebody ended it or its time was up.
    """

    partner: str
    hash: str
    terms: AgreementTerms
    ask_first: bool
    over_since: datetime | None = None
    replaced: bool = False


def in_force(partner_code: str) -> InForce:
    """The agreement with a partner that is in force now; Refused where there is none."""
    return _known(partner_code, "", lambda: _find_in_force(partner_code))


def _find_in_force(partner_code: str) -> Agreement:
    now = clock.now()
    valid = _with(partner_code).filter(state=AgreementState.SIGNED, starts_at__lte=now, ends_at__gt=now)
    found = valid.filter(Q(replaced_at=None) | Q(replaced_at__gt=now)).order_by("-starts_at", "-drafted_at").first()
    if found is None:
        raise Refused("agreement", Msg.NO_AGREEMENT_WITH_IN_FORCE, agency=partner_code)
    return found


def winding_up(partner_code: str) -> InForce:
    """The agreement in force, or else the last one that was: what was begun under it is wound up under it. An offer that was
    withdrawn, or not signed there, never was."""
    try:
        return in_force(partner_code)
    except Refused:
        begun = _with(partner_code).filter(state__in=ONCE_IN_FORCE, starts_at__lte=clock.now())
        found = begun.exclude(own_signature="").exclude(partner_signature="").order_by("-starts_at", "-drafted_at").first()
        if found is None:
            raise
        return _in_force(found)


def by_hash(partner_code: str, hash_: str) -> InForce:
    """The agreement that a message names, also one that is over: what was queued before still stands under it.

    Refused where both sides never signed it. How long after its end it still counts is `grace`; `enforcement.admit` decides.
    """
    return _known(partner_code, hash_ or "-", lambda: _find_by_hash(partner_code, hash_))


def _find_by_hash(partner_code: str, hash_: str) -> Agreement:
    found = _with(partner_code).filter(hash=hash_, state__in=ONCE_IN_FORCE).first()
    if found is None or not (found.own_signature and found.partner_signature):
        raise Refused("agreement", Msg.NOT_SIGNED_BY_CENTRE, hash=hash_[:12] or "no agreement", agency=partner_code)
    return found


def grace(terms: AgreementTerms) -> timedelta:
    """How long after an agreement is over what was asked under it is still answered, and what was queued before may still
    arrive: its longest clock."""
    return max(
        timedelta(minutes=max(terms.clocks.enquiry_minutes, terms.clocks.order_minutes)),
        timedelta(hours=max(terms.clocks.request_hours, terms.clocks.urgent_request_hours)),
    )


def agreements(actor: Actor, partner_code: str = "") -> QuerySet[Agreement]:
    """All versions of all agreements, or those with one partner, for those who work with partners; newest first."""
    if not allowed(actor, ExchangePermission.READ):
        return Agreement.objects.none()
    rows = Agreement.objects.select_related("partner")
    return rows.filter(partner=partner_code) if partner_code else rows


def agreement(actor: Actor, agreement_id: UUID | str) -> Agreement:
    """One version; by its id or by at least eight characters of its hash. NotFound where it is not there or may not be seen."""
    rows = agreements(actor)
    try:
        found = rows.filter(pk=UUID(str(agreement_id))).first()
    except ValueError:
        text = str(agreement_id)
        few = list(rows.filter(hash__startswith=text)[:2]) if len(text) >= _SHORTEST_HASH else []
        found = few[0] if len(few) == 1 else None
    if found is None:
        raise NotFound(Msg.NO_SUCH_AGREEMENT)
    return found


def terms_of(row: Agreement) -> AgreementTerms:
    """What a version says."""
    known = _terms.get(row.hash)
    if known is None:
        if documents.hash_of(row.document) != row.hash:
            raise Corrupt(Msg.AGREEMENT_KEPT_HERE_NOT_ONE_SIGNED, where=row.hash)
        if len(_terms) >= _MOST_KEPT:
            _terms.clear()
        known = _terms[row.hash] = documents.read(row.document)
    return known


def predecessor(row: Agreement) -> Agreement | None:
    """The version that this one takes the place of, if it names one that is known here."""
    replaces = terms_of(row).replaces
    return _with(row.partner_id).filter(hash=replaces).first() if replaces else None


def _with(partner_code: str) -> QuerySet[Agreement]:
    return Agreement.objects.filter(partner=partner_code)


def _in_force(row: Agreement) -> InForce:
    now, ask_first = clock.now(), row.ask_first_here or row.ask_first_there
    ends = sorted(moment for moment in (row.replaced_at, row.ends_at) if moment is not None and moment <= now)
    over_since = ends[0] if ends else None
    return InForce(row.partner_id, row.hash, terms_of(row), ask_first, over_since, bool(ends) and over_since == row.replaced_at)
