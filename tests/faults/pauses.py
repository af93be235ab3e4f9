"""The pauses after which nodes try again are passed over, not sat through: their clocks go on to the end of the earliest."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Final

from centres import Centre

from accord.capabilities.delivery import LEASE
from accord.core.clock import SystemClock
from accord.node import exercise_clock

_PUT_OFF: Final = " UNION ALL ".join(
    f"SELECT next_attempt_at AS at FROM {table} WHERE next_attempt_at IS NOT NULL{also}"
    for table, also in (
        ("exchange_outstream", " AND closed_at IS NULL"),
        ("exchange_incoming", ""),
        ("exchange_foreignenquiry", ""),
        ("exchange_foreignorder", ""),
        ("claims_enquiry", ""),
        ("orders_order", ""),
    )
)
AT_WORK: Final = LEASE + timedelta(seconds=0.5)
"""What falls due sooner may be a call under way: its row is leased for so long."""


def pass_over(centres: Iterable[Centre]) -> bool:
    """Let all clocks run on from when the first of what was put off falls due. False where something is at work, or nothing
    was put off."""
    shifts = {centre: _shift(centre) for centre in centres}
    pauses = [pause for centre, shift in shifts.items() for pause in _pauses(centre, SystemClock().now() + shift)]
    if not pauses or min(pauses) <= AT_WORK:
        return False
    for centre, shift in shifts.items():
        exercise_clock.run_on_from(centre.home, SystemClock().now() + shift + min(pauses))
    return True


def _pauses(centre: Centre, now: datetime) -> list[timedelta]:
    return [datetime.fromisoformat(row["at"]).replace(tzinfo=UTC) - now for row in centre.end.rows(_PUT_OFF)]


def _shift(centre: Centre) -> timedelta:
    return timedelta(microseconds=json.loads(exercise_clock.path(centre.home).read_text())["shift_micros"])
