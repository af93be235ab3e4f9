"""What a bank checks before it acts on an order, one thing after another, each with its result on record.

A check passes, lays the order before a person, or fails; a failed check refuses the order with a coded reason. Nothing here
asks the core or the store: what they know of the order comes in as `Known`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from accord.capabilities.controls.names import Likeness, compare
from accord.capabilities.controls.ports import CoreAccount
from accord.capabilities.orders.kinds import FOLLOWS_UP, KEEPS_MONEY, ON_NUMBERS, OrderKind
from accord.capabilities.orders.ports import OrderMessage, Refusal
from accord.core.clock import to_iso
from accord.core.money import Money
from accord.engine.tracing.model import Rule


class Result(TextChoices):
    PASSED = "passed", _("passed")
    PERSON = "person", _("for a person")
    FAILED = "failed", _("failed")


@dataclass(frozen=True, slots=True)
class Check:
    """One check: `code` says what was found (the pages have words for it), `facts` fill in the words."""

    name: str
    result: Result
    code: str
    facts: dict[str, str] = field(default_factory=dict)
    refusal: Refusal | None = None


@dataclass(frozen=True, slots=True)
class Terms:
    """What the bank agreed with the sender. Empty `authorities` means any that is named."""

    authorities: tuple[str, ...]
    kinds: tuple[str, ...]
    court_kinds: tuple[str, ...]
    longest: timedelta


@dataclass(frozen=True, slots=True)
class Earlier:
    """What is known of an order that this one is about or replaces. `live`: still waiting, or something is in force."""

    live: bool
    kept: int


@dataclass(frozen=True, slots=True)
class Known:
    """What the bank knows of an order when it checks it. `terms` None: the sender is not on the list of agreements.

    `accounts` are those that the order's account names, `missing` the credits that never reached the bank. `target` and
    `replaced` are None where the same sender sent no such order.
    """

    now: datetime
    terms: Terms | None
    accounts: tuple[CoreAccount, ...] = ()
    missing: tuple[str, ...] = ()
    target: Earlier | None = None
    replaced: Earlier | None = None


def account_named(order: OrderMessage) -> str:
    """The account that the order touches, as it names it; empty where it names none (a recall by facts alone)."""
    if order.account or order.payment is None:
        return order.account
    return order.payment.payer_account if order.kind is OrderKind.RECALL else order.payment.payee_account


def check(order: OrderMessage, known: Known) -> list[Check]:
    """Every check that applies to this order. The channel comes first: where it fails nothing else is looked at."""
    found: list[Check] = []
    for look in _of_kind(order):
        result = look(order, known)
        if result is None:
            continue
        found.append(result)
        if result.name in ("channel", "kind") and result.result is Result.FAILED:
            break
    return found


def verdict(found: Iterable[Check]) -> Check | None:
    """The check that decides: the first that failed, else the first for a person; None where all passed."""
    checks = list(found)
    for result in (Result.FAILED, Result.PERSON):
        for one in checks:
            if one.result is result:
                return one
    return None


_Look = Callable[[OrderMessage, Known], Check | None]


def _passed(name: str, code: str = "", /, **facts: str) -> Check:
    return Check(name, Result.PASSED, code or f"{name}_good", facts)


def _person(name: str, code: str, /, **facts: str) -> Check:
    return Check(name, Result.PERSON, code, facts)


def _failed(name: str, code: str, refusal: Refusal, /, **facts: str) -> Check:
    return Check(name, Result.FAILED, code, facts, refusal)


def _channel(order: OrderMessage, known: Known) -> Check:
    gives_back = order.kind is OrderKind.RELEASE and known.target is not None
    if known.terms is None and not gives_back:  # what was ordered under an agreement may be given back after its end
        return _failed("channel", "no_agreement", Refusal.NOT_AUTHORISED)
    return _passed("channel")


def _kind(order: OrderMessage, known: Known) -> Check:
    if order.kind in (*ON_NUMBERS,):
        return _failed("kind", "kind_not_for_banks", Refusal.NOT_SUPPORTED)
    if known.terms is not None and order.kind is not OrderKind.RELEASE and order.kind not in known.terms.kinds:
        return _failed("kind", "kind_not_agreed", Refusal.NOT_AUTHORISED)
    return _passed("kind")


def _authority(order: OrderMessage, known: Known) -> Check:
    named = order.authority.strip()
    if not named:
        return _failed("authority", "no_authority", Refusal.NOT_AUTHORISED)
    if known.terms is not None and known.terms.authorities and named not in known.terms.authorities:
        return _person("authority", "authority_unknown", authority=named)
    return _passed("authority", authority=named)


def _basis(order: OrderMessage, known: Known) -> Check:
    if not order.legal_basis.strip():
        return _person("basis", "no_basis")
    if not order.verified:
        return _person("basis", "basis_not_checked")
    return _passed("basis")


def _court(order: OrderMessage, known: Known) -> Check | None:
    if known.terms is None or order.kind not in known.terms.court_kinds:
        return None
    if not order.court_reference.strip():
        return _failed("court", "no_court_reference", Refusal.COURT_ORDER_NEEDED)
    return _person("court", "court_reference_given", reference=order.court_reference.strip())


def _expiry(order: OrderMessage, known: Known) -> Check:
    if order.until <= known.now:
        return _failed("expiry", "already_over", Refusal.NOT_AUTHORISED, until=to_iso(order.until))
    if known.terms is not None and order.until > known.now + known.terms.longest:
        hours = known.terms.longest // timedelta(hours=1)
        return _person("expiry", "lasts_too_long", until=to_iso(order.until), hours=str(hours))
    return _passed("expiry", until=to_iso(order.until))


def _account(order: OrderMessage, known: Known) -> Check | None:
    named = account_named(order)
    if not named:
        return None
    if not known.accounts:
        return _failed("account", "no_such_account", Refusal.NO_SUCH_ACCOUNT, account=named)
    if len(known.accounts) > 1:
        return _person("account", "several_accounts", account=named, count=str(len(known.accounts)))
    return _passed("account", account=known.accounts[0].number)


def _name(order: OrderMessage, known: Known) -> Check | None:
    if not known.accounts:
        return None
    if not order.holder_name.strip():
        return _passed("name", "no_name_stated")
    holders = [account.holder for account in known.accounts if account.holder]
    if not holders:
        return _person("name", "no_name_kept", stated=order.holder_name)
    likeness = {compare(order.holder_name, holder) for holder in holders}
    if Likeness.SAME in likeness:
        return _passed("name", stated=order.holder_name)
    if Likeness.ALIKE in likeness:
        return _person("name", "name_alike", stated=order.holder_name, holder=", ".join(holders))
    return _failed("name", "name_of_somebody_else", Refusal.NAME_MISMATCH, stated=order.holder_name)


def _protected(order: OrderMessage, known: Known) -> Check | None:
    if not known.accounts or order.kind is OrderKind.RECALL:
        return None
    kinds = [account.kind for account in known.accounts if account.kind.needs_enquiry_first]
    if kinds:
        return _person("protected", "protected_account", kind=kinds[0].value)
    return _passed("protected")


def _care(order: OrderMessage, known: Known) -> Check | None:
    return _person("care", "care_marked", care=order.care.value) if order.care else None


def _currency(order: OrderMessage, known: Known) -> Check | None:
    """A pocket in the currency of the order; the amount is a limit, so that less on the account refuses nothing."""
    if not known.accounts or not order.currency:
        return None
    if not any(order.currency in account.currencies for account in known.accounts):
        return _failed("amount", "no_such_currency", Refusal.NOTHING_STANDS, currency=order.currency)
    return _passed("amount", amount=str(Money(order.amount, order.currency)))


def _credits(order: OrderMessage, known: Known) -> Check:
    if order.rule is Rule.POISON:
        return _failed("credits", "poison_rule", Refusal.NOT_AUTHORISED)
    if known.missing:
        return _failed("credits", "credits_unknown", Refusal.NO_SUCH_TRANSFER, transfer=known.missing[0])
    if not order.credits:
        return _passed("credits", "payment_by_facts")
    return _passed("credits", count=str(len(order.credits)))


def _later_credits(order: OrderMessage, known: Known) -> Check:
    """The message itself limits what is kept to named credits, or to one payment: nothing that arrives later is captured."""
    return _passed("later_credits")


def _living_costs(order: OrderMessage, known: Known) -> Check | None:
    if not order.living_costs:
        return None
    left = Money(order.living_costs, order.currency)
    available = sum(
        amount for account in known.accounts for currency, amount in account.available if currency == order.currency
    )
    if available < order.living_costs:
        return _person("living_costs", "less_than_living_costs", left=str(left))
    return _passed("living_costs", left=str(left))


def _target(order: OrderMessage, known: Known) -> Check:
    if known.target is None:
        # a release may overtake its order, which is then withdrawn; nothing else has a meaning without one
        if order.kind is OrderKind.RELEASE:
            return _passed("target", "target_to_come")
        return _failed("target", "target_unknown", Refusal.NO_SUCH_ORDER)
    if not known.target.live:
        return _failed("target", "target_over", Refusal.ALREADY_ENDED)
    return _passed("target")


def _pay_to(order: OrderMessage, known: Known) -> Check:
    if order.pay_to is None or not order.pay_to.account.strip():
        return _failed("pay_to", "no_payee", Refusal.LEGAL_REVIEW)
    return _passed("pay_to", name=order.pay_to.name, account=order.pay_to.account)


def _replaced(order: OrderMessage, known: Known) -> Check | None:
    if order.replaces is None:
        return None
    if known.replaced is None:
        # never a person's choice: the core would end a block that another agency ordered
        return _failed("replaces", "replaced_unknown", Refusal.NO_SUCH_ORDER)
    return _passed("replaces") if known.replaced.live else _passed("replaces", "replaced_over")


_ALWAYS: Final[tuple[_Look, ...]] = (_channel, _kind, _authority)
_BURDEN: Final[tuple[_Look, ...]] = (_basis, _court, _expiry)
_ON_ACCOUNT: Final[tuple[_Look, ...]] = (_account, _name, _protected, _care)


def _of_kind(order: OrderMessage) -> tuple[_Look, ...]:
    if order.kind is OrderKind.RELEASE:
        return (*_ALWAYS, _target)
    if order.kind is OrderKind.RENEWAL:
        return (*_ALWAYS, *_BURDEN, _target)
    if order.kind is OrderKind.RETURN:
        return (*_ALWAYS, *_BURDEN, _target, _pay_to)
    assert order.kind not in FOLLOWS_UP
    if order.kind in KEEPS_MONEY:
        return (*_ALWAYS, *_BURDEN, *_ON_ACCOUNT, _currency, _credits, _later_credits, _living_costs, _replaced)
    if order.kind is OrderKind.RECALL:
        return (*_ALWAYS, *_BURDEN, _account, _name, _credits)
    return (*_ALWAYS, *_BURDEN, *_ON_ACCOUNT, _living_costs)


def to_document(found: Iterable[Check]) -> list[dict[str, Any]]:
    """The checks for a JSON column."""
    return [
        {
            "name": one.name,
            "result": one.result.value,
            "code": one.code,
            "facts": one.facts,
            "refusal": one.refusal.value if one.refusal else "",
        }
        for one in found
    ]
