"""accord node user, token and agency; accord audit and retention: as an operator gives them."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest
from federation_kit.commands import separately
from federation_kit.stores import with_store

GOOD = "four plain words together\n"


@pytest.fixture
def node(home: Path) -> Path:
    """A node with one officer."""
    added = separately(with_store(home), "node", "user", "add", "lin", "--full-name", "林月", "--password-stdin", stdin=GOOD)
    assert added.code == 0, added.err
    return home


def test_a_user_is_changed_shut_out_and_let_in(node: Path) -> None:
    def shown() -> dict[str, object]:
        users: list[dict[str, object]] = separately(node, "node", "user", "list", "--json").json
        return users[0]

    assert separately(node, "node", "agency", "add", "PSB", "City police", "--name-zh", "市公安局").code == 0
    assert separately(node, "node", "user", "set", "lin", "--role", "supervisor", "--agency", "PSB").code == 0
    assert shown() | {"id": 0} == {
        "username": "lin",
        "full_name": "林月",
        "role": "supervisor",
        "agency": "PSB",
        "team": None,
        "language": "en",
        "second_factor": False,
        "active": True,
        "id": 0,
    }
    assert separately(node, "node", "user", "deactivate", "lin").code == 0
    assert not shown()["active"]
    assert separately(node, "node", "user", "deactivate", "lin").code == 1
    assert separately(node, "node", "user", "reactivate", "lin").code == 0
    for command in ("unlock", "reset-factor"):
        assert separately(node, "node", "user", command, "lin").code == 0
    assert separately(node, "node", "user", "password", "lin", "--password-stdin", stdin="short\n").code == 2
    assert separately(node, "node", "user", "password", "lin", "--password-stdin", stdin="another " + GOOD).code == 0
    missing = separately(node, "node", "user", "unlock", "nobody")
    assert missing.code == 2
    assert "nobody" in missing.err
    told = separately(node, "audit", "search", "--actor", "operator", "--json").json
    assert [entry["action"] for entry in reversed(told)] == [
        "user added",
        "agency added",
        "user changed",
        "user deactivated",
        "user reactivated",
        "user unlocked",
        "second factor reset",
        "password given",
    ]


def test_a_token_is_issued_listed_and_revoked(node: Path) -> None:
    wanted = ("node", "token", "add", "feed", "--permission", "inbox:submit")
    assert "agency" in separately(node, *wanted).err
    assert "NOBODY" in separately(node, *wanted, "--agency", "NOBODY").err
    separately(node, "node", "agency", "add", "PSB", "City police")
    assert separately(node, "node", "token", "add", "feed", "--agency", "PSB", "--permission", "fly:high").code == 2
    assert separately(node, "node", "token", "add", "feed", "--agency", "PSB", "--permission", "orders:release").code == 2
    issued = separately(node, *wanted, "--agency", "PSB", "--json")
    assert issued.code == 0, issued.err
    prefix = issued.json["prefix"]
    assert issued.json["token"].startswith(f"accord_{prefix}_")
    listed = separately(node, "node", "token", "list", "--json")
    assert [(row["prefix"], row["agency"], row["valid"]) for row in listed.json] == [(prefix, "PSB", True)]
    assert issued.json["token"] not in listed.out
    assert separately(node, "node", "token", "revoke", prefix).code == 0
    assert separately(node, "node", "token", "revoke", prefix).code == 1
    assert [row["valid"] for row in separately(node, "node", "token", "list", "--json").json] == [False]


def test_the_record_is_checked_taken_away_and_found_broken(node: Path, tmp_path: Path) -> None:
    whole = separately(node, "audit", "verify", "--json")
    assert (whole.code, whole.json["whole"]) == (0, True)
    file = tmp_path / "record.jsonl"
    assert separately(node, "audit", "export", file, "--json").json["entries"] == 2
    assert separately(node, "audit", "export", file).code == 1, "nothing is overwritten"
    elsewhere = separately(tmp_path / "no-node", "audit", "verify", "--file", file)
    assert (elsewhere.code, "whole" in elsewhere.out) == (0, True)
    rows = file.read_text(encoding="utf-8").splitlines()
    entry = json.loads(rows[0]) | {"actor": "nobody"}
    file.write_text("\n".join([json.dumps(entry), *rows[1:]]) + "\n", encoding="utf-8")
    assert "BROKEN at entry 1" in separately(node, "audit", "verify", "--file", file).out
    with sqlite3.connect(node / "accord.sqlite3") as store:
        store.execute("UPDATE people_auditentry SET actor = 'nobody' WHERE seq = 2")
    broken = separately(node, "audit", "verify", "--json")
    assert broken.code == 1
    assert {one["chain"]: one["broken"] for one in broken.json["chains"]} == {"changes": 2, "reads": None}
    assert separately(node, "audit", "verify", "--file", tmp_path / "none").code == 2
    assert separately(node, "audit", "search", "--since", "yesterday").code == 2
    assert separately(node, "audit", "search", "--subject", "R-1").code == 2


def test_retention_is_shown_counted_and_run(node: Path) -> None:
    (node / "retention.toml").write_text("reads = 730\n")
    shown = {row["rule"]: row for row in separately(node, "retention", "show", "--json").json}
    assert shown["reads"]["keep_days"] == 730
    assert not shown["narratives"]["verified"]
    assert separately(node, "retention", "run", "--dry-run").code == 0
    assert separately(node, "audit", "search", "--action", "retention carried out", "--json").json == []
    assert separately(node, "retention", "run").code == 0
    assert len(separately(node, "audit", "search", "--action", "retention carried out", "--json").json) == len(shown)
    (node / "retention.toml").write_text("reads = 0\n")
    refused = separately(node, "retention", "run", "--json")
    assert refused.code == 2
    assert refused.error["where"].endswith("retention.toml")


def test_second_factors_cannot_be_off_on_a_real_node(node: Path) -> None:
    off = {"ACCORD_SECOND_FACTOR": "off"}
    refused = separately(node, "node", "user", "list", **off)
    assert refused.code == 2
    assert "exercise alone" in refused.err
    found = {one["name"]: one for one in separately(node, "doctor", "--json").json["findings"]}
    assert found["Second factors"]["state"] == "ok"
    told = separately(node, "doctor", "--json", **off)
    assert told.code == 1
    assert {one["name"]: one["state"] for one in told.json["findings"]}["Second factors"] == "failed"
    (node / "exercise").mkdir()
    found = {one["name"]: one for one in separately(node, "doctor", "--json").json["findings"]}
    assert found["Second factors"]["state"] == "warning"
