"""accord agreements: two nodes agree by file, change what they agreed, and end it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from federation_kit.commands import Answer, separately
from federation_kit.stores import with_store

pytestmark = pytest.mark.slow

SIDES = {"CN-ASC": "China centre", "SG-ASC": "Singapore centre"}


class Node:
    """The command line of one side."""

    def __init__(self, home: Path, code: str) -> None:
        self.home = home
        self.code = code
        self.settings = {"ACCORD_AGENCY": code, "ACCORD_AGENCY_NAME": SIDES[code], "ACCORD_JURISDICTION": code[:2]}

    def __call__(self, *arguments: object) -> Answer:
        return separately(self.home, *arguments, ACCORD_CONTACT="+1 5550100", **self.settings)

    def good(self, *arguments: object) -> Answer:
        answer = self(*arguments)
        assert answer.code == 0, answer.err
        return answer

    def known(self, *arguments: object) -> Any:
        return self.good("agreements", *arguments, "--json").json


@pytest.fixture(scope="module")
def sides(tmp_path_factory: pytest.TempPathFactory) -> tuple[Node, Node]:
    """Two nodes that have confirmed each other."""
    folder = tmp_path_factory.mktemp("sides")
    here, there = (Node(with_store(folder / code), code) for code in SIDES)
    for node in (here, there):
        node.good("partners", "keys", "make")
        node.good("partners", "card", "--out", folder / f"{node.code}.json")
    for node, other in ((here, there), (there, here)):
        node.good("partners", "add", folder / f"{other.code}.json")
        words = other.good("partners", "words", "--json").json["words"]
        asked = node.good("partners", "words", other.code, "--json").json["asked"]
        node.good(
            "partners",
            "confirm",
            other.code,
            *(option for place in asked for option in ("--word", f"{place}={words[place - 1]}")),
        )
    return here, there


def written(node: Node, folder: Path, **changes: str) -> Path:
    """The template with everything written that it asks for."""
    file = folder / "agreement.toml"
    node.good("agreements", "template", "SG-ASC", "--out", file)
    text = file.read_text(encoding="utf-8").replace("REPLACE: ", "Written: ").replace("2027-01-01", "2099-01-01")
    for name, value in changes.items():
        line = next(line for line in text.splitlines() if line.startswith(f"{name} ="))
        text = text.replace(line, f"{name} = {value}", 1)
    file.write_text(text, encoding="utf-8")
    return file


def test_a_template_is_not_offered_as_it_is(sides: tuple[Node, Node], tmp_path: Path) -> None:
    here, _ = sides
    here.good("agreements", "template", "SG-ASC", "--out", tmp_path / "as-it-is.toml")
    raw = here.known("draft", tmp_path / "as-it-is.toml")
    refused = here("agreements", "offer", raw["id"], "--json")
    assert (refused.code, "liability" in refused.error["message"]) == (2, True)
    here.good("agreements", "drop", raw["id"])


def test_two_nodes_agree_by_file(sides: tuple[Node, Node], tmp_path: Path) -> None:
    here, there = sides
    file = tmp_path / "passed-on.json"
    drafted = here.known("draft", written(here, tmp_path))
    assert (drafted["state"], drafted["partner"]) == ("draft", "SG-ASC")
    assert here.known("offer", drafted["hash"][:8])["state"] == "offered"
    here.good("agreements", "export", drafted["hash"], "--out", file)
    assert there.known("import", file)["state"] == "received"
    assert there.known("sign", drafted["hash"])["state"] == "signed"
    there.good("agreements", "export", drafted["hash"], "--out", file)
    assert here.known("import", file)["state"] == "signed"
    assert here("agreements", "import", file).code == 1


def test_what_was_agreed_is_changed_and_ended(sides: tuple[Node, Node], tmp_path: Path) -> None:
    """Goes on with what the two nodes have agreed on."""
    here, _ = sides
    (drafted,) = [one for one in here.known("list") if one["state"] == "signed"]
    changed = here.known("draft", written(here, tmp_path, retention_days="30", replaces=f'"{drafted["hash"]}"'))
    assert here.known("diff", changed["hash"]) == [
        {"path": "retention_days", "before": 90, "after": 30},
        {"path": "replaces", "before": "", "after": drafted["hash"]},
    ]
    assert here("agreements", "diff", drafted["hash"]).code == 2
    here.good("agreements", "ask-first", "SG-ASC", "on")
    assert here.known("show", drafted["hash"])["ask_first_here"]
    here.good("agreements", "ask-first", "SG-ASC", "off")
    assert here.known("end", drafted["hash"], "--reason", "A trial alone.")["state"] == "ended"
    assert [(one["state"], one["reason"]) for one in here.known("list")] == [("draft", ""), ("ended", "A trial alone.")]


def test_what_a_person_reads(sides: tuple[Node, Node], tmp_path: Path) -> None:
    here, _ = sides
    assert here("agreements", "template", "CN-ASC").code == 2
    row = here.known("draft", written(here, tmp_path, title='"What a person reads"'))
    assert "What a person reads" in here.good("agreements", "show", row["hash"]).out
    assert row["hash"][:8] in here.good("agreements", "list", "SG-ASC").out
    assert "standing.bank" in here.good("agreements", "fields").out
    assert here.known("fields")["request_answer"] == ["text"]


def test_mistakes_are_told_where_they_are(sides: tuple[Node, Node], tmp_path: Path) -> None:
    here, _ = sides
    file = written(here, tmp_path, retention_days='"long"')
    refused = here("agreements", "draft", file, "--json")
    assert (refused.code, refused.error["where"]) == (2, f"{file}: retention_days")
    file.write_text("title = ", encoding="utf-8")
    assert here("agreements", "draft", file).code == 2
    assert here("agreements", "draft", tmp_path / "nothing.toml").code == 2
    assert here("agreements", "show", "0" * 64).code == 2
    stranger = written(here, tmp_path)
    stranger.write_text(stranger.read_text(encoding="utf-8").replace("SG-ASC", "MY-NFP"), encoding="utf-8")
    told = here("agreements", "draft", stranger, "--json")
    assert (told.code, "no confirmed partner" in told.error["message"]) == (1, True)
