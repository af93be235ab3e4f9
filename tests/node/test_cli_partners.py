"""accord partners: two nodes meet by file and by address, compare words, and part again."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from federation_kit.commands import Answer, separately
from federation_kit.stores import with_store
from scripted_server import scripted

pytestmark = pytest.mark.slow

SG = {
    "ACCORD_AGENCY": "SG-ASC",
    "ACCORD_AGENCY_NAME": "Singapore centre",
    "ACCORD_JURISDICTION": "SG",
    "ACCORD_CONTACT": "+65 6000 0000",
    "ACCORD_PARTNER_URL": "https://sg.example",
}
CN = {
    "ACCORD_AGENCY": "CN-ASC",
    "ACCORD_AGENCY_NAME": "China centre",
    "ACCORD_JURISDICTION": "CN",
    "ACCORD_CONTACT": "+86 10 6000 0000",
}


class Node:
    """A node's command line: its home and its settings."""

    def __init__(self, home: Path, settings: dict[str, str]) -> None:
        self.home = home
        self.settings = settings

    def __call__(self, *arguments: object, stdin: str = "") -> Answer:
        return separately(self.home, "partners", *arguments, stdin=stdin, **self.settings)

    def good(self, *arguments: object, stdin: str = "") -> Answer:
        answer = self(*arguments, stdin=stdin)
        assert answer.code == 0, answer.err
        return answer


@pytest.fixture(scope="module")
def new_nodes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two nodes that have just made their keys; each test works on copies."""
    folder = tmp_path_factory.mktemp("nodes")
    for name, settings in (("cn", CN), ("sg", SG)):
        node = Node(with_store(folder / name), settings)
        node.good("keys", "make")
        node.good("card", "--out", folder / f"{name}.json")
        (folder / f"{name}.words").write_text(node.good("words", "--json").out, encoding="utf-8")
    return folder


@pytest.fixture
def here(new_nodes: Path, tmp_path: Path) -> Node:
    shutil.copytree(new_nodes / "cn", tmp_path / "cn")
    return Node(tmp_path / "cn", CN)


@pytest.fixture
def there(new_nodes: Path, tmp_path: Path) -> Node:
    shutil.copytree(new_nodes / "sg", tmp_path / "sg")
    return Node(tmp_path / "sg", SG)


@pytest.fixture
def their_words(new_nodes: Path) -> list[str]:
    """What the other node's people read out."""
    words: list[str] = json.loads((new_nodes / "sg.words").read_text(encoding="utf-8"))["words"]
    return words


@pytest.fixture
def their_card(new_nodes: Path) -> Path:
    return new_nodes / "sg.json"


def newest_card(node: Node, folder: Path) -> Path:
    file = folder / f"{node.home.name}.json"
    node.good("card", "--out", file)
    return file


def read_out(words: list[str], asked: list[int]) -> list[str]:
    return [option for place in asked for option in ("--word", f"{place}={words[place - 1]}")]


def test_two_nodes_meet_and_part(here: Node, their_card: Path, their_words: list[str]) -> None:
    added = here.good("add", their_card, "--json").json
    assert (added["code"], added["state"], added["countries"]) == ("SG-ASC", "pending", ["SG"])
    shown = here.good("words", "SG-ASC", "--json").json
    assert [word or their_words[place] for place, word in enumerate(shown["words"])] == their_words
    assert shown["words"].count(None) == 2
    wrong = here("confirm", "SG-ASC", "--word", f"{shown['asked'][0]}=zoo", "--word", f"{shown['asked'][1]}=zoo", "--json")
    assert (wrong.code, wrong.error["type"]) == (2, "BadInput")
    (alarm,) = here.good("alarms", "--json").json
    assert (alarm["partner"], alarm["what"]) == ("SG-ASC", "wrong_words")
    assert here.good("alarms", "--seen", alarm["number"], "--json").json == []
    assert here("confirm", "SG-ASC", "--word", "first=zoo").code == 2
    told = here.good("confirm", "SG-ASC", *read_out(their_words, shown["asked"]), "--json").json
    assert (told["state"], told["confirmed_by"]) == ("confirmed", "operator")
    here.good("test-call", "SG-ASC", "answered")
    (listed,) = here.good("list", "--json").json
    assert listed["tested_at"] is not None
    assert here("revoke", "SG-ASC").code == 2
    here.good("revoke", "SG-ASC", "--reason", "a trial alone")
    assert here.good("list", "--json").json[0]["state"] == "revoked"


def test_words_are_asked_for_one_by_one(here: Node, there: Node, their_card: Path) -> None:
    here.good("add", their_card)
    words = there.good("words", "--language", "zh-hans", "--json").json["words"]
    asked = here.good("words", "SG-ASC", "--json").json["asked"]
    answer = here.good("confirm", "SG-ASC", stdin="".join(f"{words[place - 1]}\n" for place in asked))
    assert answer.err.count("____") == 2
    assert "is confirmed" in answer.err


def test_a_card_from_an_address(here: Node, their_card: Path, tmp_path: Path) -> None:
    with scripted((200, {"Content-Type": "application/json"}, their_card.read_bytes())) as server:
        assert here.good("add", f"{server.url}/card", "--json").json["state"] == "pending"
    for reply, code in (((302, {"Location": "/"}, b""), 1), ((200, {}, b"x" * 70_000), 2), ((200, {}, b"{}"), 2)):
        with scripted(reply) as server:
            assert here("add", f"{server.url}/card").code == code
    refused = here("add", "http://sg.example/card", "--json")
    assert (refused.code, "https://" in refused.error["message"]) == (2, True)
    assert here("add", tmp_path / "nothing.json").code == 2


def test_keys_are_renewed_and_withdrawn_and_a_known_partner_follows(
    here: Node, there: Node, their_card: Path, their_words: list[str], tmp_path: Path
) -> None:
    here.good("add", their_card)
    asked = here.good("words", "SG-ASC", "--json").json["asked"]
    here.good("confirm", "SG-ASC", *read_out(their_words, asked))
    assert there("keys", "make").code == 1
    there.good("keys", "rotate")
    keys = there.good("keys", "list", "--json").json
    assert sorted((key["use"], key["retire_at"] is None) for key in keys) == [
        ("encryption", False), ("encryption", True), ("signing", False), ("signing", True)
    ]  # fmt: skip
    assert here.good("add", newest_card(there, tmp_path), "--json").json["state"] == "confirmed"
    stranger = Node(shutil.copytree(there.home, tmp_path / "other"), SG)
    for path in (stranger.home / "keys").glob("*.json"):
        path.unlink()  # whoever copied the store alone has no key that signs
    stranger.good("keys", "rotate")
    refused = here("add", newest_card(stranger, tmp_path), "--json")
    assert (refused.code, refused.error["type"]) == (1, "NotAllowed")
    for key in keys:
        if key["use"] == "signing":
            there.good("keys", "revoke", key["kid"])
    there.settings = {**SG, "ACCORD_PARTNER_URL": "https://new.sg.example"}
    told = here.good("add", newest_card(there, tmp_path), "--json").json
    assert (told["state"], told["address"]) == ("pending", "https://new.sg.example")


def test_the_passphrase_of_the_keys_and_what_the_doctor_says(here: Node, tmp_path: Path) -> None:
    def findings(**more: str) -> dict[str, dict[str, str]]:
        told: list[dict[str, str]] = separately(here.home, "doctor", "--json", **CN, **more).json["findings"]
        return {one["name"]: one for one in told}

    found = findings()
    assert {found[name]["state"] for name in ("Keys for partners", "Partner card", "Partners")} == {"ok"}
    assert "beside the keys" in found["Passphrase of the keys"]["found"]
    file = tmp_path / "passphrase"
    file.write_text("correct horse battery staple\n")
    file.chmod(0o644)
    assert here("keys", "passphrase", tmp_path / "none").code == 2
    assert "2 keys" in here.good("keys", "passphrase", file).err
    assert findings()["Keys for partners"]["state"] == "warning", "the old passphrase opens nothing any more"
    named = {"ACCORD_KEY_PASSPHRASE_FILE": str(file)}
    assert "chmod 600" in findings(**named)["Passphrase of the keys"]["remedy"]
    file.chmod(0o600)
    found = findings(**named)
    assert (found["Keys for partners"]["state"], found["Passphrase of the keys"]["state"]) == ("ok", "ok")
    assert findings(**named, ACCORD_PARTNER_URL="https://x.example")["Partner card"]["state"] == "warning"


def test_a_backup_holds_the_keys_and_not_their_passphrase(here: Node, tmp_path: Path) -> None:
    file, home = tmp_path / "backup.tar.gz", tmp_path / "restored"
    saved = separately(here.home, "node", "backup", file, **CN)
    assert saved.code == 0, saved.err
    restored = separately(home, "node", "restore", file, **CN)
    assert restored.code == 0, restored.err
    assert re.search(r"without\s+their\s+passphrase", restored.err)
    kids = {key["kid"] for key in here.good("keys", "list", "--json").json}
    assert {path.stem for path in (home / "keys").iterdir()} == kids
    back = Node(home, CN)
    assert back("keys", "rotate").code == 1, "without the passphrase no key is of use"
    assert "cannot be read" in back("keys", "rotate", "--json").error["message"]
    (home / "keys" / "passphrase").write_bytes((here.home / "keys" / "passphrase").read_bytes())
    back.good("keys", "rotate")


def test_a_node_whose_passphrase_is_lost_begins_anew(here: Node, tmp_path: Path) -> None:
    (here.home / "keys" / "passphrase").unlink()
    file = tmp_path / "passphrase"
    file.write_text("another passphrase altogether\n")
    here.settings = {**CN, "ACCORD_KEY_PASSPHRASE_FILE": str(file)}
    here.good("keys", "rotate")
    card = json.loads(newest_card(here, tmp_path).read_bytes())
    assert len(card["signatures"]) == 1


def test_nothing_secret_is_shown(here: Node, tmp_path: Path) -> None:
    passphrase = (here.home / "keys" / "passphrase").read_text().strip()
    shown: list[Any] = [here(*words) for words in (("keys", "list"), ("keys", "list", "--json"), ("card",), ("list",))]
    store = (here.home / "accord.sqlite3").read_bytes() if (here.home / "accord.sqlite3").exists() else b""
    for text in (*(one.out + one.err for one in shown), store.decode("latin-1")):
        assert passphrase not in text
        assert '"d":' not in text
