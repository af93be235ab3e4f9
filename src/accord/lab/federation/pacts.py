"""The agreement between two centres of an exercise, in full; only what a `Pact` says differs from pair to pair."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from accord.capabilities.exchange.agreements.documents import document
from accord.capabilities.exchange.agreements.fields import disclosable
from accord.capabilities.exchange.agreements.terms import (
    AccountDetail,
    AgreementTerms,
    Clocks,
    Informs,
    Offence,
    OnwardRule,
    Party,
    RefusalGround,
)
from accord.capabilities.exchange.kinds import REQUESTS, MessageKind
from accord.capabilities.exchange.messages import BODIES
from accord.lab.federation.plan import CentrePlan, Pact

OFFENCE: Final = "telecom_fraud"
_LASTS: Final = timedelta(days=365)
_A_DAY: Final = 20_000
"""Requests of a kind in 24 hours: far above what an exercise asks, so that only a drill of the quota meets it."""


def document_of(pact: Pact, first: CentrePlan, second: CentrePlan, starts_at: datetime) -> dict[str, Any]:
    """The document that `first` offers to `second`."""
    return document(terms_of(pact, first, second, starts_at))


def terms_of(pact: Pact, first: CentrePlan, second: CentrePlan, starts_at: datetime) -> AgreementTerms:
    """What it says. A side may disclose all that can be chosen; how precisely it names accounts is a clause of its own."""
    return AgreementTerms(
        title=f"Exercise: {first.code} and {second.code} on stolen money that crosses their border",
        parties=(_party(pact, first), _party(pact, second)),
        legal_basis="An exercise; no law stands behind it.",
        offences=(
            Offence(
                code=OFFENCE,
                name="Fraud by telecommunication",
                provisions={side.code: f"The fraud provision of {side.country}" for side in (first, second)},
            ),
        ),
        liability="Each side answers for what it orders under its own law.",
        indemnity="The requester makes good what a hold that it asked for wrongly has cost.",
        transfer_basis="An exercise with made-up people.",
        refusal_grounds=tuple(RefusalGround),
        use_limits=("To find and hold the stolen money of the case alone",),
        kinds=tuple(BODIES),
        account_detail=AccountDetail(pact.detail),
        onward=OnwardRule.NAMED if pact.onward else OnwardRule.NEVER,
        informs_holder=Informs.RECEIVER,
        clocks=Clocks(enquiry_minutes=15, order_minutes=30),
        languages=("en", "zh"),
        starts_at=starts_at,
        ends_at=starts_at + _LASTS,
    )


def _party(pact: Pact, centre: CentrePlan) -> Party:
    automatic = (MessageKind.ENQUIRY, MessageKind.ORDER) if pact.orders_at_once else (MessageKind.ENQUIRY,)
    return Party(
        agency=centre.code,
        name=centre.name,
        jurisdiction=centre.jurisdiction,
        authority=f"The exercise's law of {centre.country}",
        standing_authority="The exercise's director lets this centre act at once",
        standing_authority_verified=True,
        automatic=automatic,
        fields={kind: disclosable(kind) for kind in BODIES},
        quotas=dict.fromkeys(REQUESTS, _A_DAY),
    )
