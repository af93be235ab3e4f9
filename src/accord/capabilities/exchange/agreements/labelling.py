"""What follows from handling labels: whom they let see what, and the label of whatever is made from labelled things.

A label never loosens by being combined, copied or derived from; only its originator relaxes it. Something made from what two
agencies said has both as originators, written "A+B": then nobody relaxes it alone.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from functools import reduce
from typing import Annotated, Any, Final, TypeVar

import msgspec

from accord.capabilities.exchange.agreements.errors import Msg
from accord.capabilities.exchange.errors import Refused
from accord.core import clock
from accord.core.labels import Handling, Label, Pap, Tlp

NOBODY: Final = ("!nobody",)
"""What is left where two lists of recipients (or of purposes) have nothing in common. An empty list would mean everybody."""

_JOINT: Final = "+"  # no agency code has it
_PARAGRAPH: Final = "\n\n"
_SOURCE_GRADES: Final = ("A", "B", "C", "D", "E", "F", "")
_ACCURACY_GRADES: Final = ("1", "2", "3", "4", "5", "6", "")
_TLP: Final = tuple(Tlp)
_PAP: Final = tuple(Pap)
_OPEN_TLP: Final = (Tlp.GREEN, Tlp.CLEAR)
_Code = TypeVar("_Code")

_AGENCY: Final = r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}"
_Originators = Annotated[str, msgspec.Meta(pattern=rf"^{_AGENCY}(\+{_AGENCY})*\Z")]
_Name = Annotated[str, msgspec.Meta(pattern=r"^!?[A-Za-z0-9][A-Za-z0-9._-]{0,39}\Z")]
_Words = Annotated[str, msgspec.Meta(max_length=4_000)]
_SourceGrade = Annotated[str, msgspec.Meta(pattern=r"^[A-F]?\Z")]
_AccuracyGrade = Annotated[str, msgspec.Meta(pattern=r"^[1-6]?\Z")]
_Moment = Annotated[datetime, msgspec.Meta(tz=True)]


class _LabelDocument(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    originator: _Originators
    tlp: Tlp
    handling: tuple[Handling, ...]
    handling_text: _Words = ""
    pap: Pap
    source_grade: _SourceGrade = ""
    accuracy_grade: _AccuracyGrade = ""
    purposes: tuple[_Name, ...] = ()
    recipients: tuple[_Name, ...] = ()
    onward: tuple[_Name, ...] = ()
    retain_until: _Moment | None = None


def strictest(*labels: Label) -> Label:
    """The label of something that all of these labels bind: the strictest code of each scale, what all of them allow."""
    assert labels, "the strictest of no labels would be no label at all"
    return reduce(_stricter_of_two, labels)


def derive(*labels: Label) -> Label:
    """The label of something made from labelled things. It inherits everything; nothing is left behind on the way."""
    return strictest(*labels)


def _stricter_of_two(one: Label, other: Label) -> Label:
    if one == other:
        return one
    return Label(
        originator=_JOINT.join(sorted(originators(one) | originators(other))),
        tlp=_first(_TLP, one.tlp, other.tlp),
        handling=tuple(sorted({*one.handling, *other.handling})),
        handling_text=_PARAGRAPH.join(sorted({*_paragraphs(one), *_paragraphs(other)})),
        pap=_first(_PAP, one.pap, other.pap),
        source_grade=_last(_SOURCE_GRADES, one.source_grade, other.source_grade),
        accuracy_grade=_last(_ACCURACY_GRADES, one.accuracy_grade, other.accuracy_grade),
        purposes=_common(_purposes(one), _purposes(other)),
        recipients=_common(_audience(one), _audience(other)),
        onward=tuple(sorted({*one.onward} & {*other.onward})),
        retain_until=min((moment for moment in (one.retain_until, other.retain_until) if moment), default=None),
    )


def originators(label: Label) -> frozenset[str]:
    """The agencies whose information it is."""
    return frozenset(label.originator.split(_JOINT))


def is_no_looser(new: Label, old: Label) -> bool:
    """Whether `new` binds at least as much as `old` on every scale."""
    return (
        originators(old) <= originators(new)
        and _TLP.index(new.tlp) <= _TLP.index(old.tlp)
        and _PAP.index(new.pap) <= _PAP.index(old.pap)
        and {*old.handling} - {Handling.H0} <= {*new.handling}
        and _paragraphs(old) <= _paragraphs(new)
        and _no_wider(_purposes(new), _purposes(old))
        and _no_wider(_audience(new), _audience(old))
        and {*new.onward} <= {*old.onward}
        and (old.retain_until is None or (new.retain_until is not None and new.retain_until <= old.retain_until))
    )


def relaxed_by(label: Label, new: Label, by: str) -> Label:
    """`new` in the place of `label`. Refused where it would bind less and `by` is not the one whose label it is."""
    if (_JOINT not in by and label.originator == new.originator == by) or is_no_looser(new, label):
        return new
    raise Refused("labels", Msg.ONLY_MAY_RELAX_LABEL, agency=label.originator, by=by)


def adopted(label: Label, new: Label, by: str) -> Label:
    """The label after `by` has said `new` of something that came from it. Its own word counts as it is. Of what is not its own
    alone nobody can tell whether the others relaxed it: what is stricter of it counts, and the rest does not. Refused where
    nothing is."""
    try:
        return relaxed_by(label, new, by)
    except Refused:
        stricter = strictest(label, new)
        if is_no_looser(label, replace(stricter, originator=label.originator)):
            raise
        return stricter


def leaves_nothing(label: Label, agency: str) -> bool:
    """Whether `agency` may keep what bears this label no longer: it is not for it, or for no purpose."""
    return not may_show(label, agency) or label.purposes == NOBODY


def may_show(label: Label, agency: str) -> bool:
    """Whether what bears this label may be shown to `agency` at all. Whoever it comes from may always see it."""
    if label.originator == agency:
        return True
    audience = _audience(label)
    return audience is None or agency in audience


def may_pass_on(label: Label, to: str) -> bool:
    """Whether someone who received it may send it on to `to`: back to where it comes from, to those named for that, or,
    where the code is open and no handling code asks for permission, to anyone whom it may be shown to."""
    if label.originator == to:
        return True
    asks_first = label.tlp not in _OPEN_TLP or bool({Handling.H2, Handling.H3} & {*label.handling})
    return may_show(label, to) and (to in label.onward or not asks_first)


def may_order(label: Label) -> bool:
    """Whether a step that an offender could notice, such as an order to a bank, may be taken on this information."""
    return label.pap in (Pap.GREEN, Pap.CLEAR)


def to_json(label: Label) -> dict[str, Any]:
    """The label as it is signed and kept. What says nothing is left out."""
    document = {
        "originator": label.originator,
        "tlp": label.tlp.value,
        "handling": [code.value for code in label.handling],
        "handling_text": label.handling_text,
        "pap": label.pap.value,
        "source_grade": label.source_grade,
        "accuracy_grade": label.accuracy_grade,
        "purposes": list(label.purposes),
        "recipients": list(label.recipients),
        "onward": list(label.onward),
        "retain_until": clock.to_iso(label.retain_until) if label.retain_until else "",
    }
    return {name: value for name, value in document.items() if value not in ("", [])}


def from_json(document: Any) -> Label:
    """The label of a document. Refused, never guessed, where it names a field or a code that is not known here."""
    try:
        stated = msgspec.convert(document, _LabelDocument)
    except msgspec.ValidationError as error:
        raise Refused("labels", Msg.LABEL_CANNOT_BE_READ, error=error) from None
    if len({*stated.handling}) != len(stated.handling) or not stated.handling:
        raise Refused("labels", Msg.LABEL_MUST_NAME_EACH_HANDLING_CODE)
    return Label(**{name: getattr(stated, name) for name in stated.__struct_fields__})


def _first(scale: tuple[_Code, ...], *codes: _Code) -> _Code:
    return scale[min(map(scale.index, codes))]


def _last(scale: tuple[_Code, ...], *codes: _Code) -> _Code:
    return scale[max(map(scale.index, codes))]


def _paragraphs(label: Label) -> set[str]:
    return {paragraph for paragraph in label.handling_text.split(_PARAGRAPH) if paragraph}


def _audience(label: Label) -> set[str] | None:
    """Whom it may be shown to, where that is limited; None where the code is open and nobody is named.

    Whoever it comes from knows it already; of joint originators each may know the other's part only where it is named. An
    agency that may be gone on to is meant to know.
    """
    if label.tlp in _OPEN_TLP and not label.recipients:
        return None
    sole = [] if _JOINT in label.originator else [label.originator]
    return {*label.recipients, *label.onward, *sole}


def _common(one: set[str] | None, other: set[str] | None) -> tuple[str, ...]:
    if one is None or other is None:
        return tuple(sorted(one or other or ()))
    return tuple(sorted(one & other)) or NOBODY


def _no_wider(new: set[str] | None, old: set[str] | None) -> bool:
    return old is None or (new is not None and new <= {*old, *NOBODY})


def _purposes(label: Label) -> set[str] | None:
    return {*label.purposes} or None
