"""Agreements as documents: what both parties sign, read back with every mistake found before anybody signs, and compared."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC
from typing import Any, Final, NamedTuple

import msgspec

from accord.capabilities.exchange.agreements.errors import Msg
from accord.capabilities.exchange.agreements.fields import disclosable
from accord.capabilities.exchange.agreements.terms import AgreementTerms, Clocks, LabelDefaults, Offence, Party
from accord.capabilities.exchange.kinds import REQUESTS, MessageKind
from accord.capabilities.exchange.messages import BODIES
from accord.core import canonical
from accord.core.errors import BadInput
from accord.core.errors import Msg as CoreMsg
from accord.core.wording import Wording

TO_REPLACE: Final = "REPLACE:"
"""Begins every text of a template that its reader must write anew; an agreement that still has one cannot be signed."""

_NOT_STATED: Final = "(absent)"
_BY_NAME: Final = {"parties": "agency", "offences": "code"}
"""Lists whose entries are compared by a name of theirs and not by their place."""


_READ: Final = (
    *AgreementTerms.__struct_fields__,
    *Party.__struct_fields__,
    *Offence.__struct_fields__,
    *LabelDefaults.__struct_fields__,
    *Clocks.__struct_fields__,
)


class Difference(NamedTuple):
    """One place where two agreements differ. `before` or `after` is None where one of them does not have it."""

    path: str
    before: Any
    after: Any


def document(terms: AgreementTerms) -> dict[str, Any]:
    """The document that both sign: every field is written out, times are in UTC."""
    utc = msgspec.structs.replace(terms, starts_at=terms.starts_at.astimezone(UTC), ends_at=terms.ends_at.astimezone(UTC))
    made: dict[str, Any] = msgspec.to_builtins(utc)
    return made


def hash_of(document: dict[str, Any]) -> str:
    """The SHA-256 of the canonical document, which names the agreement in every message."""
    return canonical.content_hash(document)


def read(document: Any) -> AgreementTerms:
    """The terms of a document. BadInput, which names the place, where it cannot be read or contradicts itself."""
    try:
        terms = msgspec.convert(document, AgreementTerms)
    except msgspec.ValidationError as error:
        what, _, path = str(error).partition(" - at `$")
        raise BadInput(CoreMsg.VERBATIM, text=what[:1].lower() + what[1:], where=path.rstrip("`").lstrip(".")) from None
    for path, mistake in _mistakes(terms):
        raise BadInput(mistake, where=path)
    return terms


def unfinished(terms: AgreementTerms) -> list[str]:
    """Paths of texts of a template that nobody has replaced yet."""
    return [path for path, value in _leaves(document(terms)) if isinstance(value, str) and value.startswith(TO_REPLACE)]


def diff(before: dict[str, Any], after: dict[str, Any]) -> list[Difference]:
    """Where two documents differ, place by place, in the order in which an agreement is read (a store keeps none).

    Parties and offences are compared by their codes, not by their order.
    """
    old, new = dict(_leaves(before)), dict(_leaves(after))
    paths = sorted({*new, *old}, key=_reading_order)
    return [
        Difference(path, old.get(path), new.get(path))
        for path in paths
        if old.get(path, _NOT_STATED) != new.get(path, _NOT_STATED)
    ]


def _reading_order(path: str) -> list[tuple[int, str]]:
    """Names of fields as the terms list them; whatever else is named, such as a kind of message, by its name."""
    steps = [step.partition("[")[0] for step in path.split(".")]
    places = [_READ.index(step) if step in _READ else len(_READ) for step in steps]
    return list(zip(places, path.split("."), strict=True))


def _leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """(path, value) of everything that holds nothing further. A list of plain values is one value."""
    if isinstance(value, dict) and value:
        for name, item in value.items():
            yield from _leaves(item, f"{path}.{name}" if path else str(name))
    elif isinstance(value, list | tuple) and any(isinstance(item, dict) for item in value):
        by = _BY_NAME.get(path)
        for number, item in enumerate(value):
            yield from _leaves(item, f"{path}[{item.get(by, number) if by else number}]")
    else:
        yield path, list(value) if isinstance(value, tuple) else value


def _mistakes(terms: AgreementTerms) -> Iterator[tuple[str, Wording]]:
    agencies = [party.agency for party in terms.parties]
    if agencies[0] == agencies[1]:
        yield "parties", Msg.BOTH_PARTIES_ARE_ONE.with_(agency=agencies[0])
    if terms.starts_at.tzinfo is None or terms.ends_at.tzinfo is None:
        yield "starts_at", Msg.GIVE_TIMES_WITH_ZONE.with_()
    elif terms.ends_at <= terms.starts_at:
        yield "ends_at", Msg.ENDS_BEFORE_IT_STARTS.with_()
    yield from _mistakes_of_requests(terms)
    yield from _mistakes_of_offences(terms, agencies)
    for number, party in enumerate(terms.parties):
        yield from _mistakes_of_party(terms, party, f"parties[{number}]")
    lists = {"purposes": terms.purposes, "languages": terms.languages, "labels.handling": terms.labels.handling}
    for path, some in lists.items():
        if not some:
            yield path, Msg.NAME_AT_LEAST_ONE.with_()


def _mistakes_of_requests(terms: AgreementTerms) -> Iterator[tuple[str, Wording]]:
    for kind in terms.kinds:
        if kind not in BODIES:
            yield "kinds", Msg.KIND_UNDER_NO_AGREEMENT_NAME_OTHERS.with_(kind=kind, known=sorted(REQUESTS))
    if not REQUESTS & {*terms.kinds}:
        yield "kinds", Msg.NAME_AT_LEAST_ONE_REQUEST.with_(known=sorted(REQUESTS))


def _mistakes_of_offences(terms: AgreementTerms, agencies: list[str]) -> Iterator[tuple[str, Wording]]:
    codes = [offence.code for offence in terms.offences]
    if not codes:
        yield "offences", Msg.NAME_AT_LEAST_ONE_OFFENCE.with_()
    if len({*codes}) != len(codes):
        yield "offences", Msg.OFFENCE_NAMED_TWICE.with_()
    for offence in terms.offences:
        if strangers := sorted({*offence.provisions} - {*agencies}):
            yield f"offences[{offence.code}].provisions", Msg.STRANGERS_TO_AGREEMENT.with_(agencies=strangers)


def _mistakes_of_party(terms: AgreementTerms, party: Party, path: str) -> Iterator[tuple[str, Wording]]:
    for kind, names in party.fields.items():
        if kind not in BODIES:
            yield f"{path}.fields", Msg.KIND_UNDER_NO_AGREEMENT.with_(kind=kind)
        elif unknown := sorted({*names} - {*disclosable(kind)}):
            known = tuple(disclosable(kind)) or ("none",)
            yield f"{path}.fields.{kind}", Msg.FIELDS_CANNOT_BE_CHOSEN.with_(names=unknown, known=known)
    for kind in party.quotas:
        if kind not in terms.kinds or kind not in REQUESTS:
            yield f"{path}.quotas", Msg.KIND_NOT_AMONG_REQUESTS.with_(kind=kind)
    for kind in party.automatic:
        if kind not in (MessageKind.ENQUIRY, MessageKind.ORDER):
            yield f"{path}.automatic", Msg.KIND_NEVER_AUTOMATIC.with_(kind=kind)
    if party.automatic and not party.standing_authority:
        yield f"{path}.standing_authority", Msg.STATE_STANDING_AUTHORITY.with_()
