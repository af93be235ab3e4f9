"""What the documentation says of the rules is what the code obeys."""

from __future__ import annotations

from pathlib import Path

DOCS = Path(__file__).parents[3] / "docs"


def test_the_documented_life_cycle_is_the_one_in_force() -> None:
    from accord.capabilities.orders.life_cycle import as_markdown

    assert as_markdown() in (DOCS / "orders.md").read_text(encoding="utf-8")


def test_the_documented_regimes_are_those_of_the_files() -> None:
    from accord.capabilities.orders.regime_table import as_markdown

    assert as_markdown() in (DOCS / "regimes.md").read_text(encoding="utf-8")
