"""The home folder: its settings file, and the secret that two processes must agree on."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from federation_kit.commands import Accord

from accord.core.errors import BadInput, Unavailable
from accord.node.home import Home


def test_the_home_comes_from_the_environment_and_nothing_is_made_by_asking(home: Path) -> None:
    found = Home.from_environment()
    assert found.root == home
    assert {found.records.parent, found.index.parent, found.database.parent} == {home}
    assert not home.exists()


def test_the_file_gives_what_the_environment_does_not(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home.mkdir()
    (home / "accord.toml").write_text('time_zone = "Asia/Bangkok"\njurisdiction = "TH"\nbehind_tls = true\n')
    monkeypatch.setenv("ACCORD_JURISDICTION", "SG")
    Home.from_environment()
    assert os.environ["ACCORD_TIME_ZONE"] == "Asia/Bangkok"
    assert os.environ["ACCORD_JURISDICTION"] == "SG"
    assert os.environ["ACCORD_BEHIND_TLS"] == "1"


@pytest.mark.parametrize(
    ("text", "says"), [("nonsense", "TOML"), ('colour = "red"', "'colour'"), ("allowed_hosts = [1]", "allowed_hosts")]
)
def test_a_wrong_settings_file_is_named(accord: Accord, home: Path, text: str, says: str) -> None:
    home.mkdir()
    (home / "accord.toml").write_text(text)
    with pytest.raises(BadInput, match=says):
        Home(home).file_settings()
    answer = accord("records", "status", "--json")
    assert answer.code == 2
    assert answer.error["where"] == str(home / "accord.toml")


def test_the_secret_is_made_once_and_is_private(home: Path) -> None:
    key = Home(home).secret_key()
    assert Home(home).secret_key() == key
    assert stat.S_IMODE((home / "secret-key").stat().st_mode) == 0o600
    assert stat.S_IMODE(home.stat().st_mode) == 0o700


def test_processes_that_start_at_once_agree_on_the_secret(home: Path) -> None:
    program = "from accord.node.home import Home; print(Home.from_environment().secret_key())"
    processes = [subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) for _ in range(6)]
    keys = {process.communicate(timeout=60)[0] for process in processes}
    assert len(keys) == 1
    assert [path.name for path in home.iterdir()] == ["secret-key"]


def test_a_damaged_secret_is_not_used(home: Path) -> None:
    home.mkdir()
    (home / "secret-key").write_text("short\n")
    with pytest.raises(Unavailable, match="delete it"):
        Home(home).secret_key()


def test_a_home_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Unavailable, match="--home"):
        Home(tmp_path / "file" / "home").create()


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"ACCORD_AGENCY_KIND": "shop"}, "centre or bank"),
        ({"ACCORD_AGENCY_KIND": "bank", "ACCORD_AGENCY": ""}, "ACCORD_AGENCY"),
    ],
)
def test_a_node_that_does_not_say_what_it_is_does_not_start(
    home: Path, monkeypatch: pytest.MonkeyPatch, settings: dict[str, str], says: str
) -> None:
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(BadInput, match=says):
        Home(home).agency_kind()


@pytest.mark.parametrize("stated", ["0", "-1", "soon", "1.5", "²"])
def test_a_clock_that_is_no_number_is_named(home: Path, monkeypatch: pytest.MonkeyPatch, stated: str) -> None:
    monkeypatch.setenv("ACCORD_BANK_EXECUTE_MINUTES", stated)
    with pytest.raises(BadInput, match="whole number"):
        Home(home).number("bank_execute_minutes", 30)
    monkeypatch.delenv("ACCORD_BANK_EXECUTE_MINUTES")
    assert Home(home).number("bank_execute_minutes", 30) == 30
