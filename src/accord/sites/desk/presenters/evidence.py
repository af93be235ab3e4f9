"""What an order rests on, put before whoever approves it: the saved trace, the line of the plan, and what was checked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from accord.core.canonical import content_hash
from accord.core.errors import BadInput
from accord.core.money import Money

if TYPE_CHECKING:
    from accord.capabilities.claims.models import Claim, PlanItem, SavedTrace
    from accord.capabilities.orders.models import Order
    from accord.capabilities.orders.regime import KindRule


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at: whether it is as it should be, in words that say what was found."""

    good: bool
    text: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """`standing` is what the saved trace has on the order's account; None where the trace does not name it."""

    saved: SavedTrace | None
    item: PlanItem | None
    standing: Money | None

    @property
    def intact(self) -> bool:
        """Whether the saved trace is still the document whose hash was taken."""
        try:
            return self.saved is not None and content_hash(self.saved.document) == self.saved.sha256
        except BadInput:  # no trace was ever saved with such a document
            return False


def evidence_of(order: Order, item: PlanItem | None, saved: SavedTrace | None) -> Evidence:
    """The trace counts for orders of a plan alone: a first order leaves before anything is traced."""
    if saved is None or item is None:
        return Evidence(None, item, None)
    place = (order.institution, order.account, order.currency)
    amounts = [
        row["amount"]
        for row in saved.document.get("standing", [])
        if (row.get("institution"), row.get("account"), row.get("currency")) == place
    ]
    return Evidence(saved, item, Money(sum(amounts), order.currency) if amounts else None)


def checks(order: Order, claim: Claim | None, evidence: Evidence, law: KindRule) -> list[Check]:
    """What the node can check by itself before a person decides."""
    found = [
        Check(True, _("The rule it stands on has been checked against its source."))
        if law.verified
        else Check(False, _("Nobody has checked the rule it stands on: a second person must agree, and nothing is automatic."))
    ]
    if order.keeps_money:
        found += _money_checks(order, claim, evidence)
    if evidence.saved is not None:
        found.append(
            Check(True, _("The saved trace is unchanged: its hash fits."))
            if evidence.intact
            else Check(False, _("The saved trace does not fit its hash: do not decide on it, tell whoever runs this node."))
        )
        found.append(
            Check(True, _("Every cent is accounted for in the saved trace."))
            if evidence.saved.document.get("conserved")
            else Check(False, _("The banks’ answers did not add up when the trace was saved."))
        )
    return found


def _money_checks(order: Order, claim: Claim | None, evidence: Evidence) -> list[Check]:
    found = []
    if claim is not None and claim.currency == order.currency:
        parts = {"amount": order.money, "claimed": Money(claim.amount, claim.currency)}
        found.append(Check(order.amount <= claim.amount, _("%(amount)s of %(claimed)s that were claimed.") % parts))
    if evidence.item is not None:
        parts = {"amount": order.money, "proposed": Money(evidence.item.amount, evidence.item.currency)}
        fits = order.amount <= evidence.item.amount
        found.append(Check(fits, _("%(amount)s of %(proposed)s that the plan proposed.") % parts))
    if evidence.standing is not None:
        parts = {"amount": order.money, "standing": evidence.standing}
        fits = order.amount <= evidence.standing.minor
        found.append(Check(fits, _("%(amount)s of %(standing)s that the saved trace has on this account.") % parts))
    if not order.credits and order.payment:
        found.append(
            Check(True, _("Not traced yet: the bank looks for the payment that the victim states, and holds no more."))
        )
    return found
