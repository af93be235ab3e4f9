from __future__ import annotations

from accord.capabilities.kinds_of_nodes import BANK
from accord.capabilities.plugin import Capability, Declaration, Mount


class BankConfig(Capability):
    name = "accord.sites.bank"
    label = "bank"

    def declare(self) -> Declaration:
        from django.utils.translation import gettext_lazy as _

        from accord.capabilities.navigation import Entry

        bank = frozenset({BANK})
        return Declaration(
            mounts=(Mount("bank/", "accord.sites.bank.urls", bank),),
            navigation=(
                Entry(label=_("Inbox"), page="bank:inbox", rank=10, needs=("inbox:read",), here=("inbox", "order"), kinds=bank),
                Entry(
                    label=_("Enquiries"),
                    page="bank:enquiries",
                    rank=20,
                    needs=("inbox:read",),
                    here=("enquiries", "enquiry"),
                    kinds=bank,
                ),
                Entry(
                    label=_("In force"), page="bank:in-force", rank=30, needs=("inbox:read",), here=("in-force",), kinds=bank
                ),
                Entry(
                    label=_("Agreements and rules"),
                    page="bank:rules",
                    rank=40,
                    needs=("inbox:read",),
                    here=("rules",),
                    kinds=bank,
                ),
                Entry(label=_("Audit"), page="bank:audit", rank=130, needs=("audit:read",), here=("audit",), kinds=bank),
                Entry(label=_("Help"), page="bank:help", rank=140, needs=("inbox:read",), here=("help",), key="?", kinds=bank),
            ),
        )
