"""Catalogues of translations, one beside each room of the house: where they lie, and which one holds a text.

A text that several rooms use has one entry, in the earliest of them; whoever reads pages loads all catalogues.
`collect` gathers the texts of code and templates into the catalogues, `compile` makes of each what gettext reads.
"""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import Final

PACKAGE: Final = Path(__file__).parent.parent.parent
LANGUAGE: Final = "zh_Hans"
CATALOGUE: Final = Path("locale") / LANGUAGE / "LC_MESSAGES" / "django.po"

_FLOORS: Final = ("core", "engine", "capabilities", "adapters", "web", "sites", "node", "lab")
_DIVIDED: Final = ("capabilities", "sites")
"""Floors whose every room has a catalogue of its own; the other floors have one each."""


def room_of(location: str) -> str:
    """The room whose catalogue a file belongs to; `location` is its path in the package: `capabilities/orders/models.py`."""
    parts = PurePosixPath(location).parts
    if parts[0] in _DIVIDED and len(parts) > 2:
        return f"{parts[0]}/{parts[1]}"
    return parts[0]


def room_of_text(locations: list[str]) -> str:
    """The earliest room of all that use a text, so that it is translated once."""
    return min((room_of(location) for location in locations), key=lambda room: (_FLOORS.index(room.split("/")[0]), room))


def catalogue_of(room: str) -> Path:
    return PACKAGE / room / CATALOGUE


def catalogues() -> list[Path]:
    """Every catalogue that there is."""
    return sorted(path for pattern in ("*", "*/*") for path in PACKAGE.glob(f"{pattern}/{CATALOGUE.as_posix()}"))


def locale_folders() -> list[Path]:
    """Where Django looks. It reads these before the catalogues of other packages, so that our words come first."""
    return [path.parents[2] for path in catalogues()]
