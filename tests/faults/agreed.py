"""What the centres of these tests have agreed: other terms between each pair."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from three_countries import NOON

from accord.capabilities.exchange.agreements.fields import disclosable
from accord.capabilities.exchange.agreements.terms import (
    AccountDetail,
    AgreementTerms,
    Informs,
    Offence,
    OnwardRule,
    Party,
    RefusalGround,
)
from accord.capabilities.exchange.kinds import REQUESTS, MessageKind
from accord.capabilities.exchange.messages import BODIES

OFFENCE: Final = "telecom_fraud"
PAIRS: Final = (("CN", "SG"), ("SG", "TH"), ("CN", "TH"), ("CN", "GB"), ("SG", "GB"))
"""Who is whose partner: the fourth centre knows two of the others, and stands on no path between them."""


def terms(
    first: str,
    second: str,
    *,
    detail: AccountDetail = AccountDetail.ACCOUNT,
    automatic: bool = True,
    hidden: frozenset[str] = frozenset(),
) -> AgreementTerms:
    """What two countries' centres agree on. `automatic`: each carries out the other's orders under a standing authority.
    `hidden`: fields that neither may disclose, besides those that would name what totals leave out."""
    hidden |= frozenset() if detail is AccountDetail.ACCOUNT else NAMES_PLACES
    return AgreementTerms(
        title=f"{first} and {second}: stolen money that crosses their border",
        parties=(_party(first, automatic, hidden), _party(second, automatic, hidden)),
        legal_basis="A test; no law stands behind it.",
        offences=(
            Offence(code=OFFENCE, name="Fraud", provisions={f"{code}-CENTRE": f"Law of {code}" for code in (first, second)}),
        ),
        liability="Each side answers for what it orders.",
        indemnity="The requester makes good what a wrong hold costs.",
        transfer_basis="Made-up people.",
        refusal_grounds=tuple(RefusalGround),
        kinds=tuple(BODIES),
        account_detail=detail,
        onward=OnwardRule.NEVER,
        informs_holder=Informs.RECEIVER,
        languages=("en", "zh"),
        starts_at=NOON - timedelta(days=30),
        ends_at=NOON + timedelta(days=335),
    )


NAMES_PLACES: Final = frozenset(
    {"flows", "flows.debtor", "flows.debtor_bank", "flows.creditor", "flows.creditor_bank", "onward.debtor"}
    | {"onward.debtor_bank", "exits.debtor", "exits.debtor_bank", "standing.bank", "open.bank", "settled.bank", "settled.place"}
)
"""Fields that would name what totals leave out."""


def _party(code: str, automatic: bool, hidden: frozenset[str]) -> Party:
    return Party(
        agency=f"{code}-CENTRE",
        name=f"Centre of {code}",
        jurisdiction=code,
        authority=f"Law of {code}",
        standing_authority="Each centre acts at once",
        standing_authority_verified=True,
        automatic=(MessageKind.ENQUIRY, MessageKind.ORDER) if automatic else (MessageKind.ENQUIRY,),
        fields={kind: tuple(name for name in disclosable(kind) if name not in hidden) for kind in BODIES},
        quotas=dict.fromkeys(REQUESTS, 10_000),
    )
