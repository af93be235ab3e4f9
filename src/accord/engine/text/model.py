"""What extraction finds in a text."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from accord.core.identifiers import Identifier, IdentifierType
from accord.core.money import Money


class TextType(StrEnum):
    """What a text mentions that is no identifier of an offender."""

    AMOUNT = "amount"
    REFERENCE = "reference"  # an order number, a transaction or serial number: names a payment, never a person or an account


MentionType = IdentifierType | TextType


@dataclass(frozen=True, slots=True)
class Mention:
    """One find. `span` are character positions [start, end) in the text as given, so `text[start:end] == raw`.

    `confidence` (0 to 1) ranks what an officer should look at first; it is not a probability that was measured.
    `context` is the word that said what it is, "" where its form alone did. `identifier` is set for identifiers, `money`
    for amounts; a reference has neither.
    """

    span: tuple[int, int]
    raw: str
    type: MentionType
    canonical: str
    confidence: float
    context: str = ""
    identifier: Identifier | None = None
    money: Money | None = None


@dataclass(frozen=True, slots=True)
class Extraction:
    """All mentions in the order of the text, none overlapping.

    `read_to` is where reading stopped: the length of the text, or less where it mentions more than the limit.
    """

    mentions: tuple[Mention, ...]
    read_to: int

    @property
    def identifiers(self) -> tuple[Identifier, ...]:
        """Each distinct identifier once, in order of its first mention."""
        return tuple(dict.fromkeys(mention.identifier for mention in self.mentions if mention.identifier is not None))

    @property
    def amounts(self) -> tuple[Money, ...]:
        """Every amount, in order."""
        return tuple(mention.money for mention in self.mentions if mention.money is not None)

    @property
    def references(self) -> tuple[str, ...]:
        """Each distinct order or transaction number once, in order."""
        found = (mention.canonical for mention in self.mentions if mention.type is TextType.REFERENCE)
        return tuple(dict.fromkeys(found))
