"""The label of a row, as pages show it."""

from __future__ import annotations

from typing import Any

from accord.capabilities.exchange.agreements.labelling import from_json
from accord.capabilities.exchange.errors import Refused
from accord.core.labels import Label


def label_of(document: Any) -> Label | None:
    """None where there is none that this node can read: then the content may not be used."""
    if not document:
        return None
    try:
        return from_json(document)
    except Refused:
        return None
