from __future__ import annotations

from accord.capabilities.kinds_of_nodes import BANK
from accord.capabilities.plugin import Capability, Declaration, Vocabulary
from accord.capabilities.ports import Port


class ControlsConfig(Capability):
    name = "accord.capabilities.controls"
    label = "controls"

    def declare(self) -> Declaration:
        from django.utils.translation import gettext_lazy as _

        from accord.capabilities.controls import tasks
        from accord.capabilities.controls.audit import BankAudit, InboxDetail, InboxEnquiryAudit, InboxOrderAudit
        from accord.capabilities.controls.permissions import GRANTS

        return Declaration(
            grants=GRANTS,
            tasks=(
                *tasks.CLOCKS,
                *tasks.JOBS,
            ),
            needs=(Port("controls.core", "the bank’s core system", by_node=True, kinds=frozenset({BANK})),),
            vocabulary=Vocabulary(
                actions=(InboxOrderAudit, InboxEnquiryAudit, BankAudit),
                details=(InboxDetail,),
                rows={
                    "receivedorder": _("order received"),
                    "receivedenquiry": _("enquiry received"),
                    "control": _("control in force"),
                },
            ),
        )
