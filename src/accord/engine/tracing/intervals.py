"""Arithmetic of unit ranges: which units of a transfer are left once others are taken out."""

from __future__ import annotations

from collections.abc import Iterable

from accord.engine.tracing.model import Interval


def minus(spans: Iterable[Interval], removed: Iterable[Interval]) -> list[Interval]:
    """The units of `spans` (disjoint) outside `removed`, in the order of `spans`."""
    cuts = sorted(removed)
    left: list[Interval] = []
    for start, end in spans:
        for low, high in cuts:
            if high <= start or low >= end:
                continue
            if low > start:
                left.append((start, low))
            start = max(start, high)
            if start >= end:
                break
        if start < end:
            left.append((start, end))
    return left
