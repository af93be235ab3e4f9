"""The three parts of an index that belong together, and how rows are added to them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa

from accord.core.errors import BadInput
from accord.engine.tracing.base import Base, build
from accord.engine.tracing.dictionary import NO_DICTIONARY, Dictionary
from accord.engine.tracing.encoding import Rows, encode, set_openings
from accord.engine.tracing.errors import Msg
from accord.engine.tracing.overlay import Tail, extended, no_tail, relisted

_SMALL_TAIL: Final = 4096
_TAIL_SHARE: Final = 16
"""A tail in memory becomes part of the base when it passes both this many rows and this share of the base."""


@dataclass(frozen=True, slots=True)
class State:
    """An index at one moment. Never changes; adding rows makes another that shares what it can."""

    base: Base
    tail: Tail
    dictionary: Dictionary

    def __len__(self) -> int:
        return len(self.base) + len(self.tail)

    @property
    def last_seq(self) -> int:
        """The highest sequence number held, -1 where there is none."""
        return max(self.base.last_seq, int(self.tail.transfers["seq"].max()) if len(self.tail) else -1)

    def rows(self) -> Rows:
        """Every transfer, base first, with its id."""
        records = np.concatenate([self.base.transfers, self.tail.transfers])
        return Rows(records, self.base.ids.texts.joined(self.tail.ids.texts))


def settled(rows: Rows, dictionary: Dictionary) -> State:
    """A state that is all base."""
    dictionary = dictionary.settled()
    return State(build(rows, dictionary), no_tail(len(dictionary.pockets)), dictionary)


def state_of(transfers: pa.Table, balances: pa.Table | None) -> State:
    """The state of these tables, columns as in `records.schema`."""
    rows, dictionary = encode(transfers, NO_DICTIONARY)
    return settled(rows, set_openings(dictionary, balances)[0])


def grown(state: State, transfers: pa.Table, balances: pa.Table | None) -> State:
    """The state with these rows and opening balances too; itself where they change nothing."""
    rows, dictionary = encode(transfers, state.dictionary)
    if len(rows) and int(rows.records["seq"].min()) <= state.last_seq:
        raise BadInput(Msg.ROWS_TO_APPEND_MUST_SEQ_ABOVE, last=state.last_seq, where="seq")
    dictionary, reopened = set_openings(dictionary, balances)
    if not len(rows) and not len(reopened):
        return state
    tail = extended(state.base, state.tail, dictionary, rows, reopened)
    made = State(state.base, tail, dictionary)
    if len(tail) > max(_SMALL_TAIL, len(state.base) // _TAIL_SHARE):
        return settled(made.rows(), dictionary)
    if tail.dead > len(tail.debits) // 2 + _SMALL_TAIL:
        return State(state.base, relisted(state.base, tail, dictionary), dictionary)
    return made
