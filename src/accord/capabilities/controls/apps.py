from __future__ import annotations

from accord.capabilities.plugin import Capability, Declaration, Vocabulary


class ControlsConfig(Capability):
    name = "accord.capabilities.controls"
    label = "controls"

    def declare(self) -> Declaration:
        from django.utils.translation import gettext_lazy as _

        from accord.capabilities.controls.audit import BankAudit, InboxDetail, InboxEnquiryAudit, InboxOrderAudit

        return Declaration(
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
