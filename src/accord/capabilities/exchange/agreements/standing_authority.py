"""What this centre may do by itself when a partner asks. Unknown means that a person decides.

Three things must hold together: the agreement lists the kind of request for our side, names a standing authority, and somebody
has verified that authority; neither side wants to be asked first; and for an order our own regime's rule lets something be
done automatically, which an unchecked rule never does.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings

from accord.capabilities.exchange.agreements.terms import Party
from accord.capabilities.exchange.kinds import MessageKind
from accord.capabilities.orders import services as orders
from accord.capabilities.orders.kinds import OrderKind

if TYPE_CHECKING:
    from accord.capabilities.exchange.agreements.queries import InForce


def acts_alone(agreement: InForce, kind: MessageKind) -> Party | None:
    """Our side of the agreement where it may answer this kind of request without a person; else None."""
    party = agreement.terms.party(settings.ACCORD_AGENCY)
    authorised = party.standing_authority.strip() and party.standing_authority_verified
    return party if authorised and kind in party.automatic and not agreement.ask_first else None


def orders_alone(agreement: InForce, kinds: tuple[OrderKind, ...]) -> Party | None:
    """The same for orders of ours, all of whose kinds our regime must let leave without a person."""
    party = acts_alone(agreement, MessageKind.ORDER)
    return party if party is not None and all(orders.may_leave_alone(kind) for kind in kinds) else None


def confirm_within(party: Party, kind: OrderKind) -> timedelta:
    """How long such an order lasts unless an officer confirms it: by the agreement, and never longer than our regime says."""
    rule = orders.may_leave_alone(kind)
    hours = timedelta(hours=party.confirm_hours)
    return min(hours, rule.lasts) if rule is not None else hours
