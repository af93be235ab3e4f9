"""Who works here and what they may do; the audit of what they did."""

from __future__ import annotations

from accord.capabilities.plugin import Capability, Declaration, Vocabulary


class PeopleConfig(Capability):
    name = "accord.capabilities.people"
    label = "people"

    def declare(self) -> Declaration:
        from accord.capabilities.people import audit, tasks
        from accord.capabilities.people.models import AgencyKind, FactorKind, Purpose, Role
        from accord.capabilities.people.permissions import GRANTS
        from accord.capabilities.people.retention_rules import RETENTION

        return Declaration(
            grants=GRANTS,
            tasks=(*tasks.CLOCKS,),
            retention=RETENTION,
            vocabulary=Vocabulary(
                actions=(audit.SignInAudit, audit.UserAudit, audit.ServiceAudit, audit.RecordAudit),
                details=(audit.CommonDetail,),
                values={
                    "purpose": (Purpose,),
                    "role": (Role,),
                    "role_before": (Role,),
                    "type": (AgencyKind, FactorKind),
                    "chain": (audit.ChainName,),
                },
            ),
        )
