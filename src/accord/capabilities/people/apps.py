"""Who works here and what they may do; the audit of what they did."""

from __future__ import annotations

from django.utils.module_loading import autodiscover_modules

from accord.capabilities.plugin import Capability, Declaration, Vocabulary


class PeopleConfig(Capability):
    name = "accord.capabilities.people"
    label = "people"

    def declare(self) -> Declaration:
        from accord.capabilities.people import audit
        from accord.capabilities.people.models import AgencyKind, FactorKind, Purpose, Role

        return Declaration(
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

    def ready(self) -> None:
        """Every capability that has something to remove in time says how, in its module `retention_rules`."""
        autodiscover_modules("retention_rules")
