from __future__ import annotations

from pathlib import Path

DOCUMENT = Path(__file__).parents[3] / "docs" / "appeals.md"


def test_the_documented_tables_are_those_in_force() -> None:
    from accord.capabilities.orders.remedies import appeal_cycle, restitution_cycle
    from accord.capabilities.transitions import as_markdown

    text = DOCUMENT.read_text(encoding="utf-8")
    assert as_markdown(appeal_cycle.MOVES) in text
    assert as_markdown(restitution_cycle.MOVES) in text
