"""Agreements that tests stand on: one that discloses everything and lets both act alone, to be narrowed by each test."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from accord.capabilities.exchange.agreements import documents
from accord.capabilities.exchange.agreements.fields import disclosable
from accord.capabilities.exchange.agreements.queries import InForce
from accord.capabilities.exchange.agreements.terms import AgreementTerms, Offence, Party, RefusalGround
from accord.capabilities.exchange.kinds import REQUESTS, MessageKind
from accord.capabilities.exchange.messages import BODIES

OFFENCE = "fraud"
STARTS = datetime(2026, 1, 1, tzinfo=UTC)


def party(agency: str, **changes: Any) -> Party:
    """A side that may disclose every field, send plenty and act alone on a verified standing authority."""
    stated: dict[str, Any] = {
        "agency": agency,
        "name": f"Centre {agency}",
        "jurisdiction": agency[:2],
        "authority": "Police Act, s. 12",
        "standing_authority": "Order 7 of the Commissioner",
        "standing_authority_verified": True,
        "automatic": (MessageKind.ENQUIRY, MessageKind.ORDER),
        "fields": {kind: disclosable(kind) for kind in BODIES if disclosable(kind)},
        "quotas": dict.fromkeys(REQUESTS, 1_000),
    }
    return Party(**{**stated, **changes})


def terms_between(first: str, second: str, **changes: Any) -> AgreementTerms:
    """The widest agreement between two centres, from 2026-01-01 for ten years; `changes` are fields of the terms."""
    stated: dict[str, Any] = {
        "title": f"Agreement between {first} and {second}",
        "parties": (party(first), party(second)),
        "legal_basis": "Treaty on mutual assistance, article 9",
        "offences": (
            Offence(code=OFFENCE, name="Fraud", provisions={first: "Penal Code, s. 415", second: "Criminal Law, art. 266"}),
        ),
        "liability": "Each side answers for its own orders.",
        "indemnity": "The requester makes good what a wrong request costs.",
        "transfer_basis": "Adequacy decision of 2025",
        "refusal_grounds": tuple(RefusalGround),
        "kinds": tuple(sorted(REQUESTS)),
        "languages": ("en", "zh-hans"),
        "starts_at": STARTS,
        "ends_at": STARTS + timedelta(days=3_650),
    }
    return AgreementTerms(**{**stated, **changes})


def with_party(terms: AgreementTerms, agency: str, **changes: Any) -> AgreementTerms:
    """The same terms with changes to one side."""
    parties = [msgspec.structs.replace(one, **changes) if one.agency == agency else one for one in terms.parties]
    return msgspec.structs.replace(terms, parties=tuple(parties))


def in_force_at(agency: str, terms: AgreementTerms, **changes: Any) -> InForce:
    """The agreement as the node of `agency` sees it."""
    return InForce(terms.other(agency).agency, documents.hash_of(documents.document(terms)), terms, False, **changes)
