"""How long modelled officers need. Medians are assumptions of the exercise, stated here and nowhere else."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

ON_DUTY: Final = 3
SIX_FACTS_SECONDS: Final = 50
NARRATIVE_SECONDS: Final = 180
APPROVE_SECONDS: Final = 45
CALL_BACK_AFTER: Final = timedelta(minutes=45)
_SPREAD: Final = 0.3
"""Standard deviation of the logarithm of each duration."""


@dataclass
class Officers:
    """Who is free when. Each call keeps one officer until its narrative is written down."""

    seed: int
    free_at: list[datetime] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)  # noqa: S311 - a model needs a seed, not secrecy

    def takes(self, median_seconds: int) -> timedelta:
        """A log-normal duration around a median."""
        seconds = median_seconds * math.exp(self._random.gauss(0, _SPREAD))
        return timedelta(microseconds=round(seconds * 1_000_000))

    def pick_up(self, call_time: datetime) -> tuple[int, datetime]:
        """Which officer answers a call, and when."""
        while len(self.free_at) < ON_DUTY:
            self.free_at.append(call_time)
        officer = min(range(ON_DUTY), key=lambda number: self.free_at[number])
        return officer, max(call_time, self.free_at[officer])

    def busy_until(self, officer: int, moment: datetime) -> None:
        self.free_at[officer] = moment
