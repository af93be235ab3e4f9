"""accord exchange between two nodes that have no line: files there and back, and the state of things in words."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from federation_kit.commands import separately
from federation_kit.two_centres import CALL, Centre, introduce, lay_out

APPLY = """
from accord.capabilities.exchange.tasks import apply_ready
print(json.dumps(apply_ready(100)))
"""


def command(centre: Centre, *arguments: object) -> Any:
    answer = separately(centre.home.root, "exchange", *arguments)
    assert answer.code == 0, answer.err
    return answer


def status(centre: Centre) -> dict[str, Any]:
    (row,) = json.loads(command(centre, "status", "--json").out)
    return dict(row)


@pytest.mark.slow
def test_files_carry_messages_and_their_receipts(tmp_path: Path) -> None:
    cn, sg = (lay_out(tmp_path, code, by_file=True) for code in ("CN-ASC", "SG-ASC"))
    introduce(cn, sg)
    cn.run(CALL, sg.code, 2)
    assert status(cn)["queued"] == 3
    there, back = tmp_path / "there.json", tmp_path / "back.json"
    assert "3 messages for SG-ASC" in command(cn, "export", "SG-ASC", "--out", there).err
    first, again = (json.loads(command(sg, "import", there, "--json").out) for _ in range(2))
    assert [one["outcome"] for one in first["receipts"]] == ["taken"] * 3
    assert [one["outcome"] for one in again["receipts"]] == ["duplicate"] * 3
    assert sg.run(APPLY) == 3
    command(sg, "export", "CN-ASC", "--out", back)
    assert json.loads(command(cn, "import", back, "--json").out)["acknowledged"] == 3
    told = status(cn)
    assert (told["queued"], told["acknowledged"], told["received"]) == (0, 3, 3)
    assert cn.run(APPLY) == 3
    wrong = separately(cn.home.root, "exchange", "import", there)
    assert (wrong.code, "is for 'SG-ASC'" in wrong.err) == (2, True)
    nobody = separately(cn.home.root, "exchange", "export", "TH-ASC", "--out", there)
    assert (nobody.code, "no confirmed partner" in nobody.err) == (1, True)
    missing = separately(cn.home.root, "exchange", "import", tmp_path / "nothing.json")
    assert missing.code == 2
