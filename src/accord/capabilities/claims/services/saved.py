from __future__ import annotations

from collections.abc import Sequence

from accord.capabilities.claims.joined_trace import join
from accord.capabilities.claims.models import Claim, ClaimTransfer, HoldShare, SavedTrace
from accord.core import clock
from accord.core.canonical import content_hash


def save_trace(claim: Claim, starts: Sequence[ClaimTransfer], shares: Sequence[HoldShare]) -> SavedTrace:
    """Keep the joined trace as it stands now, with its hash: what a decision was taken on.

    `starts` and live `shares` are those of the claim.
    """
    document = join(claim, starts=starts, shares=shares).to_json()
    return SavedTrace.objects.create(
        claim=claim, rule=claim.rule, made_at=clock.now(), document=document, sha256=content_hash(document)
    )
