"""First orders, placed before any trace: what they hold is booked, and their claims start at the payments that banks found."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from accord.capabilities import unit_of_work
from accord.capabilities.claims.events import notify
from accord.capabilities.claims.models import Claim, SharedAccount
from accord.capabilities.claims.ports import Credit, EnquiryAnswer
from accord.capabilities.claims.services import plan
from accord.capabilities.claims.services.chase import Start, start_all
from accord.capabilities.claims.services.shares import Booking, Place, lock_places, reserve
from accord.capabilities.people.policy import Actor


@dataclass(frozen=True, slots=True)
class FirstHold:
    """What a bank has answered to a first order: the payment (`credit`), as the ledger holder `asked` knows it, and how much
    is `held` at the place that it reached; with what the bank already said became of the payment."""

    order_id: UUID
    claim: Claim
    place: Place
    held: int
    asked: str
    credit: Credit
    followed: EnquiryAnswer | None


@unit_of_work.change
def begin(actor: Actor, holds: Sequence[FirstHold]) -> None:
    """Book what first orders hold, and start their claims."""
    _book([hold for hold in holds if hold.held])
    start_all(actor, [Start(hold.claim.pk, hold.asked, hold.credit, hold.followed) for hold in holds])


def book_first(order_id: UUID, claim: Claim, place: Place, held: int, transfer: str, followed: EnquiryAnswer | None) -> None:
    """Book what one first order holds."""
    _book([FirstHold(order_id, claim, place, held, place[0], Credit(transfer, held, place[2]), followed)])


def _book(holds: Sequence[FirstHold]) -> None:
    """The units of a first hold are those that stand on the account."""
    if not holds:
        return
    accounts = lock_places({hold.place for hold in holds})
    reserve(_booking(hold, accounts[hold.place]) for hold in holds)
    _weigh_others(holds)
    notify(hold.claim for hold in holds)


def _booking(hold: FirstHold, account: SharedAccount) -> Booking:
    standing = hold.followed.standing if hold.followed else ()
    units = [parcel for row in standing if row.account == hold.place[1] for parcel in row.parcels]
    return Booking(hold.order_id, hold.claim, account, hold.held, units, [hold.credit.transfer], confirmed=True)


def _weigh_others(holds: Iterable[FirstHold]) -> None:
    """Other claims propose less where money is held for one now."""
    holders: dict[Place, set[UUID]] = defaultdict(set)
    for hold in holds:
        holders[hold.place].add(hold.claim.pk)
    plan.refresh_all_but(holders)
