"""The port's messages as JSON, the way enquiry rows keep them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

import msgspec

from accord.capabilities.claims.models import Enquiry
from accord.capabilities.claims.ports import Credit, EnquiryAnswer, EnquiryRequest, TransferLeg
from accord.core.canonical import content_hash
from accord.engine.tracing.model import Parcel, Rule


def to_json(message: Any) -> Any:
    """The form in which a port message comes back from a JSON column: lists, not tuples."""
    return msgspec.json.decode(msgspec.json.encode(message))


def credits_from_json(document: Any) -> tuple[Credit, ...]:
    return msgspec.convert(document, tuple[Credit, ...])


def parcels_from_json(document: Any) -> tuple[Parcel, ...]:
    return msgspec.convert(document, tuple[Parcel, ...])


def answer_from_json(document: Any) -> EnquiryAnswer:
    return msgspec.convert(document, EnquiryAnswer)


def credit_of(leg: TransferLeg) -> Credit:
    """The question to ask the receiver of an onward transfer."""
    return Credit(leg.transfer, leg.amount, leg.currency, leg.intervals)


def key_of(credits_: Sequence[Credit]) -> str:
    """The same for the same credits in any order, so that no credit is asked about twice at once."""
    return content_hash(sorted((to_json(credit) for credit in credits_), key=lambda credit: str(credit)))


def request_of(enquiry: Enquiry, authority: str) -> EnquiryRequest:
    """The message that an enquiry row stands for."""
    return EnquiryRequest(
        enquiry_id=UUID(str(enquiry.pk)),
        authority=authority,
        institution=enquiry.institution,
        credits=credits_from_json(enquiry.credits),
        rule=Rule(enquiry.rule),
    )


def merged_credits(groups: Iterable[Sequence[Credit]]) -> tuple[Credit, ...]:
    """Credits of several enquiries by transfer id; a transfer named twice becomes one credit with all its claimed units."""
    merged: dict[str, Credit] = {}
    for credit in (credit for group in groups for credit in group):
        earlier = merged.get(credit.transfer)
        if earlier is None:
            merged[credit.transfer] = credit
        elif earlier != credit:
            intervals = tuple(sorted((*earlier.intervals, *credit.intervals)))
            merged[credit.transfer] = Credit(credit.transfer, earlier.amount + credit.amount, credit.currency, intervals)
    return tuple(merged[transfer] for transfer in sorted(merged))
