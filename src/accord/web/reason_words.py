"""Why an order was refused, changed or ended, as its row and the history say it in a code, in the reader's language."""

from __future__ import annotations

from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accord.web.wording import stored_in_words

REFUSALS: Final[dict[str, Promise]] = {
    "no_such_account": _("No such account"),
    "no_such_transfer": _("No such transfer"),
    "no_such_number": _("No such number"),
    "no_such_order": _("No such order"),
    "name_mismatch": _("The account is in another name"),
    "already_settled": _("The payment has settled"),
    "already_ended": _("The earlier order is over"),
    "nothing_stands": _("Nothing stands on the account"),
    "withdrawn": _("Withdrawn before it was carried out"),
    "protected_funds": _("Protected money: living costs, wages, benefits, client money"),
    "legal_review": _("Legal review"),
    "not_authorised": _("Not authorised"),
    "court_order_needed": _("A court’s decision is needed"),
    "not_supported": _("Not done here"),
}
"""Codes of the order port's refusals, in short."""

NEWS: Final[dict[str, Promise]] = {
    "confirmed": pgettext_lazy("news of an order", "an officer there has confirmed it"),
    "expired": pgettext_lazy("news of an order", "its time was over"),
    "lapsed": pgettext_lazy("news of an order", "no officer there confirmed it in time"),
    "reduced": pgettext_lazy("news of an order", "less is held there than before"),
    "released": pgettext_lazy("news of an order", "it was released there"),
    "returned": pgettext_lazy("news of an order", "the money was returned there"),
    "until": pgettext_lazy("news of an order", "it ends there at another time"),
}
"""Why a partner's centre says that an order stands otherwise than before."""


CLAUSES: Final[dict[str, Promise]] = {
    "account_detail": _("How precisely places of money are named"),
    "agreement": _("No agreement is in force"),
    "dates": _("Outside the agreement’s time"),
    "depth": _("Too many centres in a row"),
    "fields": _("A field that may not be disclosed"),
    "floor": _("The amount is too small"),
    "key": _("The key is not known or no longer valid"),
    "kinds": _("A kind of message that is not agreed"),
    "labels": _("The handling label"),
    "languages": _("A language that is not agreed"),
    "officer": _("An officer has decided so"),
    "offences": _("An offence that is not agreed"),
    "onward": _("Passing on to a third centre"),
    "partner": _("The partner is not confirmed"),
    "probing": _("The money does not come from the asking centre’s banks"),
    "purposes": _("A purpose that is not agreed"),
    "quotas": _("More than agreed in a day"),
    "retention": _("Kept longer than agreed"),
    "suite": _("The way it is signed or encrypted"),
}
"""What of an agreement a message was refused by."""

_OF_KEYS: Final[dict[str, Promise]] = {"signing": _("Signing"), "encryption": _("Encryption")}


def refusal_in_words(code: str) -> str:
    """The code itself where no words are known."""
    return str(REFUSALS.get(code, code))


def clause_in_words(code: str) -> str:
    return str(CLAUSES.get(code, code))


def use_in_words(code: str) -> str:
    """What a key is for."""
    return str(_OF_KEYS.get(code, code))


def reason_in_words(reason: str) -> str:
    """A code of the news, or a text of ours, in the reader's language; what a person or a bank wrote, as it is."""
    return str(NEWS[reason]) if reason in NEWS else stored_in_words(reason)
