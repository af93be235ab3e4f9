"""Whom the bank listens to, and what it lets act without a person. Versions, never changes: what held when is on record."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from uuid import UUID

from accord.capabilities import unit_of_work
from accord.capabilities.controls.audit import BankAudit
from accord.capabilities.controls.errors import Msg
from accord.capabilities.controls.models import ENQUIRY, Agreement, BankRule
from accord.capabilities.controls.permissions import InboxPermission
from accord.capabilities.orders.kinds import ON_MONEY, ON_NUMBERS, OrderKind
from accord.capabilities.people.policy import require
from accord.core import clock
from accord.core.errors import BadInput, Conflict, NotFound
from accord.core.money import Money

if TYPE_CHECKING:
    from accord.capabilities.people.models import User

KINDS_FOR_BANKS: Final = tuple(kind for kind in OrderKind if kind not in ON_NUMBERS)
NEVER_ALONE: Final = (OrderKind.RETURN, OrderKind.FREEZE)
"""Kinds that a person always looks at: what is paid out cannot be fetched back, and a freeze lasts for months."""

LONGEST_HOURS: Final = 10 * 366 * 24


@dataclass(frozen=True, slots=True)
class AgreementFacts:
    """What a bank agrees with another agency. `kinds` and `court_kinds` are values of OrderKind."""

    sender: str
    name: str
    kinds: Sequence[str]
    longest_hours: int
    authorities: Sequence[str] = ()
    court_kinds: Sequence[str] = (OrderKind.FREEZE.value,)
    webhook: str = ""
    answers_enquiries: bool = True


@unit_of_work.change
def agree(actor: User, facts: AgreementFacts) -> Agreement:
    """Put an agency on the list of those that may ask and order here; an earlier version of the agreement ends."""
    require(actor, InboxPermission.RULES)
    _check(facts)
    now = clock.now()
    earlier = Agreement.objects.filter(sender=facts.sender, ended_at=None)
    earlier.update(ended_at=now, ended_by=actor)
    row = Agreement(
        sender=facts.sender.strip(),
        name=facts.name.strip(),
        authorities=[name.strip() for name in facts.authorities if name.strip()],
        kinds=sorted(facts.kinds),
        court_kinds=sorted(facts.court_kinds),
        longest_hours=facts.longest_hours,
        webhook=facts.webhook.strip(),
        set_by=actor,
        set_at=now,
    )
    row.save(force_insert=True)
    unit_of_work.record(actor, BankAudit.AGREEMENT_SET, subject=None, obj=row, sender=row.sender, hours=row.longest_hours)
    if facts.answers_enquiries and not BankRule.objects.filter(sender=row.sender, kind=ENQUIRY, ended_at=None).exists():
        set_rule(actor, row.sender, ENQUIRY)
    return row


def _check(facts: AgreementFacts) -> None:
    if not facts.sender.strip() or len(facts.sender) > 64:
        raise BadInput(Msg.NAME_AGENCY_BY_CODE, where="sender")
    if not facts.name.strip() or len(facts.name) > 150:
        raise BadInput(Msg.NAME_AGENCY, where="name")
    if not set(facts.kinds) <= {kind.value for kind in KINDS_FOR_BANKS} or not set(facts.court_kinds) <= set(OrderKind):
        raise BadInput(Msg.CHOOSE_KINDS_ORDERS_FROM_LIST, where="kinds")
    if not 0 < facts.longest_hours <= LONGEST_HOURS:
        raise BadInput(Msg.ORDER_MAY_LAST_FROM_1, count=LONGEST_HOURS, where="longest_hours")
    if facts.webhook and not facts.webhook.strip().startswith("https://"):
        raise BadInput(Msg.ANSWERS_PUSHED_TO_ADDRESS_BEGINS, where="webhook")


@unit_of_work.change
def end_agreement(actor: User, agreement_id: UUID) -> None:
    """Take an agency off the list, with every rule for it. What is in force stays, and it may still release."""
    require(actor, InboxPermission.RULES)
    row = Agreement.objects.select_for_update().filter(pk=agreement_id).first()
    if row is None:
        raise NotFound(Msg.NO_SUCH_AGREEMENT)
    if row.ended_at is not None:
        raise Conflict(Msg.AGREEMENT_ENDED_ALREADY)
    row.ended_at, row.ended_by = clock.now(), actor
    row.save(update_fields=["ended_at", "ended_by"])
    BankRule.objects.filter(sender=row.sender, ended_at=None).update(ended_at=row.ended_at, ended_by=actor)
    unit_of_work.record(actor, BankAudit.AGREEMENT_ENDED, subject=None, obj=row, sender=row.sender)


@unit_of_work.change
def set_rule(actor: User, sender: str, kind: str, ceiling: Money | None = None) -> BankRule:
    """Let messages of one kind from one agency act without a person, on money up to `ceiling`."""
    require(actor, InboxPermission.RULES)
    if not Agreement.objects.filter(sender=sender, ended_at=None).exists():
        raise BadInput(Msg.NO_AGREEMENT_WITH_AGENCY, where="sender")
    if kind != ENQUIRY and kind not in {known.value for known in KINDS_FOR_BANKS}:
        raise BadInput(Msg.CHOOSE_KIND_FROM_LIST, where="kind")
    if kind in NEVER_ALONE:
        raise BadInput(Msg.RETURN_FREEZE_ALWAYS_LAID_BEFORE_PERSON, where="kind")
    on_money = kind in ON_MONEY
    if on_money and (ceiling is None or ceiling.minor <= 0):
        raise BadInput(Msg.RULE_ABOUT_MONEY_NEEDS_CEILING_ABOVE, where="ceiling")
    currency = ceiling.currency if ceiling is not None and on_money else ""
    now = clock.now()
    BankRule.objects.filter(sender=sender, kind=kind, currency=currency, ended_at=None).update(ended_at=now, ended_by=actor)
    row = BankRule(sender=sender, kind=kind, currency=currency, set_by=actor, set_at=now)
    row.ceiling = ceiling.minor if ceiling is not None and on_money else None
    row.save(force_insert=True)
    unit_of_work.record(
        actor,
        BankAudit.RULE_SET,
        subject=None,
        obj=row,
        sender=sender,
        kind=kind,
        amount=row.ceiling,
        currency=currency or None,
    )
    return row


@unit_of_work.change
def end_rule(actor: User, rule_id: UUID) -> None:
    """From now on a person decides again."""
    require(actor, InboxPermission.RULES)
    row = BankRule.objects.select_for_update().filter(pk=rule_id).first()
    if row is None:
        raise NotFound(Msg.NO_SUCH_RULE)
    if row.ended_at is not None:
        raise Conflict(Msg.RULE_ENDED_ALREADY)
    row.ended_at, row.ended_by = clock.now(), actor
    row.save(update_fields=["ended_at", "ended_by"])
    unit_of_work.record(actor, BankAudit.RULE_ENDED, subject=None, obj=row, sender=row.sender, kind=row.kind)
