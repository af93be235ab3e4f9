"""What the bank knows of an order when it checks it: its agreement with the sender, its core's accounts, earlier orders."""

from __future__ import annotations

from uuid import UUID

from accord.capabilities.controls.checks import Earlier, Known, Terms, account_named
from accord.capabilities.controls.life_cycle import CARRIED_OUT
from accord.capabilities.controls.models import Agreement, BankRule, Control, ReceivedOrder
from accord.capabilities.controls.ports import CoreAccount, CoreSystem
from accord.capabilities.orders.kinds import FOLLOWS_UP, KEEPS_MONEY, ON_MONEY
from accord.capabilities.orders.ports import OrderMessage
from accord.core import clock


def terms_with(sender: str) -> Terms | None:
    """What was agreed with a sender; None for a stranger."""
    found = Agreement.objects.filter(sender=sender, ended_at=None).first()
    if found is None:
        return None
    return Terms(tuple(found.authorities), tuple(found.kinds), tuple(found.court_kinds), found.longest)


def core_facts(order: OrderMessage, core: CoreSystem) -> tuple[tuple[CoreAccount, ...], tuple[str, ...]]:
    """(accounts named, credits that never arrived) as the core knows them. Raises Unavailable; touches no store."""
    if order.kind in FOLLOWS_UP:
        return (), ()
    named = account_named(order)
    accounts = tuple(core.accounts(named)) if named else ()
    missing = tuple(core.missing_credits(order.credits)) if order.kind in KEEPS_MONEY and order.credits else ()
    return accounts, missing


def known_of(row: ReceivedOrder, order: OrderMessage, accounts: tuple[CoreAccount, ...], missing: tuple[str, ...]) -> Known:
    return Known(
        now=clock.now(),
        terms=terms_with(row.sender),
        accounts=accounts,
        missing=missing,
        target=_earlier(row.sender, order.target),
        replaced=_earlier(row.sender, order.replaces),
    )


def _earlier(sender: str, order_id: UUID | None) -> Earlier | None:
    """An earlier order of the same sender: nobody may act on another agency's order, or learn that there is one."""
    row = ReceivedOrder.objects.filter(pk=order_id, sender=sender).first() if order_id else None
    if row is None:
        return None
    in_force = row.state in CARRIED_OUT and lasts(row.pk)
    return Earlier(live=row.is_open or in_force, kept=row.kept)


def lasts(order_id: UUID | None) -> bool:
    """Whether something is in force under an order whose time is not over, though the core may not have lifted it yet."""
    return Control.objects.filter(pk=order_id, ended_at=None, until__gt=clock.now()).exists()


def rule_for(sender: str, kind: str, amount: int, currency: str) -> BankRule | None:
    """The rule that lets a message of this kind from this sender act alone; None where a person decides."""
    rules = BankRule.objects.filter(sender=sender, kind=kind, ended_at=None)
    if kind not in ON_MONEY:
        return rules.first()
    found: BankRule | None = rules.filter(currency=currency, ceiling__gte=amount).first()
    return found
