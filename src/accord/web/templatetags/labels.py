"""{% label_chip label %}   a handling label wherever labelled content shows: its codes in its TLP colour, and in words"""

from __future__ import annotations

from typing import Any

from django import template

from accord.core.labels import Label
from accord.web.label_words import in_words, short

register = template.Library()


@register.inclusion_tag("accord/_label_chip.html")
def label_chip(label: Label | None) -> dict[str, Any]:
    """Where there is a label that this node cannot read, nothing may be done with the content: pass None, which says so."""
    if label is None:
        return {"label": None}
    return {"label": label, "colour": label.tlp.split("+")[0], "short": short(label), "lines": list(in_words(label))}
