"""What the audit says happened, in the reader's language. The rows keep the English words."""

from __future__ import annotations

from typing import Final

from django.utils.translation import gettext, gettext_noop

ACTIONS: Final = (
    gettext_noop("report taken"),
    gettext_noop("narrative added"),
    gettext_noop("identifier confirmed"),
    gettext_noop("identifier rejected"),
    gettext_noop("identifier proposed"),
    gettext_noop("statement added"),
    gettext_noop("report unlocked"),
    gettext_noop("called back"),
    gettext_noop("report closed"),
    gettext_noop("report reopened"),
    gettext_noop("reports exported"),
    gettext_noop("audit exported"),
    gettext_noop("shift handed over"),
    gettext_noop("shift acknowledged"),
    gettext_noop("claim opened"),
    gettext_noop("claim transfer found"),
    gettext_noop("traced again"),
    gettext_noop("traced under another rule"),
    gettext_noop("enquiry answered"),
    gettext_noop("enquiry failed"),
    gettext_noop("recall approved"),
    gettext_noop("recall sent"),
    gettext_noop("hold approved"),
    gettext_noop("hold sent"),
    gettext_noop("hold expired"),
    gettext_noop("release approved"),
    gettext_noop("answer unusable"),
)

DETAILS: Final = (
    gettext_noop("amount"),
    gettext_noop("currency"),
    gettext_noop("institution"),
    gettext_noop("account"),
    gettext_noop("until"),
    gettext_noop("reason"),
    gettext_noop("note"),
    gettext_noop("rule"),
    gettext_noop("rows"),
    gettext_noop("held"),
    gettext_noop("standing"),
    gettext_noop("onward"),
    gettext_noop("exits"),
    gettext_noop("transfer"),
    gettext_noop("error"),
    gettext_noop("characters"),
    gettext_noop("proposed"),
    gettext_noop("enquiries"),
    gettext_noop("type"),
)


def in_words(text: str) -> str:
    """An action or the name of a detail, translated where it is known."""
    return gettext(text)
