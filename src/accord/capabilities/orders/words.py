"""The words of kinds of orders and of whom they touch, for forms and pages of every side."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from accord.capabilities.orders.kinds import OrderKind
from accord.capabilities.orders.ports import Care

KIND_WORDS = [
    (OrderKind.RECALL, _("Recall of a pending payment")),
    (OrderKind.STOP_PAYMENT, _("Stop payment")),
    (OrderKind.HOLD, _("Hold")),
    (OrderKind.FREEZE, _("Freeze")),
    (OrderKind.LIMIT, _("Limit")),
    (OrderKind.RESTRICTION, _("Restriction of one’s own account")),
    (OrderKind.NUMBER_BLOCK, _("Number block")),
    (OrderKind.NUMBER_SUSPENSION, _("Number suspension")),
    (OrderKind.TRACE_BACK, _("Trace-back of a call")),
    (OrderKind.PRESERVATION, _("Preservation of data")),
    (OrderKind.RENEWAL, _("Renewal")),
    (OrderKind.RELEASE, _("Release")),
    (OrderKind.RETURN, _("Return to the victim")),
]

CARES = [
    (Care.NONE, _("Nothing special")),
    (Care.MINOR, _("A minor")),
    (Care.VULNERABLE, _("A vulnerable person")),
    (Care.DECEIVED_MULE, _("A mule who was deceived")),
]
