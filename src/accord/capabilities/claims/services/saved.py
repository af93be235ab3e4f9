from __future__ import annotations

from accord.capabilities.claims.joined_trace import join
from accord.capabilities.claims.models import Claim, SavedTrace
from accord.core import clock
from accord.core.canonical import content_hash


def save_trace(claim: Claim) -> SavedTrace:
    """Keep the joined trace as it stands now, with its hash: what a decision was taken on."""
    document = join(claim).to_json()
    return SavedTrace.objects.create(
        claim=claim, rule=claim.rule, made_at=clock.now(), document=document, sha256=content_hash(document)
    )
