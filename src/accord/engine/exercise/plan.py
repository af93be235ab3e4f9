"""What to ask of a made-up world."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import numpy as np

from accord.core.clock import to_micros
from accord.core.errors import BadInput
from accord.engine.exercise.countries import country
from accord.engine.exercise.errors import Msg

DAY_MICROS: Final = 86_400_000_000
MOST_BANKS: Final = 20
MOST_GANGS: Final = 100
FEWEST_PEOPLE: Final = 30
"""In each country: families need somebody to pay."""


@dataclass(frozen=True, slots=True)
class WorldPlan:
    """The same plan always makes the same world, byte for byte (with the same versions of numpy and pyarrow).

    Ordinary traffic is about 1.3 transfers per person and day. `start` is midnight UTC of the first day; victims pay and
    call on the last day, `call_day`, so that this day can be played while the days before are history.

    - `chain_hops` counts the transfers after the victim's own payment: a chain of six hops has eight accounts.
    - `chain_width` is the most branches that one victim's money may part into.
    - `central_switch` names the countries where one ledger holder sees all banks.
    - `exit_share`: how much of what reaches a chain's end leaves as cash, crypto or gold.
    - `vague_share`: how many callers lack the payee's bank, round the amount or misjudge the time (each of the three).
    - `at_once`: all victims call at the same moment, know their six facts, and have made one payment that has settled.
    """

    seed: int = 7
    countries: tuple[str, ...] = ("CN", "SG", "TH")
    banks_per_country: int = 4
    people: int = 3_000
    days: int = 30
    start: datetime = datetime(2026, 3, 2, tzinfo=UTC)
    gangs: int = 3
    victims: int = 24
    chain_hops: int = 5
    chain_width: int = 8
    central_switch: frozenset[str] = frozenset()
    exit_share: float = 0.6
    vague_share: float = 0.3
    at_once: bool = False

    def __post_init__(self) -> None:
        for code in self.countries:
            country(code)
        if not self.countries or len(set(self.countries)) != len(self.countries):
            raise BadInput(Msg.WORLD_NEEDS_AT_LEAST_ONE_COUNTRY)
        if not self.central_switch <= set(self.countries):
            raise BadInput(Msg.CENTRAL_SWITCH_ELSEWHERE, countries=sorted(self.central_switch - set(self.countries)))
        if self.start.tzinfo is None or to_micros(self.start) % DAY_MICROS:
            raise BadInput(Msg.START_MUST_BE_MIDNIGHT_UTC_DAY, start=self.start)
        if self.people < FEWEST_PEOPLE * len(self.countries):
            raise BadInput(Msg.PEOPLE_TOO_FEW, people=self.people, least=FEWEST_PEOPLE)
        self._check_ranges()

    def _check_ranges(self) -> None:
        ranges = {
            "banks_per_country": (self.banks_per_country, 1, MOST_BANKS),
            "people": (self.people, 1, 5_000_000),
            "days": (self.days, 1, 3_660),
            "gangs": (self.gangs, 1 if self.victims else 0, MOST_GANGS),
            "victims": (self.victims, 0, self.people // 3),
            "chain_hops": (self.chain_hops, 1, 30),
            "chain_width": (self.chain_width, 1, 64),
            "exit_share": (self.exit_share, 0, 1),
            "vague_share": (self.vague_share, 0, 1),
        }
        for name, (value, least, most) in ranges.items():
            if not least <= value <= most:
                raise BadInput(Msg.OUT_OF_RANGE, name=name, value=value, least=least, most=most)
        if self.banks_per_country * len(self.countries) < 2:
            raise BadInput(Msg.WORLD_NEEDS_AT_LEAST_TWO_BANKS)

    @classmethod
    def for_response_benchmark(
        cls, claims: int = 100, countries: tuple[str, ...] = ("CN",), seed: int = 7, chain_width: int = 4
    ) -> WorldPlan:
        """`claims` victims calling at the same moment; chains of six hops over eight banks, nothing cashed out yet.

        Money is standing on the mules' accounts or, in the longer chains, still on its way.
        """
        return cls(
            seed=seed,
            countries=countries,
            banks_per_country=-(-8 // len(countries)),
            people=max(1_000, 6 * claims),
            days=10,
            gangs=4,
            victims=claims,
            chain_hops=6,
            chain_width=chain_width,
            exit_share=0.0,
            vague_share=0.0,
            at_once=True,
        )

    @property
    def call_day(self) -> datetime:
        """Midnight UTC of the last day."""
        return self.start + timedelta(days=self.days - 1)

    @property
    def end(self) -> datetime:
        """The world's last moment, exclusive."""
        return self.start + timedelta(days=self.days)

    def random(self, stream: str) -> np.random.Generator:
        """A generator of its own for each part of the world, so that one part's draws never shift another's."""
        return np.random.default_rng([self.seed & 0xFFFF_FFFF_FFFF_FFFF, zlib.crc32(stream.encode())])
