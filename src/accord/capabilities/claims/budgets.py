"""What another centre's claim may use here: how small an amount is still followed, and until when a partner is to answer.

Which budget a claim came with, and what was agreed with whom, is known to a later room, which connects its look-up here when
the node starts.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from accord.capabilities.claims.models import Claim, ClaimTransfer
from accord.capabilities.claims.ports import Credit

FloorsOf = Callable[[Collection[UUID]], Mapping[UUID, int]]
"""The smallest amount to follow, in minor units, of those of these claims that have one."""

AnswerDueAt = Callable[[str, UUID, datetime], datetime | None]
"""By when a partner that is asked for a claim at a moment is to answer; None where that is not known."""


def _no_floors(_claims: Collection[UUID]) -> Mapping[UUID, int]:
    return {}


def _not_known(_partner: str, _claim: UUID, _now: datetime) -> datetime | None:
    return None


_floors_of: FloorsOf = _no_floors
_answer_due_at: AnswerDueAt = _not_known


def connect(floors_of: FloorsOf | None, answer_due_at_: AnswerDueAt | None) -> None:
    """Ask these from now on; None: nobody limits anything."""
    global _floors_of, _answer_due_at
    _floors_of, _answer_due_at = floors_of or _no_floors, answer_due_at_ or _not_known


def answer_due_at(partner: str, claim: UUID, now: datetime) -> datetime | None:
    """By when a partner that is asked now for this claim is to answer; None where that is not known."""
    return _answer_due_at(partner, claim, now)


@dataclass(frozen=True, slots=True)
class Floor:
    """What of a claim is too small to follow: less than `least` minor units, but for the transfers that the claim starts at,
    which the other centre asks about by name."""

    least: int = 0
    starts: frozenset[str] = frozenset()

    def split(self, credits_: Sequence[Credit]) -> tuple[tuple[Credit, ...], tuple[Credit, ...]]:
        """Those that are followed, and those that are too small."""
        small = tuple(credit for credit in credits_ if credit.amount < self.least and credit.transfer not in self.starts)
        return tuple(credit for credit in credits_ if credit not in small), small


def floors(claims: Collection[Claim]) -> dict[UUID, Floor]:
    """The floor of each of these claims; a claim of our own has none."""
    known = {claim.pk: Floor() for claim in claims}
    foreign = {claim.pk for claim in claims if claim.origin}
    least = {claim_id: amount for claim_id, amount in _floors_of(foreign).items() if amount > 0} if foreign else {}
    starts: dict[UUID, set[str]] = {claim_id: set() for claim_id in least}
    if least:
        for claim_id, transfer in ClaimTransfer.objects.filter(claim__in=least).values_list("claim_id", "transfer"):
            starts[claim_id].add(transfer)
    return known | {claim_id: Floor(amount, frozenset(starts[claim_id])) for claim_id, amount in least.items()}
