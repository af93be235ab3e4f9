"""The one writer of an index folder: appends rows, publishes them in one step, folds the tail into a new base."""

from __future__ import annotations

import fcntl
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from accord.core.errors import Conflict, NotFound
from accord.engine.tracing import manifest as manifests
from accord.engine.tracing.encoding import EMPTY_TABLE, Rows, columns_read, encode, set_openings
from accord.engine.tracing.errors import Msg
from accord.engine.tracing.layout import TRANSFER
from accord.engine.tracing.manifest import Manifest, Segment
from accord.engine.tracing.names import NO_TEXTS
from accord.engine.tracing.reading import open_state
from accord.engine.tracing.state import State, grown, state_of
from accord.engine.tracing.state import settled as settled_state
from accord.engine.tracing.storage import read_segment, save_base, save_segment

_BATCH_ROWS: Final = 1_000_000
"""Small batches are joined up to this size before they are numbered."""

_TAIL_ROWS: Final = 50_000
_TAIL_SHARE: Final = 25
"""The tail is folded into a new base when it passes both this many rows and this share of the base."""


class LedgerWriter:
    """Keeps the index in `folder` up with the records. One at a time: Conflict where another holds the folder's lock.

    Use it in a with block, or call `close`.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._lock = (folder / "lock").open("w")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._lock.close()
            raise Conflict(Msg.ANOTHER_PROCESS_WRITING_INDEX, folder=folder) from None
        try:
            self._manifest: Manifest | None = manifests.read(folder)
            self._state = open_state(folder)[0]
        except NotFound:
            self._manifest, self._state = None, state_of(EMPTY_TABLE, None)
        except BaseException:
            self.close()
            raise
        self._remove_unnamed(self._manifest)

    def close(self) -> None:
        """Give up the lock. What was published stays."""
        self._lock.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    @property
    def last_seq(self) -> int:
        """The highest sequence number published, -1 for an empty index."""
        return self._state.last_seq

    def catch_up(self, batches: Iterable[pa.Table], balances: pa.Table | None = None) -> None:
        """Publish the rows with a seq above `last_seq` and the present opening balances.

        Batches have the columns of the transfers schema, in order of seq. Few rows go into the tail at once and are
        folded into a new base afterwards when the tail has grown; many make a new base directly. A failure or a kill
        leaves the index as it was before.
        """
        fresh = (table for table in map(self._unseen, batches) if table.num_rows)
        held: list[pa.Table] = []
        for table in fresh:
            held.append(table)
            if sum(part.num_rows for part in held) > self._tail_limit():
                self._fold(_joined_batches(held, fresh), balances)
                return
        self._append(pa.concat_tables([EMPTY_TABLE, *map(columns_read, held)]), balances)
        if len(self._state.tail) > self._tail_limit() or self._manifest is None:
            self._fold(iter(()), None)

    def _tail_limit(self) -> int:
        return max(_TAIL_ROWS, len(self._state.base) // _TAIL_SHARE)

    def _unseen(self, table: pa.Table) -> pa.Table:
        """The rows of a batch that are not published yet."""
        if not table.num_rows or pc.min(table["seq"]).as_py() > self.last_seq:
            return table
        return table.filter(pc.greater(table["seq"], self.last_seq))

    def _append(self, table: pa.Table, balances: pa.Table | None) -> None:
        """Publish a few rows as a segment of the tail."""
        state = grown(self._state, table, balances)
        if self._manifest is None or state is self._state:
            self._state = state
            return
        number = self._manifest.generation + 1
        segments = list(self._manifest.segments)
        opened = _changed_balances(self._state, state)
        for kind, rows in (("balances", opened), ("transfers", table)):
            if rows.num_rows:
                segments.append(save_segment(self._folder, kind, rows, number, number))
                self._join_last(segments)
        self._publish(
            Manifest(
                number,
                self._manifest.base,
                self._manifest.base_generation,
                self._manifest.sizes,
                self._manifest.names_sha256,
                tuple(segments),
                len(state),
                state.last_seq,
            ),
            state,
        )

    def _join_last(self, segments: list[Segment]) -> None:
        """Join the last segments while they are of a size, so that n appends leave about log n files."""
        while len(segments) > 1:
            one, other = segments[-2:]
            if one.kind != other.kind or one.rows > 2 * other.rows:
                return
            table = pa.concat_tables([read_segment(self._folder, segment) for segment in (one, other)])
            segments[-2:] = [save_segment(self._folder, one.kind, table, one.first, other.last)]

    def _fold(self, tables: Iterator[pa.Table], balances: pa.Table | None) -> None:
        """Publish a new base of everything held and `tables`."""
        dictionary = self._state.dictionary
        parts = [self._state.rows()]
        for table in tables:
            rows, dictionary = encode(table, dictionary)
            parts.append(rows)
        dictionary, _ = set_openings(dictionary, balances)
        state = settled_state(_joined_rows(parts), dictionary)
        number = self._manifest.generation + 1 if self._manifest else 1
        name = f"base-{number:08d}"
        sizes, names_sha256 = save_base(self._folder / name, state.base, state.dictionary)
        made = Manifest(number, name, number, sizes, names_sha256, (), len(state), state.last_seq)
        self._publish(made, state)
        self._state = open_state(self._folder)[0]  # mapped, so that the arrays just built are given back

    def _publish(self, manifest: Manifest, state: State) -> None:
        """Make `manifest` the folder's; what the one before it named stays for readers about to open it."""
        manifests.write(self._folder, manifest)
        previous, self._manifest, self._state = self._manifest, manifest, state
        self._remove_unnamed(manifest, previous)

    def _remove_unnamed(self, *named: Manifest | None) -> None:
        """Remove index files that none of these manifests names. Readers that have them open keep them."""
        keep = {manifests.NAME, "lock"}.union(*(manifest.files() for manifest in named if manifest))
        for path in self._folder.iterdir():
            if path.name in keep:
                continue
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()


def _joined_batches(held: list[pa.Table], rest: Iterator[pa.Table]) -> Iterator[pa.Table]:
    """All batches, small ones joined."""
    waiting: list[pa.Table] = []
    for source in (iter(held), rest):
        for table in source:
            waiting.append(table)
            if sum(part.num_rows for part in waiting) >= _BATCH_ROWS:
                yield pa.concat_tables(waiting, promote_options="permissive")
                waiting = []
    held.clear()
    if waiting:
        yield pa.concat_tables(waiting, promote_options="permissive")


def _joined_rows(parts: list[Rows]) -> Rows:
    """Rows one after the other."""
    full = [part for part in parts if len(part)]
    if not full:
        return Rows(np.empty(0, TRANSFER), NO_TEXTS)
    if len(full) == 1:
        return full[0]
    offsets = [full[0].ids.offsets[:1] * 0]
    end = 0
    for part in full:
        offsets.append(part.ids.offsets[1:] - part.ids.offsets[0] + end)
        end = int(offsets[-1][-1])
    data = np.concatenate([part.ids.data[part.ids.offsets[0] : part.ids.offsets[-1]] for part in full])
    ids = type(NO_TEXTS)(np.concatenate(offsets), data, NO_TEXTS.tags)
    return Rows(np.concatenate([part.records for part in full]), ids)


def _changed_balances(before: State, after: State) -> pa.Table:
    """The opening balances that differ, as rows of the balances schema without seq and batch."""
    old, new = before.dictionary.pockets.opening, after.dictionary.pockets
    known = np.zeros(len(new), np.int64)
    known[: len(old)] = old
    changed = np.flatnonzero(known != new.opening)
    accounts = [after.dictionary.account_ref(int(account)) for account in new.account[changed]]
    return pa.table(
        {
            "account": pa.array([account.number for account in accounts], pa.string()),
            "bank": pa.array([account.bank for account in accounts], pa.string()),
            "currency": pa.array([after.dictionary.currencies[code] for code in new.currency[changed]], pa.string()),
            "amount": pa.array(new.opening[changed], pa.int64()),
        }
    )
