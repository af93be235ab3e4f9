"""Two centres' nodes that are confirmed partners of each other: real homes, stores, keys, web processes and workers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from accord.node.home import Home
from federation_kit.commands import environment_of
from federation_kit.running import RunningNode, free_port, running
from federation_kit.stores import with_store

KEYS: Final = """
from accord.capabilities.exchange.partners import cards
from accord.capabilities.exchange.partners import queries as partners
from accord.capabilities.exchange.partners.services import own_keys
from accord.capabilities.people.policy import OPERATOR
own_keys.make_keys(OPERATOR)
print(json.dumps(cards.card_bytes(partners.own_card(OPERATOR).signed).decode()))
"""

CONFIRM: Final = """
from accord.capabilities.exchange.partners import cards
from accord.capabilities.exchange.partners.services import partners
from accord.capabilities.people.policy import OPERATOR
added = partners.add(OPERATOR, sys.argv[1].encode())
words = cards.words(partners.fingerprint_of(added), "en")
partners.confirm(OPERATOR, added.code, {place: words[place - 1] for place in partners.asked_words(added, OPERATOR)})
"""

CALL: Final = """
from accord.capabilities.exchange.kinds import MessageKind
from accord.capabilities.exchange.channel.services import sending
from accord.core import clock
for _ in range(int(sys.argv[2])):
    sending.queue(sys.argv[1], MessageKind.TEST_CALL, {"asked_at": clock.to_iso(clock.now())})
"""


@dataclass(frozen=True)
class Centre:
    """One centre's node, laid out. `node` runs it until its own block ends."""

    code: str
    home: Home
    port: int

    @property
    def prepared(self) -> RunningNode:
        """For small programs, whether the node runs or not."""
        environment = environment_of(self.home.root, DJANGO_SETTINGS_MODULE="accord.node.settings")
        return RunningNode(self.home, f"http://127.0.0.1:{self.port}", self.port, environment)

    def run(self, program: str, *arguments: object) -> Any:
        return self.prepared.run(program, *arguments)

    def rows(self, query: str, *values: Any) -> list[dict[str, Any]]:
        return self.prepared.rows(query, *values)


def lay_out(root: Path, code: str, *, by_file: bool = False, **settings: str) -> Centre:
    """A home with keys for a centre of its own."""
    home, port = Home(root / code), free_port()
    home.create()
    stated = {
        "agency": code,
        "agency_name": f"The centre of {code}",
        "jurisdiction": code[:2],
        "contact": "+00 000",
        "second_factor": "off",
        "partner_url": "" if by_file else f"http://127.0.0.1:{port}",
        **settings,
    }
    with_store(home.root)
    home.exercise.mkdir()
    home.config.write_text("".join(f"{key} = {json.dumps(value)}\n" for key, value in stated.items()), encoding="utf-8")
    return Centre(code, home, port)


def introduce(*centres: Centre) -> None:
    """Keys for each, and each the others' confirmed partner."""
    cards = {centre.code: centre.run(KEYS) for centre in centres}
    for centre in centres:
        for code, card in cards.items():
            if code != centre.code:
                centre.run(CONFIRM, card)


@contextmanager
def two_centres(root: Path, **settings: str) -> Iterator[tuple[Centre, Centre]]:
    """Two centres that run, as partners."""
    pair = lay_out(root, "CN-ASC", **settings), lay_out(root, "SG-ASC", **settings)
    introduce(*pair)
    with ExitStack() as stack:
        for centre in pair:
            stack.enter_context(running(centre.home, centre.port))
        yield pair
