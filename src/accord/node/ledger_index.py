"""The tracing index of a node, kept level with its record tables. The command line and the worker both come through here."""

from __future__ import annotations

import time
from typing import Final

from accord.core.errors import Conflict, NotFound
from accord.engine.records import RecordStore
from accord.engine.tracing import Ledger, LedgerWriter
from accord.node.errors import Msg
from accord.node.home import Home

_WAIT_SECONDS: Final = 120
"""For another process that is writing the index: the first one over many millions of transfers takes about this long."""


def catch_up(home: Home) -> Ledger:
    """The newest reader of the node's ledger, after adding every record that the index lacks.

    Waits for another process that is doing the same. Raises NotFound where nothing was ever loaded, Corrupt where the
    index fails its check, Conflict where the other process does not end.
    """
    if not home.records.is_dir():
        raise NotFound(Msg.NO_RECORDS_LOADED_HERE, where=str(home.root))
    store = RecordStore(home.records)
    with _writer(home) as writer:
        writer.catch_up(store.transfers_after(writer.last_seq), store.opening_balances())
    return Ledger.open(home.index)


def _writer(home: Home) -> LedgerWriter:
    deadline = time.monotonic() + _WAIT_SECONDS
    while True:
        try:
            return LedgerWriter(home.index)
        except Conflict:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
