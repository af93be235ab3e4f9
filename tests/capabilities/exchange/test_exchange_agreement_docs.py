"""What the documentation says of agreements is what the code carries out."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

from accord.capabilities.exchange.agreements import clauses, enforcement
from accord.capabilities.exchange.agreements import queries as agreements
from accord.capabilities.exchange.agreements.cycle import as_markdown

PAGE = Path(__file__).parents[3] / "docs" / "agreements.md"


def test_the_documented_life_of_an_agreement_is_the_table() -> None:
    assert as_markdown() in PAGE.read_text(encoding="utf-8")


def test_every_clause_that_refuses_is_documented() -> None:
    code = "".join(inspect.getsource(module) for module in (clauses, enforcement, agreements))
    refusing = set(re.findall(r'Refused\(\s*"(\w+)"', code))
    assert refusing == set(re.findall(r"^\| `(\w+)` \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE))
