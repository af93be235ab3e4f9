"""Which centres there are, and what each pair of them has agreed."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final

from accord.core.errors import BadInput
from accord.engine.exercise.countries import country
from accord.lab.errors import Msg

_NAMES: Final = {
    "CN": ("Anti-fraud centre (exercise)", "反诈中心（演练）"),
    "SG": ("Anti-Scam Centre (exercise)", "反诈骗中心（演练）"),
    "TH": ("Anti-Online Scam Operation Centre (exercise)", "反网络诈骗行动中心（演练）"),
}


@dataclass(frozen=True, slots=True)
class CentrePlan:
    """One centre: its agency code, the rules it stands under, the countries to whose banks it has lines, and where it lies."""

    code: str
    country: str
    jurisdiction: str
    covers: tuple[str, ...]
    name: str
    name_zh: str
    folder: Path
    port: int

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@dataclass(frozen=True, slots=True)
class Pact:
    """What two centres agree on, by country. What is not said here is the same between all (`pacts.py`).

    `detail`: how precisely answers name accounts. `orders_at_once`: whether each side carries out the other's orders under a
    standing authority, or an officer decides first. `onward`: whether a request may go on to the third that it names.
    """

    countries: tuple[str, str]
    detail: str = "account"
    orders_at_once: bool = True
    onward: bool = False


_THEIR_OWN: Final[Mapping[str, str]] = MappingProxyType({})

VERIFIED: Final[Mapping[str, str]] = MappingProxyType({"SG": "TH"})
"""Nobody has checked Singapore's rule for holds, and what nobody checked never acts alone. Where everything is to be done at
once, its centre stands under Thailand's, which somebody has checked."""

DIFFERENT: Final = (
    Pact(("CN", "SG"), onward=True),
    Pact(("SG", "TH"), detail="total"),
    Pact(("CN", "TH"), detail="bank", orders_at_once=False),
)
"""Other terms between each pair: accounts are named; only totals; totals a bank, and an officer decides about holds."""


@dataclass(frozen=True, slots=True)
class FederationPlan:
    """The centres under one folder, which also holds the world that they play in."""

    root: Path
    centres: tuple[CentrePlan, ...]
    pacts: tuple[Pact, ...]

    def of(self, country_code: str) -> CentrePlan:
        return next(centre for centre in self.centres if centre.country == country_code)


def plan_centres(
    root: Path,
    countries: tuple[str, ...],
    ports: tuple[int, ...],
    pacts: tuple[Pact, ...] = DIFFERENT,
    jurisdictions: Mapping[str, str] = _THEIR_OWN,
) -> FederationPlan:
    """A centre for each country. Pairs that `pacts` leaves out agree on the usual terms. BadInput for a wrong country.

    `jurisdictions` lets a country's centre stand under another's rules; else it stands under its own.
    """
    if len(ports) < len(countries):
        raise BadInput(Msg.CENTRES_NEED_MANY_PORTS, count=len(countries), given=len(ports))
    centres = tuple(
        CentrePlan(f"{code}-CENTRE", code, jurisdictions.get(code, code), (code,), *_name(code), root / code.lower(), port)
        for code, port in zip(countries, ports, strict=False)
    )
    stated = {frozenset(pact.countries): pact for pact in pacts}
    pairs = [(first, second) for number, first in enumerate(countries) for second in countries[number + 1 :]]
    return FederationPlan(root, centres, tuple(stated.get(frozenset(pair), Pact(pair)) for pair in pairs))


def one_for_all(root: Path, countries: tuple[str, ...], port: int) -> FederationPlan:
    """One centre, in the first of the countries, that has lines to the banks of all: what no treaty allows, to compare with."""
    home = countries[0]
    centre = CentrePlan(f"{home}-CENTRE", home, home, countries, *_name(home), root / home.lower(), port)
    return FederationPlan(root, (centre,), ())


def _name(code: str) -> tuple[str, str]:
    if code in _NAMES:
        return _NAMES[code]
    known = country(code)
    return f"Anti-scam centre of {known.name} (exercise)", f"{known.name_zh}反诈中心（演练）"


def free_ports(number: int) -> tuple[int, ...]:
    """Ports of this machine that nobody listens on at this moment, all different."""
    with ExitStack() as probes:
        sockets = [probes.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(number)]
        return tuple(int(probe.getsockname()[1]) for probe in sockets)
