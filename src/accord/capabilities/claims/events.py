"""News of claims for later capabilities."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from accord.capabilities.news import Changed

if TYPE_CHECKING:
    from accord.capabilities.claims.models import Claim

changed: Final = Changed()
"""What is known of claims has changed: an answer or a failure came, or a hold on their money was confirmed or ended."""

changed_for_others: Final = Changed()
"""The same of claims that are followed for another centre, which is told of it."""


def notify(claims: Iterable[Claim]) -> None:
    """What is known of these claims has changed."""
    known = {claim.pk: claim for claim in claims}
    changed.send(known.keys())
    changed_for_others.send([claim.pk for claim in known.values() if claim.origin])
