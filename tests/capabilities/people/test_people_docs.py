from __future__ import annotations

from pathlib import Path

DOCUMENT = Path(__file__).parents[3] / "docs" / "people.md"


def test_the_documented_roles_are_those_in_force() -> None:
    from accord.capabilities.people.policy import as_markdown

    assert as_markdown() in DOCUMENT.read_text(encoding="utf-8")
