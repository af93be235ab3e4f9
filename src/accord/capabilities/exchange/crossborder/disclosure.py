"""What an answer tells of our picture of a claim: as much as the agreement lets this side tell, merged as coarsely as it says.

Whatever is left out is still accounted for, so that the asker can check the sums: a way that may not be told becomes `open`
money without a clock, and what was changed into another currency on such a way is in `absorbed`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

import msgspec
from django.conf import settings

from accord.capabilities.claims import territory
from accord.capabilities.claims.joined_trace import JoinedStanding
from accord.capabilities.claims.messages import widened
from accord.capabilities.claims.picture import Gone, Picture
from accord.capabilities.claims.ports import TransferLeg
from accord.capabilities.exchange.agreements.fields import ALWAYS
from accord.capabilities.exchange.agreements.terms import AccountDetail, AgreementTerms
from accord.capabilities.exchange.kinds import MessageKind
from accord.capabilities.exchange.messages import WireLeg, WireOpen, WireStanding

_UNNAMED: Final = ""
_UNKNOWN_KIND: Final = "unknown"

Amounts = dict[str, int]
"""Minor units by currency."""


@dataclass(frozen=True, slots=True)
class Told:
    """The parts of an answer that say where the money is. `onward` has no referrals yet."""

    flows: tuple[WireLeg, ...] = ()
    standing: tuple[WireStanding, ...] = ()
    onward: tuple[WireLeg, ...] = ()
    exits: tuple[WireLeg, ...] = ()
    open: tuple[WireOpen, ...] = ()
    absorbed: tuple[tuple[str, int], ...] = ()

    @property
    def is_whole(self) -> bool:
        """Whether nothing is left that this centre is still waiting for."""
        return all(part.answer_due_at is None for part in self.open)


def nothing_yet(picture: Picture, answer_due_at: datetime) -> Told:
    """All that was asked about is open: nothing is told before it is known to be the asker's to ask."""
    asked = _asked(picture)
    return Told(open=tuple(WireOpen(amount=asked[one], currency=one, answer_due_at=answer_due_at) for one in sorted(asked)))


def tell(picture: Picture, terms: AgreementTerms) -> Told:
    """Everything that may be told."""
    return _Teller(picture, terms).tell()


class _Teller:
    """One picture under one agreement."""

    def __init__(self, picture: Picture, terms: AgreementTerms) -> None:
        self._picture = picture
        self._detail = terms.account_detail
        stated = terms.party(settings.ACCORD_AGENCY).fields.get(MessageKind.ENQUIRY_ANSWER, ())
        self._fields = ALWAYS[MessageKind.ENQUIRY_ANSWER] | frozenset(stated)
        self._says_left_to = terms.says_left_to and "onward" in self._fields
        self._elsewhere: Amounts = defaultdict(int)

    def tell(self) -> Told:
        onward, exits = self._onward(), self._exits()
        flows = self._flows()
        return Told(
            flows=flows,
            standing=self._standing(),
            onward=onward,
            exits=exits,
            open=(*self._open(), *self._untold()),
            absorbed=self._absorbed(flows),
        )

    def _standing(self) -> tuple[WireStanding, ...]:
        """Money by account, or one total a bank or currency. What stands abroad is always a total, through us."""
        groups: dict[tuple[str, str, str], list[JoinedStanding]] = defaultdict(list)
        for row in self._picture.trace.standing:
            groups[(*self._place(row), row.currency)].append(row)
        return tuple(
            _standing(place, bank, currency, rows, by_account=not _is_total(place))
            for (place, bank, currency), rows in sorted(groups.items())
        )

    def _place(self, row: JoinedStanding) -> tuple[str, str]:
        """(place, bank) by which an order may name it."""
        if self._detail is AccountDetail.TOTAL:
            return f"total:{row.currency}", _UNNAMED
        if row.jurisdiction:
            return f"bank:{row.institution}:{row.currency}", _UNNAMED
        if self._detail is AccountDetail.BANK:
            return f"bank:{row.institution}:{row.currency}", row.institution
        return row.account, row.institution

    def _onward(self) -> tuple[WireLeg, ...]:
        """What went to partners and is not followed there, every transfer once, so that one referral vouches for all of it."""
        left = _together(gone for gone in self._picture.gone if not gone.asked)
        if not self._says_left_to:
            self._keep_back((gone.credit.currency, gone.credit.amount) for gone in left)
            return ()
        return tuple(self._left(gone) for gone in left)

    def _left(self, gone: Gone) -> WireLeg:
        credit = gone.credit
        assert credit.time is not None, "what goes to a partner is asked about with its time"
        return WireLeg(
            transfer=credit.transfer,
            debtor_bank=_UNNAMED if self._detail is AccountDetail.TOTAL else credit.debtor_bank,
            creditor=credit.account,
            creditor_bank=credit.institution,
            time=credit.time,
            amount=credit.amount,
            currency=credit.currency,
            intervals=credit.intervals,
            jurisdiction=gone.partner,
        )

    def _exits(self) -> tuple[WireLeg, ...]:
        exits = self._picture.trace.exits
        if "exits" not in self._fields:
            self._keep_back((exit_.leg.currency, exit_.leg.amount) for exit_ in exits)
            return ()
        if self._detail is AccountDetail.ACCOUNT:
            ours = [exit_ for exit_ in exits if not exit_.jurisdiction]
            named = tuple(msgspec.structs.replace(_leg(exit_.leg), exit=exit_.kind.value) for exit_ in ours)
        else:
            ours, named = [], ()
        merged: dict[tuple[str, str], list[TransferLeg]] = defaultdict(list)
        for exit_ in exits:
            if exit_ not in ours:
                merged[exit_.kind.value, exit_.leg.currency].append(exit_.leg)
        return named + tuple(
            WireLeg(
                transfer=f"exit:{kind}",
                time=max(leg.time for leg in legs),
                amount=sum(leg.amount for leg in legs),
                currency=currency,
                exit=kind,
            )
            for (kind, currency), legs in sorted(merged.items())
        )

    def _flows(self) -> tuple[WireLeg, ...]:
        """The way through our own institutions."""
        if "flows" not in self._fields or self._detail is not AccountDetail.ACCOUNT:
            return ()
        return tuple(
            _leg(leg) for leg in self._picture.arrived if leg.creditor_bank and not territory.is_abroad(leg.creditor_bank)
        )

    def _open(self) -> Iterator[WireOpen]:
        """What our holders, or partners whom we asked, have still to tell of; what is too small to follow is never told of."""
        waiting: dict[tuple[str, str], list[tuple[int, datetime]]] = defaultdict(list)
        followed = {gone.credit.transfer for gone in self._picture.gone if not gone.asked}
        for branch in self._picture.trace.open:
            if branch.state == "left" and not branch.jurisdiction:
                self._elsewhere[branch.currency] += branch.amount
            elif not followed.intersection(branch.transfers):
                bank = _UNNAMED if self._detail is AccountDetail.TOTAL or branch.jurisdiction else branch.institution
                waiting[bank, branch.currency].append((branch.amount, branch.answer_due_at))
        for (bank, currency), parts in sorted(waiting.items()):
            due = min(due for _, due in parts)
            yield WireOpen(amount=sum(amount for amount, _ in parts), currency=currency, bank=bank, answer_due_at=due)

    def _untold(self) -> Iterator[WireOpen]:
        for currency, amount in sorted(self._elsewhere.items()):
            yield WireOpen(amount=amount, currency=currency)

    def _keep_back(self, amounts: Iterable[tuple[str, int]]) -> None:
        for currency, amount in amounts:
            self._elsewhere[currency] += amount

    def _absorbed(self, flows: tuple[WireLeg, ...]) -> tuple[tuple[str, int], ...]:
        """What one transfer already carried of another, and what was changed on a way that is not told."""
        absorbed = _asked(self._picture)
        for currency, amount in self._picture.trace.claimed.items():
            absorbed[currency] -= amount
        shown = {leg.transfer for leg in flows}  # with what arrived: `fields.ALWAYS`
        for leg in self._picture.arrived:
            if leg.counter_currency is not None and leg.transfer not in shown:
                absorbed[leg.currency] += leg.amount
                absorbed[leg.counter_currency] -= leg.counter_amount or 0
        return tuple((currency, amount) for currency, amount in sorted(absorbed.items()) if amount)


def _asked(picture: Picture) -> Amounts:
    asked: Amounts = defaultdict(int)
    for credit in picture.starts:
        asked[credit.currency] += credit.amount
    return asked


def _together(parts: Iterable[Gone]) -> list[Gone]:
    """Add up what separate questions would ask of one transfer."""
    whole: dict[tuple[str, str], Gone] = {}
    for part in parts:
        place = (part.partner, part.credit.transfer)
        earlier = whole.get(place)
        whole[place] = replace(earlier, credit=widened(earlier.credit, part.credit)) if earlier else part
    return list(whole.values())


def _is_total(place: str) -> bool:
    return place.startswith(("bank:", "total:"))


def _standing(place: str, bank: str, currency: str, rows: list[JoinedStanding], *, by_account: bool) -> WireStanding:
    seconds = [row.seconds_to_pass_on for row in rows if row.seconds_to_pass_on is not None]
    return WireStanding(
        place=place,
        bank=bank,
        amount=sum(row.amount for row in rows),
        currency=currency,
        account_kind=rows[0].account_kind if by_account else _UNKNOWN_KIND,
        seconds_to_pass_on=min(seconds, default=None),
        held=sum(row.held for row in rows),
        parcels=tuple((one.transfer, one.start, one.end) for row in rows for one in row.parcels) if by_account else (),
    )


def _leg(leg: TransferLeg) -> WireLeg:
    return WireLeg(
        transfer=leg.transfer,
        debtor=leg.debtor,
        debtor_bank=leg.debtor_bank,
        creditor=leg.creditor,
        creditor_bank=leg.creditor_bank,
        time=leg.time,
        amount=leg.amount,
        currency=leg.currency,
        intervals=leg.intervals,
        counter_amount=leg.counter_amount,
        counter_currency=leg.counter_currency,
    )
