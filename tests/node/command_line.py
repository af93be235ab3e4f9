"""What one command line led to."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Answer:
    """Exit code, standard output, standard error."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Standard output, which must be one JSON document and nothing else."""
        return json.loads(self.out)

    @property
    def error(self) -> dict[str, str]:
        """The error document, which must be the last line of standard error."""
        document: dict[str, dict[str, str]] = json.loads(self.err.splitlines()[-1])
        return document["error"]


Accord = Callable[..., Answer]
