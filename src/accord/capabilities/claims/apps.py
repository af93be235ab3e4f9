from __future__ import annotations

from accord.capabilities.kinds_of_nodes import CENTRE
from accord.capabilities.plugin import Capability, Declaration, Vocabulary
from accord.capabilities.ports import Port


class ClaimsConfig(Capability):
    name = "accord.capabilities.claims"
    label = "claims"

    def declare(self) -> Declaration:
        from django.utils.translation import gettext_lazy as _

        from accord.capabilities.claims import tasks
        from accord.capabilities.claims.audit import ClaimAudit, ClaimDetail, PartnerClaimAudit
        from accord.capabilities.claims.permissions import GRANTS

        return Declaration(
            grants=GRANTS,
            tasks=(*tasks.DISPATCHES,),
            needs=(
                Port("claims.ledger_holders", "banks and others that answer enquiries", by_node=True),
                Port("claims.territory", "whose ledgers are a partner’s", kinds=frozenset({CENTRE})),
                Port("claims.budgets", "how much a partner may ask", kinds=frozenset({CENTRE})),
            ),
            vocabulary=Vocabulary(actions=(ClaimAudit, PartnerClaimAudit), details=(ClaimDetail,), rows={"claim": _("claim")}),
        )
