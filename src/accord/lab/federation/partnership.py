"""What a centre does to become a partner of another: keys, cards, words that are compared, agreements that both sign.

The same services that an administrator's commands and a liaison officer's pages call, by those who may.
"""

from __future__ import annotations

from typing import Any, Final

from accord.lab.federation.channel import Command
from accord.lab.federation.people import ADMINISTRATOR, SUPERVISOR, user


def own_card() -> dict[str, Any]:
    """This centre's keys made, where it has none yet; its card as a file has it, and the words to read out to a partner."""
    from accord.capabilities.exchange.partners import cards
    from accord.capabilities.exchange.partners import queries as partners
    from accord.capabilities.exchange.partners.services import own_keys

    administrator = user(ADMINISTRATOR)
    if not partners.own_keys(administrator).exists():
        own_keys.make_keys(administrator)
    signed = partners.own_card(administrator).signed
    return {"card": cards.card_bytes(signed).decode(), "words": list(partners.own_fingerprint(administrator).words)}


def meet(code: str, card: str, words: list[str]) -> None:
    """Take a partner's card and confirm it: `words` are those that the partner read out over another channel."""
    from accord.capabilities.exchange.partners import queries as known
    from accord.capabilities.exchange.partners.services import partners

    administrator = user(ADMINISTRATOR)
    partners.add(administrator, card.encode())
    asked = known.fingerprint(administrator, code).asked
    partners.confirm(administrator, code, {place: words[place - 1] for place in asked})


def offer(document: dict[str, Any]) -> str:
    """Draft an agreement and sign it on this side; the partner's node is told. Its hash."""
    from accord.capabilities.exchange.agreements import documents
    from accord.capabilities.exchange.agreements.services import agreements

    supervisor = user(SUPERVISOR)
    drafted = agreements.draft(supervisor, documents.read(document))
    return agreements.offer(supervisor, drafted.pk).hash


def sign(hash_: str) -> bool:
    """Sign an agreement that a partner has offered; False where its message has not come yet."""
    from accord.capabilities.exchange.agreements import queries as known
    from accord.capabilities.exchange.agreements.services import agreements

    supervisor = user(SUPERVISOR)
    received = known.agreements(supervisor).filter(hash=hash_).first()
    if received is None:
        return False
    agreements.sign(supervisor, received.pk)
    return True


def in_force(code: str) -> bool:
    """Whether an agreement with a partner is in force at this centre."""
    from accord.capabilities.exchange.agreements import queries as agreements
    from accord.capabilities.exchange.errors import Refused

    try:
        agreements.in_force(code)
    except Refused:
        return False
    return True


COMMANDS: Final[dict[str, Command]] = {
    "own_card": own_card,
    "meet": meet,
    "offer": offer,
    "sign": sign,
    "in_force": in_force,
}
