"""Banks as officers name them: by code, or by their name in either language."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from accord.capabilities.people.policy import Actor
from accord.capabilities.reports import queries as reports
from accord.web.templatetags.accord import bank_name

_SUGGESTED: Final = 4


@dataclass(frozen=True, slots=True)
class Institution:
    """An institution that this node can name."""

    code: str
    names: tuple[str, ...]

    @property
    def name(self) -> str:
        return bank_name(self.code)


def known(actor: Actor) -> list[Institution]:
    """The institutions of the settings; where there are none, those that earlier reports named."""
    if stated := _stated():
        return stated
    return [Institution(code, ()) for code in reports.known_banks(actor)]


def _stated() -> list[Institution]:
    table: dict[str, tuple[str, ...]] = getattr(settings, "ACCORD_INSTITUTIONS", {})
    return [Institution(code, tuple(names)) for code, names in table.items()]


def code_of(text: str) -> str:
    """The code of the institution that `text` names: its code, its name, or a part of one name alone.

    A node that lists no institutions takes the text as it is. ValidationError says which institutions come near.
    """
    needle = _folded(text)
    stated = _stated()
    if not stated or not needle:
        return text.strip()
    exact = [bank for bank in stated if needle in map(_folded, (bank.code, *bank.names))]
    near = exact or [bank for bank in stated if any(needle in _folded(name) for name in (bank.code, *bank.names))]
    if len(near) == 1:
        return near[0].code
    if near:
        names = ", ".join(bank.name for bank in near[:_SUGGESTED])
        raise ValidationError(_("Several banks fit: %(names)s. Write more of the name."), params={"names": names})
    raise ValidationError(_("No bank of that name or code has a line to this desk. Choose one from the list."))


def _folded(text: str) -> str:
    return "".join(text.split()).casefold()
