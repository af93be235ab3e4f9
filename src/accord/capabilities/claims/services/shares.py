"""Several claims on one account share one total, never above what is traced there.

Under FIFO and LIFO every claimed unit has a place (a transfer and a range of its units), so what is already held is cut
out exactly. Under the other rules units have no place: claims that share a credit count once, by the larger.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Q

from accord.capabilities import unit_of_work
from accord.capabilities.claims.messages import parcels_from_json, to_json
from accord.capabilities.claims.models import Claim, HoldShare, SharedAccount
from accord.engine.tracing.intervals import minus
from accord.engine.tracing.model import Interval, Parcel

Place = tuple[str, str, str]
"""Where money stands: institution, account, currency."""


def lock_places(places: Collection[Place]) -> dict[Place, SharedAccount]:
    """The shared account of each place, locked in a fixed order until the end of the transaction. Call inside one."""
    found = _locked(places)
    missing = sorted(set(places) - found.keys())
    if missing:
        SharedAccount.objects.bulk_create(
            (SharedAccount(institution=place[0], account=place[1], currency=place[2]) for place in missing),
            ignore_conflicts=True,
        )
        found |= _locked(missing)
    return found


def _locked(places: Collection[Place]) -> dict[Place, SharedAccount]:
    rows = SharedAccount.objects.select_for_update().filter(account__in={place[1] for place in places}).order_by("pk")
    return {row.place: row for row in rows if row.place in places}


def live_shares(accounts: Collection[SharedAccount], claims: Collection[Claim]) -> list[HoldShare]:
    """The shares that hold something, or are about to: on these accounts by any claim, and by these claims anywhere."""
    concerned = Q(account__in=[account.pk for account in accounts]) | Q(claim__in=[claim.pk for claim in claims])
    return list(HoldShare.objects.filter(concerned, active=True).select_related("account").order_by("pk"))


def free_units(
    shares: Sequence[HoldShare], amount: int, parcels: Sequence[Parcel], transfers: Iterable[str]
) -> tuple[int, tuple[Parcel, ...]]:
    """How much of `amount` no live share covers yet, and (FIFO, LIFO) which units those are."""
    if parcels:
        covered = [parcel for share in shares for parcel in _first_units(parcels_from_json(share.parcels), share.amount)]
        free = _without(parcels, covered)
        # a share without units (its claim is traced under a rule without parcels) covers as many units as it holds
        unplaced = sum(share.amount for share in shares if not share.parcels)
        left = max(0, sum(parcel.end - parcel.start for parcel in free) - unplaced)
        return left, tuple(_first_units(free, left))
    named = set(transfers)
    overlapping = sum(share.amount for share in shares if not share.transfers or named & set(share.transfers))
    return max(0, amount - overlapping), ()


@dataclass(frozen=True, slots=True)
class Booking:
    """Money on a shared account that is to be booked for one order."""

    order_id: UUID
    claim: Claim
    account: SharedAccount
    amount: int
    parcels: Sequence[Parcel]
    transfers: Sequence[str]
    confirmed: bool = False


@unit_of_work.change
def reserve(bookings: Iterable[Booking]) -> None:
    """Book money for orders; once per order."""
    HoldShare.objects.bulk_create(
        [
            HoldShare(
                order_id=booking.order_id,
                account=booking.account,
                claim=booking.claim,
                amount=booking.amount,
                parcels=to_json(tuple(booking.parcels)),
                transfers=list(booking.transfers),
                confirmed=booking.confirmed,
            )
            for booking in bookings
        ],
        ignore_conflicts=True,
    )


def reserve_share(
    order_id: UUID,
    claim: Claim,
    shared: SharedAccount,
    amount: int,
    parcels: Sequence[Parcel],
    transfers: Sequence[str],
    *,
    confirmed: bool = False,
) -> None:
    """Book money on the account for one order; once per order."""
    reserve([Booking(order_id, claim, shared, amount, parcels, transfers, confirmed)])


def _first_units(parcels: Sequence[Parcel], amount: int) -> Iterable[Parcel]:
    for parcel in parcels:
        if amount <= 0:
            return
        taken = min(amount, parcel.end - parcel.start)
        yield Parcel(parcel.transfer, parcel.start, parcel.start + taken)
        amount -= taken


def _without(wanted: Sequence[Parcel], covered: Sequence[Parcel]) -> list[Parcel]:
    """The units in `wanted` that lie in none of `covered`, without overlaps."""
    cuts: dict[str, list[Interval]] = defaultdict(list)
    for parcel in covered:
        cuts[parcel.transfer].append((parcel.start, parcel.end))
    return [
        Parcel(transfer, low, high)
        for transfer, start, end in _union(wanted)
        for low, high in minus([(start, end)], cuts[transfer])
    ]


def _union(parcels: Sequence[Parcel]) -> list[tuple[str, int, int]]:
    """The same units without overlaps, sorted."""
    merged: list[Any] = []
    for parcel in sorted(parcels, key=lambda parcel: (parcel.transfer, parcel.start)):
        if merged and merged[-1][0] == parcel.transfer and parcel.start <= merged[-1][2]:
            merged[-1][2] = max(merged[-1][2], parcel.end)
        else:
            merged.append([parcel.transfer, parcel.start, parcel.end])
    return [tuple(item) for item in merged]
