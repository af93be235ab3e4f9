"""What handling codes mean, in the reader's language."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accord.core.labels import Handling, Label, Pap, Tlp
from accord.web.templatetags.accord import bank_name, local_text

TLP: Final[dict[str, Promise]] = {
    Tlp.RED: gettext_lazy("Only for the recipients named; they tell nobody else."),
    Tlp.AMBER_STRICT: gettext_lazy("Only within the recipient’s agency, to those who need it."),
    Tlp.AMBER: gettext_lazy("Within the recipient’s agency and to those it works for, as far as they need it."),
    Tlp.GREEN: gettext_lazy("Within the community of agencies, not in public."),
    Tlp.CLEAR: gettext_lazy("May be told to everybody."),
}
HANDLING: Final[dict[str, Promise]] = {
    Handling.H0: gettext_lazy("For preventing and fighting crime alone."),
    Handling.H1: gettext_lazy("Not in court proceedings without the permission of who gave it."),
    Handling.H2: gettext_lazy("Not passed on without the permission of who gave it."),
    Handling.H3: gettext_lazy("Other restrictions, stated in words."),
}
PAP: Final[dict[str, Promise]] = {
    Pap.RED: gettext_lazy("Do nothing that could be noticed."),
    Pap.AMBER: gettext_lazy("Look things up only where nobody notices."),
    Pap.GREEN: gettext_lazy("Active steps, such as an order to a bank, are allowed."),
    Pap.CLEAR: gettext_lazy("Every lawful step is allowed."),
}
SOURCE: Final[dict[str, Promise]] = {
    "A": gettext_lazy("Source: completely reliable."),
    "B": gettext_lazy("Source: usually reliable."),
    "C": gettext_lazy("Source: fairly reliable."),
    "D": gettext_lazy("Source: not usually reliable."),
    "E": gettext_lazy("Source: unreliable."),
    "F": gettext_lazy("Source: reliability cannot be judged."),
}
ACCURACY: Final[dict[str, Promise]] = {
    "1": gettext_lazy("Content: confirmed by others."),
    "2": gettext_lazy("Content: probably true."),
    "3": gettext_lazy("Content: possibly true."),
    "4": gettext_lazy("Content: doubtful."),
    "5": gettext_lazy("Content: improbable."),
    "6": gettext_lazy("Content: truth cannot be judged."),
}


PURPOSES: Final[dict[str, Promise]] = {"fraud_funds": gettext_lazy("To follow and hold the money of a fraud")}


def short(label: Label) -> str:
    """The codes on one line, as the chip shows them."""
    codes = [f"TLP:{label.tlp.upper()}", *(code.upper() for code in label.handling), f"PAP:{label.pap.upper()}"]
    if grade := label.source_grade + label.accuracy_grade:
        codes.append(grade)
    return " · ".join(codes)


def in_words(label: Label) -> Iterator[tuple[str, str]]:
    """(code, what it means) of everything that the label says."""
    yield _("Set by"), _agencies(tuple(label.originator.split("+")))
    yield f"TLP:{label.tlp.upper()}", str(TLP[label.tlp])
    for code in label.handling:
        yield code.upper(), str(HANDLING[code])
    if label.handling_text:
        yield "H3", label.handling_text
    yield f"PAP:{label.pap.upper()}", str(PAP[label.pap])
    for grade, words in ((label.source_grade, SOURCE), (label.accuracy_grade, ACCURACY)):
        if grade:
            yield grade, str(words.get(grade, grade))
    if label.purposes:
        yield _("Purposes"), ", ".join(str(PURPOSES.get(code, code)) for code in label.purposes)
    yield _("Recipients"), _agencies(label.recipients) or _("whoever TLP lets")
    yield _("May go on to"), _agencies(label.onward) or _("nobody")
    yield _("Kept until"), local_text(label.retain_until, seconds=False) if label.retain_until else _("as agreed")


def _agencies(codes: tuple[str, ...]) -> str:
    """By name; a code that begins with "!" stands for nobody at all."""
    return ", ".join(_("nobody") if code.startswith("!") else bank_name(code) for code in codes)
