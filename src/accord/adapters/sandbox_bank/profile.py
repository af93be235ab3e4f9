"""How a sandbox bank behaves: its usual delay, how often it refuses, and faults switched on for a drill.

Draws are made from the seed and the order's own id, so that a world replays the same whatever the order of arrival.
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from datetime import timedelta
from statistics import NormalDist
from typing import Final
from uuid import UUID

_SPREAD: Final = 0.5
"""Standard deviation of the logarithm of a delay: one answer in twenty takes more than twice the median."""


@dataclass(frozen=True, slots=True)
class Profile:
    """`median_delay` in seconds of world time, 0 for answers at once; `refuses_rate` of holds are put to legal review."""

    code: str
    median_delay: float = 0.0
    refuses_rate: float = 0.0
    seed: int = 0

    def delay(self, message: UUID, purpose: str) -> timedelta:
        """Log-normal around the median, fixed for one message and purpose."""
        if self.median_delay <= 0:
            return timedelta(0)
        deviation = NormalDist().inv_cdf(self._draw(message, purpose))
        return timedelta(microseconds=round(self.median_delay * math.exp(_SPREAD * deviation) * 1e6))

    def refuses(self, message: UUID) -> bool:
        return self._draw(message, "refuse") < self.refuses_rate

    def _draw(self, message: UUID, purpose: str) -> float:
        """A number strictly between 0 and 1."""
        digest = hashlib.sha256(f"{self.seed}:{self.code}:{purpose}:{message}".encode()).digest()
        return (int.from_bytes(digest[:6]) + 0.5) / 2**48


@dataclass(frozen=True, slots=True)
class Faults:
    """What is wrong with a bank at the moment. All off is a healthy bank.

    `down`: the line is dead, every call raises Unavailable. `slow_seconds`: added to every new answer's delay.
    `nonsense`: answers contradict themselves on the wire, while the bank's own books stay right. `refuse_all`: every hold is
    refused for legal review. `holds_percent`: how much of what it could hold the bank really holds.
    """

    down: bool = False
    slow_seconds: float = 0.0
    nonsense: bool = False
    refuse_all: bool = False
    holds_percent: int = 100
