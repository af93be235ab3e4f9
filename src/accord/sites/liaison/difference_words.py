"""What changes from one agreement to the next, in words: the clause of each place, and what it said and says."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, Final, NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accord.capabilities.exchange.agreements.documents import Difference
from accord.capabilities.exchange.agreements.terms import AccountDetail, Informs, OnwardRule, RefusalGround
from accord.capabilities.exchange.kinds import MessageKind
from accord.sites.liaison.field_words import FIELDS
from accord.sites.liaison.words import LANGUAGE_NAMES
from accord.web.label_words import PURPOSES
from accord.web.templatetags.accord import bank_name
from accord.web.vocabulary import code_label

_PLACES: Final[dict[str, Promise]] = {
    "title": gettext_lazy("Title"),
    "legal_basis": gettext_lazy("Legal basis"),
    "offences": gettext_lazy("Offences under both laws"),
    "liability": gettext_lazy("Liability"),
    "indemnity": gettext_lazy("Indemnity"),
    "transfer_basis": gettext_lazy("Basis for the transfer of personal data"),
    "transfer_approvals": gettext_lazy("Approvals of the transfer"),
    "use_limits": gettext_lazy("Limits of use"),
    "refusal_grounds": gettext_lazy("Grounds of refusal"),
    "purposes": gettext_lazy("Purposes"),
    "kinds": gettext_lazy("Kinds of messages"),
    "account_detail": gettext_lazy("Places of money are named by"),
    "says_left_to": gettext_lazy("Says where money went on to"),
    "labels": gettext_lazy("Label where nothing else is said"),
    "retention_days": gettext_lazy("Kept for"),
    "onward": gettext_lazy("Going on to a third centre"),
    "informs_holder": gettext_lazy("The holder of an account is told by"),
    "clocks.enquiry_minutes": gettext_lazy("Enquiries are answered within"),
    "clocks.order_minutes": gettext_lazy("Orders are answered within"),
    "clocks.request_hours": gettext_lazy("Requests by people are answered within"),
    "clocks.urgent_request_hours": gettext_lazy("Urgent requests are answered within"),
    "floor_minor": gettext_lazy("Smallest amount that is followed"),
    "most_depth": gettext_lazy("Centres in a row at most"),
    "languages": gettext_lazy("Languages"),
    "templates": gettext_lazy("Templates"),
    "starts_at": gettext_lazy("In force"),
    "ends_at": gettext_lazy("In force"),
    "replaces": gettext_lazy("Takes the place of"),
}
_OF_PARTIES: Final[dict[str, Promise]] = {
    "name": gettext_lazy("%(side)s: authority"),
    "jurisdiction": gettext_lazy("%(side)s: authority"),
    "authority": gettext_lazy("%(side)s: authority"),
    "standing_authority": gettext_lazy("%(side)s: standing authority"),
    "standing_authority_verified": gettext_lazy("%(side)s: standing authority"),
    "automatic": gettext_lazy("%(side)s: deals with by itself"),
    "confirm_hours": gettext_lazy("%(side)s: deals with by itself"),
    "fields": gettext_lazy("%(side)s: may disclose"),
    "quotas": gettext_lazy("%(side)s: may ask"),
}
_PARTY: Final = re.compile(r"parties\[(?P<agency>.+)\]\.(?P<clause>\w+)(?:\.(?P<kind>\w+))?")
_CODES: Final[dict[str, dict[Any, Any]]] = {
    "automatic": dict(MessageKind.choices),
    "kinds": dict(MessageKind.choices),
    "refusal_grounds": dict(RefusalGround.choices),
    "purposes": PURPOSES,
    "account_detail": dict(AccountDetail.choices),
    "onward": dict(OnwardRule.choices),
    "informs_holder": dict(Informs.choices),
    "languages": LANGUAGE_NAMES,
}


class Change(NamedTuple):
    """One line: `path` is the place in the document; None on a side that says nothing there."""

    clause: str
    path: str
    before: str | None
    after: str | None


def changes(differences: Iterable[Difference]) -> Iterator[Change]:
    for path, before, after in differences:
        words, codes = _place(path)
        yield Change(words, path, _said(before, codes), _said(after, codes))


def _place(path: str) -> tuple[str, dict[Any, Any]]:
    """The clause of a place, and the words for the codes that may stand there."""
    if of_party := _PARTY.fullmatch(path):
        agency, clause, kind = of_party["agency"], of_party["clause"], of_party["kind"]
        words = str(_OF_PARTIES.get(clause, "%(side)s")) % {"side": bank_name(agency)}
        codes: dict[Any, Any] = dict(FIELDS.get(kind, {})) if clause == "fields" and kind else _CODES.get(clause, {})
        return f"{words} · {code_label(MessageKind, kind)}" if kind else words, codes
    first = re.split(r"[.\[]", path)[0]
    return str(_PLACES.get(path) or _PLACES.get(first) or path), _CODES.get(first, {})


def _said(value: Any, codes: dict[Any, Any]) -> str | None:
    if value is None:
        return None
    if value in ("", [], {}):
        return _("none")
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, list):
        return "\n".join(str(codes.get(item, item)) for item in value)
    return str(codes.get(value, value))
