"""What two centres have on record of each other, read from their stores while they run or after they have died."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_OWN_CLAIMS = "SELECT id FROM claims_claim WHERE origin = ''"

Place = tuple[str, int]
"""Epoch and sequence."""


@dataclass(frozen=True)
class End:
    """A centre's store, by the path of its SQLite file, and its agency code."""

    code: str
    database: Path

    @contextmanager
    def _store(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(f"file:{self.database}?mode=ro", uri=True, timeout=20)) as store:
            store.row_factory = sqlite3.Row
            yield store

    def rows(self, query: str, *values: Any) -> list[dict[str, Any]]:
        with self._store() as store:
            return [dict(row) for row in store.execute(query, values)]

    def count(self, table: str, where: str = "1", *values: Any) -> int:
        (row,) = self.rows(f"SELECT count(*) AS n FROM {table} WHERE {where}", *values)
        return int(row["n"])

    def sent(self, partner: str) -> dict[Place, tuple[str, ...]]:
        """Every message to a partner: (id, kind, hash) by its place in the stream; a copy that the partner gave back counts."""
        return self._messages("exchange_outgoing", partner)

    def received(self, partner: str) -> dict[Place, tuple[str, ...]]:
        return self._messages("exchange_incoming", partner)

    def _messages(self, table: str, partner: str) -> dict[Place, tuple[str, ...]]:
        query = f"SELECT id, epoch, sequence, kind, content_hash FROM {table} WHERE partner_id = ?"
        return {
            (row["epoch"], row["sequence"]): (row["id"], row["kind"], row["content_hash"]) for row in self.rows(query, partner)
        }

    def waiting(self, *partners: str) -> dict[str, int]:
        """How much has not been brought to an end, by kind; empty when nothing is left to do that these partners wait for."""
        among = ", ".join("?" * len(partners))
        (counted,) = self.rows(
            f"""SELECT
                (SELECT count(*) FROM exchange_outgoing WHERE state = 'queued' AND partner_id IN ({among})) AS "to be sent",
                (SELECT count(*) FROM exchange_incoming WHERE state IN ('ready', 'parked')) AS "to be applied",
                (SELECT count(*) FROM exchange_chunk) AS "parts of messages",
                (SELECT count(*) FROM orders_order WHERE state IN ('draft', 'approved', 'sent', 'acknowledged'))
                    AS "orders under way",
                (SELECT count(*) FROM claims_enquiry WHERE state IN ('queued', 'acknowledged')) AS "enquiries under way",
                (SELECT count(*) FROM claims_planitem WHERE state = 'proposed' AND claim_id IN ({_OWN_CLAIMS}))
                    AS "lines of plans",
                (SELECT count(*) FROM exchange_foreignorder WHERE state = 'proposed') AS "orders of partners",
                (SELECT count(*) FROM exchange_foreignenquiry WHERE next_attempt_at IS NOT NULL) AS "answers to give",
                (SELECT count(*) FROM exchange_foreignorder WHERE next_attempt_at IS NOT NULL) AS "answers about orders"
            """,
            *partners,
        )
        return {name: number for name, number in counted.items() if number}

    def alarms(self) -> list[str]:
        return [f"{row['what']}: {row['detail']}" for row in self.rows("SELECT what, detail FROM exchange_alarm")]


def assert_messages_agree(one: End, other: End) -> None:
    """Each has received exactly what the other has sent: same places, same messages, same content; streams have no gaps."""
    for sender, receiver in ((one, other), (other, one)):
        sent, received = sender.sent(receiver.code), receiver.received(sender.code)
        which = f"{sender.code} to {receiver.code}"
        assert received.keys() - sent.keys() == set(), f"{which}: received and not sent"
        assert sent.keys() - received.keys() == set(), f"{which}: sent and not received"
        assert received == sent, f"{which}: other content"
        identities = Counter(message for message, _, _ in sent.values())
        assert set(identities.values()) <= {1}, f"{which}: a message twice"
        longest: Counter[str] = Counter()
        for epoch, sequence in sent:
            longest[epoch] = max(longest[epoch], sequence)
        assert longest == Counter(epoch for epoch, _ in sent), f"{which}: a gap"


@dataclass(frozen=True)
class Held:
    """What is held for the first centre's claims at another: by its own books, by the other's, and by the banks."""

    by_asker: dict[str, int]
    by_holder: dict[str, int]
    parts: dict[str, dict[str, int]]


def held(asker: End, holder: End) -> Held:
    """Per order of the asker that the holder was asked for: what either side says is held for it, and by which orders."""
    asked = asker.rows(
        "SELECT o.id, o.held, o.state FROM orders_order o JOIN exchange_sentorder s ON s.order_id = o.id"
        " WHERE s.partner_id = ?",
        holder.code,
    )
    parts = holder.rows(
        "SELECT p.foreign_id, o.id, o.held, o.state FROM exchange_foreignorderpart p"
        " JOIN orders_order o ON o.id = p.order_id JOIN exchange_foreignorder f ON f.id = p.foreign_id WHERE f.partner_id = ?",
        asker.code,
    )
    by_part: dict[str, dict[str, int]] = {}
    for row in parts:
        if row["state"] in HOLDING and row["held"]:
            by_part.setdefault(row["foreign_id"], {})[row["id"]] = row["held"]
    return Held(
        {row["id"]: row["held"] for row in asked if row["state"] in HOLDING and row["held"]},
        {order: sum(amounts.values()) for order, amounts in by_part.items()},
        by_part,
    )


HOLDING = ("held", "held_partly")


def assert_holds_agree(asker: End, holder: End, at_banks: Callable[[str], int]) -> int:
    """Both books say the same of every order, and the banks hold just that; how much it is in all."""
    found = held(asker, holder)
    assert found.by_asker == found.by_holder, f"{asker.code} asked {holder.code}"
    for amounts in found.parts.values():
        for order, amount in amounts.items():
            assert at_banks(order) == amount, f"order {order} of {holder.code}"
    return sum(found.by_asker.values())
