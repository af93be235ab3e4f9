"""A centre's signed word that money left it towards another: with it the originator may ask that other centre.

A compact JWS (RFC 7515) by the signing key of the centre that the money left. It names the transfer, how much of it and which
units, who may ask and whom; no account and no institution, as whoever carries it can read it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec
from django.conf import settings

from accord.capabilities.exchange.channel import jose
from accord.capabilities.exchange.crossborder.errors import Msg
from accord.capabilities.exchange.errors import Refused
from accord.capabilities.exchange.partners import queries as partners
from accord.capabilities.exchange.partners.keyring import ring
from accord.capabilities.exchange.partners.services import own_keys
from accord.core import clock
from accord.core.canonical import canonical_json
from accord.engine.tracing.intervals import minus
from accord.engine.tracing.model import Interval

TYPE: Final = "accord-referral+jws"
LASTS: Final = timedelta(days=30)
"""A centre that was away for so long is still asked."""

_MOST_CHARACTERS: Final = 100_000


class Referral(msgspec.Struct, frozen=True, kw_only=True):
    """What is vouched for: `amount` of `transfer` left `by` towards `to`, and the agency `asker` follows it."""

    by: str
    to: str
    asker: str
    transfer: str
    amount: int
    currency: str
    intervals: tuple[Interval, ...] = ()
    issued: int  # epoch seconds
    expires: int


def write(to: str, asker: str, transfer: str, amount: int, currency: str, intervals: Sequence[Interval]) -> str:
    """This centre's word. NotFound where the node has no signing key yet."""
    now = clock.now()
    referral = Referral(
        by=settings.ACCORD_AGENCY,
        to=to,
        asker=asker,
        transfer=transfer,
        amount=amount,
        currency=currency,
        intervals=tuple(intervals),
        issued=int(now.timestamp()),
        expires=int((now + LASTS).timestamp()),
    )
    return jose.sign(canonical_json(msgspec.to_builtins(referral)), ring(), own_keys.signing_for(to).kid, TYPE)


def read(text: str, by: str, at: datetime) -> Referral:
    """The word of the centre `by`. Refused where it is not its, or no longer counts."""
    if len(text) > _MOST_CHARACTERS:
        raise Refused("referral", Msg.REFERRAL_TOO_LONG)
    kid, payload = jose.signer_of(text, TYPE)
    jose.verify(text, partners.verifying_key(by, kid, at))
    try:
        referral = msgspec.json.decode(payload, type=Referral)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Refused("referral", Msg.NOT_A_REFERRAL, error=error) from None
    if referral.by != by:
        raise Refused("referral", Msg.REFERRAL_BY_ANOTHER, stated=referral.by[:40], by=by)
    if referral.expires < at.timestamp():
        raise Refused("referral", Msg.REFERRAL_TOO_OLD)
    return referral


def covers(referral: Referral, asker: str, transfer: str, amount: int, currency: str, intervals: Sequence[Interval]) -> bool:
    """Whether these units are among those that were vouched for, to this centre and for this asker."""
    if (referral.to, referral.asker) != (settings.ACCORD_AGENCY, asker):
        return False
    if (referral.transfer, referral.currency) != (transfer, currency) or amount > referral.amount:
        return False
    return not referral.intervals or not minus(intervals, referral.intervals)
