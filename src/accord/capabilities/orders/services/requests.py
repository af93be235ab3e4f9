"""Orders that need no trace: limits and restrictions of accounts, numbers, calls to trace back, data to preserve."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from accord.capabilities import unit_of_work
from accord.capabilities.claims.messages import to_json
from accord.capabilities.orders.errors import Msg
from accord.capabilities.orders.kinds import ON_NUMBERS, RESTRICTS, OrderKind
from accord.capabilities.orders.models import Order
from accord.capabilities.orders.permissions import OrderPermission
from accord.capabilities.orders.ports import CallFacts, Care, Limits
from accord.capabilities.orders.regime import current_regime
from accord.capabilities.orders.services.drafting import write
from accord.capabilities.people.policy import require
from accord.core import clock
from accord.core.errors import BadInput
from accord.core.identifiers import IdentifierType, normalise_account_number, parse

if TYPE_CHECKING:
    from accord.capabilities.people.models import User

REQUESTED: Final = (*RESTRICTS, OrderKind.TRACE_BACK)
"""Kinds that are drafted here."""

LONGEST_DELAY: Final = timedelta(days=30)
"""The longest time for which a holder may be kept from knowing."""


@dataclass(frozen=True, slots=True)
class OrderFacts:
    """What an officer states. `institution` is the receiver: a bank, or for numbers and calls a telecom operator.

    `account` for limits and restrictions, `number` for number orders, `call` for a trace-back, `data_wanted` for a
    preservation. `lasts` None: as long as the regime says; never longer. `tell_from` delays what the holder is told.
    """

    institution: str
    grounds: str
    report_id: UUID | None = None
    account: str = ""
    holder_name: str = ""
    currency: str = ""
    number: str = ""
    limits: Limits | None = None
    call: CallFacts | None = None
    data_wanted: str = ""
    lasts: timedelta | None = None
    court_reference: str = ""
    tell_from: datetime | None = None
    delay_reason: str = ""
    care: Care = Care.NONE
    living_costs: int = 0
    replaces: UUID | None = field(default=None)


@unit_of_work.change
def draft_order(actor: User, kind: OrderKind, facts: OrderFacts, emergency: str = "") -> Order:
    """Draft an order of a kind that stands on no trace; approved at once where the regime is content with one officer.

    BadInput names the fact that is missing or does not fit the kind.
    """
    require(actor, OrderPermission.DRAFT)
    if kind not in REQUESTED:
        raise BadInput(Msg.FOLLOWS_FROM_CALL_TRACE, kind=kind, where="kind")
    if not facts.institution.strip():
        raise BadInput(Msg.NAME_WHO_TO_CARRY_ORDER_OUT, where="institution")
    if not facts.grounds.strip():
        raise BadInput(Msg.SAY_WHY_ORDERED, where="grounds")
    order = Order(
        kind=kind,
        report_id=facts.report_id,
        institution=facts.institution.strip(),
        holder_name=facts.holder_name.strip(),
        currency=facts.currency,
        grounds=facts.grounds.strip(),
        court_reference=facts.court_reference.strip(),
        care=facts.care,
        living_costs=facts.living_costs,
        terms=_terms(kind, facts),
        replaces=_replaced(kind, facts),
        **_subject(kind, facts),
    )
    set_delay(order, facts.tell_from, facts.delay_reason)
    return write(order, actor, lasts=_lasts(kind, facts), emergency=emergency)


def set_delay(order: Order, tell_from: datetime | None, reason: str) -> None:
    """Keep the holder from knowing until a time, with the reason; whoever approves the order approves the delay."""
    if tell_from is None:
        return
    if not reason.strip():
        raise BadInput(Msg.SAY_WHY_HOLDER_NOT_TOLD, where="delay reason")
    if tell_from > clock.now() + LONGEST_DELAY:
        raise BadInput(Msg.HOLDER_TOLD_AFTER_DAYS_AT_LATEST, days=LONGEST_DELAY.days, where="tell from")
    order.tell_from, order.delay_reason = tell_from, reason.strip()


def _lasts(kind: OrderKind, facts: OrderFacts) -> timedelta:
    longest = current_regime().rule(kind).lasts
    lasts = facts.lasts or longest
    if not timedelta(0) < lasts <= longest:
        raise BadInput(Msg.REGIME_ALLOWS_AT_MOST_HOURS, hours=longest // timedelta(hours=1), where="lasts")
    return lasts


def _subject(kind: OrderKind, facts: OrderFacts) -> dict[str, str]:
    """What the order is about: an account, or a telephone number in its canonical form."""
    if kind in ON_NUMBERS:
        number = facts.number or (facts.call.caller if facts.call else "")
        return {"identifier": parse(IdentifierType.PHONE, number).canonical}
    if kind in (OrderKind.LIMIT, OrderKind.RESTRICTION) or facts.account.strip():
        if not facts.account.strip():
            raise BadInput(Msg.NAME_ACCOUNT, where="account")
        return {"account": normalise_account_number(facts.account)}
    return {}


def _terms(kind: OrderKind, facts: OrderFacts) -> dict[str, Any]:
    if kind is OrderKind.LIMIT:
        return {"limits": to_json(_checked_limits(facts.limits))}
    if kind is OrderKind.TRACE_BACK:
        if facts.call is None:
            raise BadInput(Msg.STATE_CALL, where="call")
        return {"call": to_json(facts.call)}
    if kind is OrderKind.PRESERVATION:
        if not facts.data_wanted.strip():
            raise BadInput(Msg.SAY_WHICH_DATA_TO_BE_KEPT, where="data wanted")
        return {"data_wanted": facts.data_wanted.strip()}
    return {}


def _checked_limits(limits: Limits | None) -> Limits:
    stated = [getattr(limits, name) for name in Limits.__dataclass_fields__] if limits else []
    if all(value is None for value in stated):
        raise BadInput(Msg.STATE_AT_LEAST_ONE_LIMIT, where="limits")
    if any(value is not None and value < 0 for value in stated):
        raise BadInput(Msg.LIMIT_OUT_OF_RANGE, where="limits")
    assert limits is not None
    return limits


def _replaced(kind: OrderKind, facts: OrderFacts) -> Order | None:
    """A number block may take the place of a suspension of the same number."""
    if facts.replaces is None:
        return None
    replaced = Order.objects.filter(pk=facts.replaces, kind=OrderKind.NUMBER_SUSPENSION).first()
    if kind is not OrderKind.NUMBER_BLOCK or replaced is None:
        raise BadInput(Msg.ONLY_NUMBER_BLOCK_CAN_REPLACE_ORDER, where="replaces")
    return replaced
