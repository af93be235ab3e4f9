"""Everything a node keeps in one file, taken while it runs, and back again into an empty home.

The operational store goes first, then the sandbox banks and the records: what the store speaks of is therefore in the
backup too, and a bank that knows more than the node is told twice at most, which does nothing twice.
"""

from accord.node.backup.making import back_up
from accord.node.backup.restoring import restore

__all__ = ["back_up", "restore"]
