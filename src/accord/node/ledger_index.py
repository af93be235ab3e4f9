"""The tracing index of a node, kept level with its record tables. The command line and the worker both come through here."""

from __future__ import annotations

from accord.core.errors import NotFound
from accord.engine.records import RecordStore
from accord.engine.tracing import Ledger, LedgerWriter
from accord.node.home import Home


def catch_up(home: Home) -> Ledger:
    """The newest reader of the node's ledger, after adding every record that the index lacks.

    Raises NotFound where nothing was ever loaded, Corrupt where the index fails its check.
    """
    if not home.records.is_dir():
        raise NotFound(
            "no records are loaded here; load some with: accord records load FILE --kind transfers", where=str(home.root)
        )
    store = RecordStore(home.records)
    LedgerWriter(home.index).catch_up(store.transfers_after(_last_indexed(home)), store.opening_balances())
    return Ledger.open(home.index)


def _last_indexed(home: Home) -> int:
    """The highest sequence number in the index; -1 where there is no index yet."""
    try:
        return Ledger.open(home.index).last_seq
    except NotFound:
        return -1
