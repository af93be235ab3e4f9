"""The kinds of orders, and what they have in common."""

from __future__ import annotations

from typing import Final

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class OrderKind(TextChoices):
    """What one agency asks another to do."""

    RECALL = "recall", _("Recall of a pending payment")
    STOP_PAYMENT = "stop_payment", _("Stop payment")
    HOLD = "hold", _("Hold")
    FREEZE = "freeze", _("Freeze")
    LIMIT = "limit", _("Limit")
    RESTRICTION = "restriction", _("Restriction of one’s own account")
    NUMBER_BLOCK = "number_block", _("Number block")
    NUMBER_SUSPENSION = "number_suspension", _("Number suspension")
    TRACE_BACK = "trace_back", _("Trace-back of a call")
    PRESERVATION = "preservation", _("Preservation of data")
    RENEWAL = "renewal", _("Renewal")
    RELEASE = "release", _("Release")
    RETURN = "return", _("Return to the victim")


KEEPS_MONEY: Final = (OrderKind.STOP_PAYMENT, OrderKind.HOLD, OrderKind.FREEZE)
"""An amount on an account is kept until a time. A stop payment is a police officer's, a freeze usually a court's."""

RESTRICTS: Final = (
    OrderKind.LIMIT,
    OrderKind.RESTRICTION,
    OrderKind.NUMBER_BLOCK,
    OrderKind.NUMBER_SUSPENSION,
    OrderKind.PRESERVATION,
)
"""Something is in force until a time: a limit, a block, the duty to keep data."""

FOLLOWS_UP: Final = (OrderKind.RENEWAL, OrderKind.RELEASE, OrderKind.RETURN)
"""An order about an earlier order, its target."""

ON_MONEY: Final = (OrderKind.RECALL, *KEEPS_MONEY, OrderKind.RELEASE, OrderKind.RETURN)
"""The answer states an amount."""

ON_NUMBERS: Final = (OrderKind.NUMBER_BLOCK, OrderKind.NUMBER_SUSPENSION, OrderKind.TRACE_BACK)
"""Sent to a telecom operator about a telephone number."""

RENEWABLE: Final = (*KEEPS_MONEY, *RESTRICTS)

BURDENS: Final = tuple(kind for kind in OrderKind if kind not in (OrderKind.RECALL, OrderKind.RELEASE))
"""Kinds that take something from somebody: all but stopping one's own payment and giving back."""
