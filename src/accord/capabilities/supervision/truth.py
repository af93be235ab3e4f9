"""What only an exercise knows: how much stolen money stood on an account at a moment, had every payment of it been made."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable
from datetime import datetime
from functools import lru_cache
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING

from accord.core.clock import to_micros

if TYPE_CHECKING:
    from accord.engine.exercise import World

StolenOn = Callable[[str, datetime], int]
"""(account, moment) → minor units of stolen money there; accounts of an exercise have one number each."""


def exercise_truth(folder: Path) -> StolenOn:
    """The truth of the world in `folder`; NotFound where there is none."""
    return _truth(folder, (folder / "world.json").stat().st_mtime_ns if (folder / "world.json").exists() else 0)


@lru_cache(maxsize=1)
def _truth(folder: Path, _written_at: int) -> StolenOn:
    """Reading a world takes a second; it does not change while an exercise lasts."""
    from accord.engine.exercise import World  # columns: only an exercise needs them in the process of the pages

    return stolen_in(World.load(folder))


def stolen_in(world: World) -> StolenOn:
    """What came to each account by the paths of stolen money, less what went on."""
    import pyarrow.compute as pc

    paths = world.truth.paths
    moved = world.transfers.filter(pc.is_in(world.transfers["id"], value_set=paths["transfer"].unique()))
    columns = (moved[name].to_pylist() for name in ("id", "time", "debtor", "creditor"))
    transfers = {row[0]: row[1:] for row in zip(*columns, strict=True)}
    changes: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for transfer, parent, amount, arrived in zip(
        *(paths[name].to_pylist() for name in ("transfer", "parent", "amount", "counter_amount")), strict=True
    ):
        time, debtor, creditor = transfers[transfer]
        changes[creditor].append((time, arrived))
        if parent is not None:
            changes[debtor].append((time, -amount))
    times: dict[str, list[int]] = {}
    stands: dict[str, list[int]] = {}
    for account, rows in changes.items():
        rows.sort()
        times[account] = [time for time, _ in rows]
        stands[account] = list(accumulate(change for _, change in rows))

    def stolen_on(account: str, moment: datetime) -> int:
        until = bisect_right(times.get(account, []), to_micros(moment))
        return stands[account][until - 1] if until else 0

    return stolen_on
