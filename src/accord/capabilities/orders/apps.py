from __future__ import annotations

from accord.capabilities.plugin import Capability, Declaration, Vocabulary
from accord.capabilities.ports import Port


class OrdersConfig(Capability):
    name = "accord.capabilities.orders"
    label = "orders"

    def declare(self) -> Declaration:
        from django.utils.translation import gettext_lazy as _

        from accord.capabilities.orders import audit, tasks
        from accord.capabilities.orders.kinds import OrderKind
        from accord.capabilities.orders.permissions import GRANTS
        from accord.capabilities.orders.ports import Care, Refusal

        return Declaration(
            grants=GRANTS,
            tasks=(
                *tasks.CLOCKS,
                *tasks.DISPATCHES,
            ),
            needs=(Port("orders.takers", "banks and others that carry out orders", by_node=True),),
            vocabulary=Vocabulary(
                actions=(
                    audit.OrderAudit,
                    audit.EarlierOrderAudit,
                    audit.ContactAudit,
                    audit.AppealAudit,
                    audit.ReturnAudit,
                ),
                details=(audit.OrderDetail,),
                values={"kind": (OrderKind,), "care": (Care,), "refusal": (Refusal,)},
                rows={"order": _("order")},
            ),
        )
