"""What is published of the messages between centres is what the code reads and writes."""

from __future__ import annotations

import json
from pathlib import Path

from accord.capabilities.exchange.kinds import MessageKind
from accord.node.published import PUBLISHED, files

SCHEMAS = Path(__file__).parents[2] / "docs" / "schemas"


def test_the_published_schemas_are_current() -> None:
    """`accord exchange schemas docs/schemas` writes them anew."""
    assert {path.name: path.read_text(encoding="utf-8") for path in SCHEMAS.iterdir()} == files()


def test_every_kind_of_message_is_published() -> None:
    """All but the card, which stands in docs/protocol.md as a whole."""
    assert {kind.value for kind in MessageKind} - PUBLISHED.keys() == {"card"}


def test_every_kind_is_named_in_the_protocol() -> None:
    text = (SCHEMAS.parent / "protocol.md").read_text(encoding="utf-8")
    assert [kind.value for kind in MessageKind if f"`{kind.value}`" not in text] == []


def test_the_examples_of_the_protocol_are_messages() -> None:
    """The two bodies that are shown as the least ones."""
    import msgspec

    text = (SCHEMAS.parent / "protocol.md").read_text(encoding="utf-8")
    for heading, name in (("The least enquiry, as a body:", "enquiry"), ("The least hold, as a body:", "order")):
        shown = text.split(heading)[1].split("\n\n")[1]
        msgspec.convert(json.loads(shown), PUBLISHED[name])
