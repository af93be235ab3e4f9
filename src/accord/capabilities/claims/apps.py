from __future__ import annotations

from accord.capabilities.plugin import Capability, Declaration, Vocabulary


class ClaimsConfig(Capability):
    name = "accord.capabilities.claims"
    label = "claims"

    def declare(self) -> Declaration:
        from django.utils.translation import gettext_lazy as _

        from accord.capabilities.claims.audit import ClaimAudit, ClaimDetail, PartnerClaimAudit

        return Declaration(
            vocabulary=Vocabulary(actions=(ClaimAudit, PartnerClaimAudit), details=(ClaimDetail,), rows={"claim": _("claim")}),
        )
