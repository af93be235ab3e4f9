"""What the people of a centre decide about what partners ask for, and whose claims its own work serves."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING
from uuid import UUID

from accord.capabilities.claims import queries as claim_queries
from accord.capabilities.exchange.channel.queries import messages
from accord.capabilities.exchange.crossborder.queries import foreign_cases, foreign_enquiries
from accord.capabilities.exchange.crossborder.queries import orders as foreign_orders
from accord.capabilities.exchange.crossborder.services.enquiries import enquiries as deciding_enquiries
from accord.capabilities.exchange.crossborder.services.orders import foreign_orders as deciding_orders
from accord.core.errors import Conflict
from accord.lab.demo.outcomes import MessagesSent

if TYPE_CHECKING:
    from accord.capabilities.people.models import User

Case = tuple[str, str]
"""(agency code of the partner, its case)"""


def waiting(officer: User) -> Iterator[UUID]:
    """Ids of partners' enquiries and orders that wait for an officer to decide or to confirm."""
    yield from foreign_enquiries.waiting(officer).values_list("pk", flat=True)
    yield from foreign_orders.waiting(officer).values_list("pk", flat=True)


def decide(officer: User, wanted: UUID) -> None:
    """Let through what a partner asks for, or stand by what was done for it automatically. Nothing where it has changed."""
    try:
        if foreign_enquiries.waiting(officer).filter(pk=wanted).exists():
            deciding_enquiries.decide(officer, wanted, True, "looked at: the money came from the partner's banks")
            return
        order = foreign_orders.waiting(officer).filter(pk=wanted).first()
        if order is not None and order.automatic:
            deciding_orders.confirm(officer, wanted)
        elif order is not None:
            deciding_orders.decide(officer, wanted, True, "looked at: the money came from the partner's banks")
    except Conflict:
        return  # somebody or something else was first


def own_and_cases(officer: User, claims: Collection[UUID]) -> tuple[list[UUID], list[Case]]:
    """Of these claims, our own; and for those that we follow for partners, the partners' cases."""
    known = claim_queries.by_ids(officer, list(claims))
    own = [claim for claim, row in known.items() if not row.origin]
    asked = foreign_enquiries.by_claims(officer, [claim for claim, row in known.items() if row.origin])
    return own, [(row.partner_id, row.case) for rows in asked.values() for row in rows]


def claims_of(cases: Collection[Case]) -> set[UUID]:
    """Our own claims that partners know under these cases; `cases` name the partner who told."""
    found = (foreign_cases.claim_of_case(partner, case) for partner, case in cases)
    return {claim for claim in found if claim is not None}


def sent_to_partners(officer: User) -> list[MessagesSent]:
    """How many messages of each kind this centre has sent to each partner."""
    counts: dict[tuple[str, str], int] = {}
    for sent in messages.read(messages.messages(officer, messages.Wanted(direction="out"))):
        counts[sent.partner, sent.kind] = counts.get((sent.partner, sent.kind), 0) + 1
    return [MessagesSent(partner, kind, number) for (partner, kind), number in sorted(counts.items())]
