"""What an examination of a node finds."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """How a finding bears on running a node: WARNING hampers a part of it, FAILED stops it."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at: what was found and, unless all is well, what to do."""

    name: str
    state: State
    found: str
    remedy: str = ""
