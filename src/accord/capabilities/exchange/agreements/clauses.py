"""The clauses of an agreement as checks of one message. Each raises `Refused` with the clause's name; `enforcement` calls all.

What is refused here is the same on the way out and on the way in, but for what two clocks may differ.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from accord.capabilities.exchange.agreements.errors import Msg
from accord.capabilities.exchange.agreements.queries import InForce, grace
from accord.capabilities.exchange.agreements.terms import AccountDetail, AgreementTerms, Informs
from accord.capabilities.exchange.errors import Refused
from accord.capabilities.exchange.kinds import REQUESTS, MessageKind
from accord.capabilities.exchange.messages import (
    EnquiryAnswerBody,
    EnquiryBody,
    OrderBody,
    RequestAnswerBody,
    RequestBody,
    WireLeg,
)

ASKED_BY: Final = {
    MessageKind.ENQUIRY_ANSWER: MessageKind.ENQUIRY,
    MessageKind.ORDER_ANSWER: MessageKind.ORDER,
    MessageKind.ORDER_NEWS: MessageKind.ORDER,
    MessageKind.REQUEST_ANSWER: MessageKind.REQUEST,
    MessageKind.NOTE: MessageKind.REQUEST,
}
"""The kind of request that a kind of message belongs to: it passes where that request does."""

CARETAKING: Final = frozenset({MessageKind.RELABEL, MessageKind.RECEIPT})
"""Kinds that every agreement lets pass: they only care for what was exchanged under it."""

_WINDING_UP: Final = CARETAKING | {MessageKind.ORDER_ANSWER, MessageKind.ORDER_NEWS}
"""Kinds that pass however long an agreement is over, as do releases: what is held under it must still be given back."""

MERGED_BANK: Final = "bank:"
MERGED_TOTAL: Final = "total:"
"""How a `place` begins that is one total a bank and currency, or one total a currency, and no account."""

_MERGED: Final[dict[AccountDetail, tuple[str, ...]]] = {
    AccountDetail.BANK: (MERGED_BANK, MERGED_TOTAL),
    AccountDetail.TOTAL: (MERGED_TOTAL,),
}
_CLOCKS_APART: Final = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Passing:
    """One message at the gate."""

    agreement: InForce
    sender: str
    recipient: str
    kind: MessageKind
    body: Any
    sent_before: int
    now: datetime

    @property
    def terms(self) -> AgreementTerms:
        return self.agreement.terms

    @property
    def outgoing(self) -> bool:
        return self.sender != self.agreement.partner


def gives_back(body: Any) -> bool:
    """Whether it is a release: it takes nothing from anybody, so neither a quota nor the end of an agreement stops it."""
    return isinstance(body, OrderBody) and body.kind == "release"


def winds_up(kind: MessageKind, body: Any) -> bool:
    """Whether a message may still cross when the agreement is over."""
    return kind in _WINDING_UP or gives_back(body)


def is_merged(place: str) -> bool:
    """Whether a place names a total and no account."""
    return place.startswith((MERGED_BANK, MERGED_TOTAL))


def check_kinds(message: Passing) -> None:
    asked_by = ASKED_BY.get(message.kind, message.kind)
    if asked_by not in message.terms.kinds and message.kind not in CARETAKING:
        raise Refused("kinds", Msg.AGREEMENT_LETS_NO_PASS, kind=asked_by)


def check_dates(message: Passing) -> None:
    agreement, terms = message.agreement, message.terms
    apart = timedelta() if message.outgoing else _CLOCKS_APART
    if message.now < terms.starts_at - apart:
        raise Refused("dates", Msg.AGREEMENT_BEGINS, day=terms.starts_at)
    over_since = agreement.over_since or (terms.ends_at if message.now >= terms.ends_at + apart else None)
    if over_since is None or winds_up(message.kind, message.body):
        return
    was_queued_before = agreement.replaced and not message.outgoing  # an end counts at once: nothing is asked after it
    still_counts = message.kind not in REQUESTS or was_queued_before
    if not still_counts or message.now >= over_since + grace(terms):
        raise Refused("dates", Msg.AGREEMENT_OVER_SINCE, day=over_since)


def check_quotas(message: Passing) -> None:
    quota = message.terms.party(message.sender).quotas.get(message.kind)
    if message.kind not in REQUESTS or gives_back(message.body):
        return
    if quota is None:
        raise Refused("quotas", Msg.AGREEMENT_GIVES_NO_QUOTA, agency=message.sender, kind=message.kind)
    if message.sent_before >= quota:
        raise Refused("quotas", Msg.SENT_KIND_WITHIN_24_HOURS, agency=message.sender, count=quota, kind=message.kind)


def check_offences(message: Passing) -> None:
    if not isinstance(message.body, EnquiryBody | OrderBody | RequestBody) or gives_back(message.body):
        return
    offences = {offence.code: offence for offence in message.terms.offences}
    stated = message.body.offence
    if stated not in offences:
        raise Refused("offences", Msg.AGREEMENT_DOES_NOT_NAME_OFFENCE, offence=stated, names=tuple(offences))
    lacking = [agency for agency in (message.sender, message.recipient) if not offences[stated].provisions.get(agency)]
    if lacking:
        raise Refused("offences", Msg.NO_OFFENCE_UNDER_LAW, offence=stated, agencies=tuple(lacking))


def check_purposes(message: Passing) -> None:
    if isinstance(message.body, RequestBody) and message.body.purpose not in message.terms.purposes:
        allowed = ", ".join(message.terms.purposes)
        raise Refused("purposes", Msg.PURPOSE_NOT_AGREED, purpose=message.body.purpose, names=allowed)


def check_languages(message: Passing) -> None:
    if isinstance(message.body, RequestBody) and message.body.language not in message.terms.languages:
        allowed = ", ".join(message.terms.languages)
        raise Refused("languages", Msg.WRITE_IN_LANGUAGE_AGREEMENT, names=allowed, language=message.body.language)


def check_depth(message: Passing) -> None:
    if isinstance(message.body, EnquiryBody) and not 0 <= message.body.budget.depth <= message.terms.most_depth:
        depth, most = message.body.budget.depth, message.terms.most_depth
        raise Refused("depth", Msg.ENQUIRY_MAY_BE_FOLLOWED_THROUGH_CENTRES, depth=depth, most=most)


def check_floor(message: Passing) -> None:
    if not isinstance(message.body, EnquiryBody):
        return
    least, amounts = message.terms.floor_minor, [credit.amount for credit in message.body.credits]
    if message.body.budget.floor < least:
        raise Refused("floor", Msg.AMOUNTS_DOWN_TO_WOULD_BE_FOLLOWED, amount=message.body.budget.floor, least=least)
    if amounts and max(amounts) < least:
        raise Refused("floor", Msg.EVERY_AMOUNT_BELOW, least=least)


def check_account_detail(message: Passing) -> None:
    """Places of an answer are as coarse as agreed. The way to them would tell what a total hides, so it is told as coarsely."""
    detail, body = message.terms.account_detail, message.body
    if detail is AccountDetail.ACCOUNT or not isinstance(body, EnquiryAnswerBody):
        return
    if any(not standing.place.startswith(_MERGED[detail]) for standing in body.standing):
        raise Refused("account_detail", Msg.ANSWER_NAMES_ACCOUNTS, detail=detail)
    inside = (*body.flows, *body.onward, *body.exits)
    if any(leg.debtor for leg in inside) or any(leg.creditor for leg in (*body.flows, *body.exits)):
        raise Refused("account_detail", Msg.ANSWER_NAMES_ACCOUNTS_MONEY_WENT_THROUGH)
    if detail is not AccountDetail.TOTAL:
        return
    banks = (*(one.bank for one in body.standing), *(one.bank for one in body.open), *(leg.debtor_bank for leg in inside))
    if any(banks) or any(leg.creditor_bank for leg in (*body.flows, *body.exits)):
        raise Refused("account_detail", Msg.ANSWER_NAMES_BANKS)


def check_says_left_to(message: Passing) -> None:
    if message.terms.says_left_to or not isinstance(message.body, EnquiryAnswerBody):
        return
    if any(leg.jurisdiction or leg.referral for leg in legs_of(message.body)):
        raise Refused("says_left_to", Msg.ANSWER_SAYS_TO_WHICH_JURISDICTION_MONEY)


def check_informs_holder(message: Passing) -> None:
    if isinstance(message.body, OrderBody) and message.body.tell_from and message.terms.informs_holder is Informs.RECEIVER:
        raise Refused("informs_holder", Msg.RECEIVER_INFORMS_HOLDER_BY_OWN_RULES)


def check_refusal_grounds(message: Passing) -> None:
    if not isinstance(message.body, RequestAnswerBody) or not message.body.ground:
        return
    if message.body.ground not in message.terms.refusal_grounds:
        known = ", ".join(message.terms.refusal_grounds) or "none"
        raise Refused("refusal_grounds", Msg.GROUND_NOT_AGREED, ground=message.body.ground, names=known)


def legs_of(body: EnquiryAnswerBody) -> Iterable[WireLeg]:
    """Every leg that an answer tells of."""
    return (*body.flows, *body.onward, *body.exits)


CLAUSES: Final[tuple[Callable[[Passing], None], ...]] = (
    check_kinds,
    check_dates,
    check_quotas,
    check_offences,
    check_purposes,
    check_languages,
    check_depth,
    check_floor,
    check_account_detail,
    check_says_left_to,
    check_informs_holder,
    check_refusal_grounds,
)
