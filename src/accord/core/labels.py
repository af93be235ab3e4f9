"""Handling codes: what whoever receives information may do with it. A label rides inside the signature of what it labels.

Every scale here is written from the strictest code to the most open. What is not known is refused, never guessed: a label
that names a code of tomorrow cannot be read by a node of today.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Tlp(StrEnum):
    """Traffic Light Protocol 2.0 (FIRST, 2022): with whom the recipient may share."""

    RED = "red"  # the named recipients alone
    AMBER_STRICT = "amber+strict"  # the recipient's agency alone
    AMBER = "amber"  # the recipient's agency and those it serves
    GREEN = "green"  # the community
    CLEAR = "clear"


class Handling(StrEnum):
    """Europol handling codes. H0 adds no restriction; the others add up. H3 is explained by a text of its own."""

    H0 = "h0"  # for preventing and combating crime alone
    H1 = "h1"  # not in judicial proceedings without the provider's permission
    H2 = "h2"  # not passed on without the provider's permission
    H3 = "h3"  # other restrictions, stated in words


class Pap(StrEnum):
    """Permissible Actions Protocol: what the recipient may do that an offender could notice."""

    RED = "red"  # nothing that can be noticed
    AMBER = "amber"  # passive look-ups
    GREEN = "green"  # active steps such as an order to a bank
    CLEAR = "clear"


@dataclass(frozen=True, slots=True)
class Label:
    """One handling label. `originator` is the agency code of who set it; only it may relax it.

    `recipients` are agency codes; empty: whoever TLP lets. `onward` are the agencies to which the recipient may go on with a
    request by itself; empty: none. `retain_until`: the information is deleted then; None: as the agreement says.
    `source_grade` A to F and `accuracy_grade` 1 to 6 are those of the 6x6 grading of intelligence; empty: not graded.
    """

    originator: str
    tlp: Tlp = Tlp.AMBER_STRICT
    handling: tuple[Handling, ...] = (Handling.H0,)
    handling_text: str = ""
    pap: Pap = Pap.GREEN
    source_grade: str = ""
    accuracy_grade: str = ""
    purposes: tuple[str, ...] = ()
    recipients: tuple[str, ...] = ()
    onward: tuple[str, ...] = ()
    retain_until: datetime | None = None
