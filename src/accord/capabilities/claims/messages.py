"""The port's messages as JSON, the way enquiry rows keep them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

import msgspec

from accord.capabilities.claims import territory
from accord.capabilities.claims.models import Enquiry
from accord.capabilities.claims.ports import CentreAnswer, Credit, EnquiryAnswer, EnquiryRequest, TransferLeg
from accord.core.canonical import content_hash
from accord.engine.tracing.model import Parcel, Rule


def to_json(message: Any) -> Any:
    """The form in which a port message comes back from a JSON column: lists, not tuples."""
    return msgspec.json.decode(msgspec.json.encode(message))


def credits_from_json(document: Any) -> tuple[Credit, ...]:
    return msgspec.convert(document, tuple[Credit, ...])


def parcels_from_json(document: Any) -> tuple[Parcel, ...]:
    return msgspec.convert(document, tuple[Parcel, ...])


def answer_from_json(document: Any) -> CentreAnswer:
    """A kept answer. A bank's has none of what only a partner's centre says."""
    return msgspec.convert(document, CentreAnswer)


def credit_of(leg: TransferLeg, referral: str = "") -> Credit:
    """The question to ask the receiver of an onward transfer; a partner's centre is told where to look, and who says so."""
    credit = Credit(leg.transfer, leg.amount, leg.currency, leg.intervals)
    if not territory.is_abroad(leg.creditor_bank):
        return credit
    return msgspec.structs.replace(
        credit,
        institution=leg.creditor_bank,
        account=leg.creditor,
        time=leg.time,
        debtor_bank=leg.debtor_bank,
        referral=referral,
    )


def onward_credits(answer: EnquiryAnswer) -> list[tuple[str, Credit]]:
    """What an answer leads on to: who is to be asked, and about which credit."""
    referrals = dict(answer.referrals) if isinstance(answer, CentreAnswer) else {}
    return [(territory.holder_of(leg.creditor_bank), credit_of(leg, referrals.get(leg.transfer, ""))) for leg in answer.onward]


def key_of(credits_: Sequence[Credit]) -> str:
    """The same for the same units in any order, so that no credit is asked about twice at once."""
    return content_hash(sorted((to_json(credit.bare()) for credit in credits_), key=lambda credit: str(credit)))


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
    """Credits of several enquiries by transfer id; a transfer named twice becomes one credit with all its claimed units.

    Units for which different referrals vouch stay apart: each covers its own alone.
    """
    merged: dict[tuple[str, str], Credit] = {}
    known: set[Credit] = set()
    for credit in (credit for group in groups for credit in group):
        if credit.bare() in known:
            continue
        place = (credit.transfer, credit.referral)
        earlier = merged.get(place)
        merged[place] = whole = widened(earlier, credit) if earlier else credit
        known |= {credit.bare(), whole.bare()}
    return tuple(merged[place] for place in sorted(merged))


def widened(credit: Credit, more: Credit) -> Credit:
    """A credit with the claimed units of another part of the same transfer added."""
    return msgspec.structs.replace(
        credit, amount=credit.amount + more.amount, intervals=tuple(sorted((*credit.intervals, *more.intervals)))
    )


def newest_answers(enquiries: Iterable[Enquiry]) -> dict[tuple[str, str], Enquiry]:
    """The newest answered enquiry for each (holder, question), of enquiries of one claim and rule in the order of asking.

    Where a holder has one question for all, its newest answer replaces every earlier one.
    """
    newest: dict[tuple[str, str], Enquiry] = {}
    for enquiry in enquiries:
        if enquiry.answer is None:
            continue
        if not Rule(enquiry.rule).keeps_parcels:
            for key in [key for key in newest if key[0] == enquiry.institution]:
                del newest[key]
        newest[enquiry.institution, enquiry.key] = enquiry
    return newest
