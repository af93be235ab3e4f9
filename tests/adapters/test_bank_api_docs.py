"""docs/bank-api.md says what the code does: its examples, cases and test vector are made from it."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from accord.adapters.bank_wire import decode, encode
from accord.adapters.bank_wire.examples import EXAMPLES, rendered, rendered_vector
from accord.adapters.contract_kit import CASES, TestData
from accord.adapters.contract_kit.report import rendered_cases
from accord.capabilities.orders.checks import check_order_answer
from accord.node.home import Home
from accord.node.lines import read_lines

DOCS = (Path(__file__).parents[2] / "docs" / "bank-api.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "text"), [("examples", rendered()), ("test vector", rendered_vector()), ("cases", rendered_cases(CASES))]
)
def test_what_is_rendered_is_what_stands_there(name: str, text: str) -> None:
    found = re.search(rf"<!-- {name}: .*? -->\n(.*?)\n<!-- end of {name} -->", DOCS, re.DOTALL)
    assert found is not None
    assert found[1].strip() == text.strip()


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_example_is_a_message(name: str) -> None:
    message: Any = EXAMPLES[name]
    assert encode(decode(encode(message), type(message), name)) == encode(message)


def test_the_answers_answer_the_order() -> None:
    for name in ("answer, held in part", "answer, refused"):
        check_order_answer(EXAMPLES["order"], EXAMPLES[name])


def test_the_files_in_the_text_can_be_used(tmp_path: Path) -> None:
    lines, data = re.findall(r"```toml\n(.*?)```", DOCS, re.DOTALL)
    assert TestData.of(tomllib.loads(data), "docs").later is not None
    home = Home(tmp_path)
    (tmp_path / "secrets").mkdir()
    for name in re.findall(r'"(secrets/[^"]+)"', lines):
        (tmp_path / name).touch()
    home.lines.write_text(lines)
    table = read_lines(home)
    assert (set(table.holders), set(table.centres)) == ({"BANKA", "SWITCHXX"}, {"CN-CENTRE"})


def test_no_example_shows_a_field_that_is_not_there() -> None:
    for block in re.findall(r"```json\n(.*?)```", DOCS, re.DOTALL):
        json.loads(block)
