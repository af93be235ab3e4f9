"""The node's own record index as a ledger holder."""

from accord.adapters.own_ledger.holder import OwnLedger

__all__ = ["OwnLedger"]
