"""Lets the centres of a federation become partners: cards by hand, words compared, agreements over the line between them."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from accord.core.errors import Unavailable
from accord.lab.errors import Msg
from accord.lab.federation.channel import Member, ask_all
from accord.lab.federation.plan import FederationPlan, Pact

WITHIN_SECONDS: Final = 60
"""How long an agreement may take to cross and come back."""


def introduce(
    plan: FederationPlan, members: Mapping[str, Member], starts_at: datetime, told: Callable[[str], None] = lambda _step: None
) -> None:
    """Make all centres partners of each other, under agreements that are in force from `starts_at`.

    `told` hears of every step as it begins: the cards, then each agreement.

    Their nodes must be reachable. Whether their workers run by themselves makes no difference: what waits is also sent from
    here. Raises Unavailable where an agreement does not get across.
    """
    told("keys and cards")
    cards = ask_all(members.values(), "own_card")
    for code, card in cards.items():
        others = [member for other, member in members.items() if other != code]
        ask_all(others, "meet", code=code, **card)
    for pact in plan.pacts:
        told("agreement of {} and {}".format(*pact.countries))
        _agree(plan, members, pact, starts_at)


def _agree(plan: FederationPlan, members: Mapping[str, Member], pact: Pact, starts_at: datetime) -> None:
    from accord.lab.federation.pacts import document_of

    first, second = (plan.of(country) for country in pact.countries)
    offered = members[first.code].ask("offer", document=document_of(pact, first, second, starts_at))
    _until(members, lambda: members[second.code].ask("sign", hash_=offered))
    _until(members, lambda: members[first.code].ask("in_force", code=second.code))


def _until(members: Mapping[str, Member], done: Callable[[], Any]) -> None:
    deadline = time.monotonic() + WITHIN_SECONDS
    while not done():
        if time.monotonic() > deadline:
            raise Unavailable(Msg.AGREEMENT_DID_NOT_GET_ACROSS_WITHIN, seconds=WITHIN_SECONDS)
        if not any(ask_all(members.values(), "sweep").values()):
            time.sleep(0.05)
