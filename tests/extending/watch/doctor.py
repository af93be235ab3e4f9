from __future__ import annotations

from collections.abc import Iterator

from accord.core.findings import Finding, State
from watch.models import Watch


def examine() -> Iterator[Finding]:
    yield Finding("Watches", State.OK, f"{Watch.objects.count()} kept")
