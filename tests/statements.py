"""Counts the statements that a piece of code sends to the store, by verb and table."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from django.db import connection

_VERB: Final = re.compile(r"\s*(\w+)")
_TABLE: Final = re.compile(r'(?:FROM|INTO|UPDATE)\s+"(\w+)"', re.IGNORECASE)
_TRANSACTION: Final = frozenset({"BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE"})


BOOK_OF_PARTNERS: Final = ("exchange_partner", "exchange_partnerkey")
"""Kept in memory and read again after a second: how often that happens depends on how fast the machine is."""


class Statements:
    """What was sent: `counts[verb, table]` (the table is empty for transactions' own words), and every text in turn."""

    def __init__(self) -> None:
        self.counts: Counter[tuple[str, str]] = Counter()
        self.texts: list[str] = []

    def __len__(self) -> int:
        """All statements but those that only begin or end a transaction or a savepoint."""
        return sum(number for (verb, _), number in self.counts.items() if verb not in _TRANSACTION)

    def __str__(self) -> str:
        return "\n".join(f"{number:4d}  {verb} {table}" for (verb, table), number in sorted(self.counts.items()))

    def but(self, *tables: str) -> int:
        """As many as `len` counts, without those on these tables first."""
        return len(self) - sum(number for (_, table), number in self.counts.items() if table in tables)

    def of(self, verb: str, table: str) -> int:
        """How many statements of this verb had this table as their first."""
        return self.counts[verb, table]

    def _note(self, sql: str) -> None:
        verb = _VERB.match(sql)
        table = _TABLE.search(sql)
        word = verb[1].upper() if verb else ""
        self.counts[word, "" if table is None or word in _TRANSACTION else table[1]] += 1
        self.texts.append(sql)


@contextmanager
def counted() -> Iterator[Statements]:
    """Count every statement that this thread sends through Django until the block ends."""
    statements = Statements()

    def note(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        statements._note(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        yield statements
