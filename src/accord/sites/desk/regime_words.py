"""The texts of the shipped regime files, so that they can be translated; the files themselves are data in English."""

from __future__ import annotations

from typing import Final

from django.utils.translation import gettext_noop

TEXTS: Final = (
    gettext_noop("China: stop payment"),
    gettext_noop("Public security organ, anti-fraud centre"),
    gettext_noop(
        "Yinfa [2016] 86: a stop payment lasts 48 hours, at most twice per account. "
        "The tracing rule and the answer clock are settings of this node, not law."
    ),
    gettext_noop("Singapore: hold"),
    gettext_noop("Anti-Scam Command"),
    gettext_noop(
        "A hold of 24 hours is known for large outflows from one's own account; "
        "its use for a beneficiary account is assumed here."
    ),
    gettext_noop("Thailand: temporary hold"),
    gettext_noop("Anti-Online Scam Operation Centre"),
    gettext_noop(
        "A victim's call lets the bank hold for 72 hours; since September 2025 only the suspicious amount. "
        "The tracing rule and the answer clock are settings of this node, not law."
    ),
    gettext_noop("Strict default"),
    gettext_noop("Anti-scam centre"),
    gettext_noop("No file for this jurisdiction: the shortest times in use anywhere, traced amount only, expiry always set"),
)
