from __future__ import annotations

from pathlib import Path

DOCUMENT = Path(__file__).parents[3] / "docs" / "orders.md"


def test_the_documented_life_cycle_is_the_one_in_force() -> None:
    from accord.capabilities.orders.life_cycle import as_markdown

    assert as_markdown() in DOCUMENT.read_text(encoding="utf-8")
