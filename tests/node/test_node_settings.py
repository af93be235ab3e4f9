"""The settings of a node: typed, documented, and looked at by the doctor before anything else reads them."""

from __future__ import annotations

from pathlib import Path

import pytest

from accord.core.errors import BadInput
from accord.core.findings import State
from accord.node import doctor, node_settings
from accord.node.home import Home
from accord.node.node_settings import NodeSettings

DOCS = Path(__file__).parent.parent.parent / "docs"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    for name in node_settings.DEFAULTS:
        monkeypatch.delenv(f"ACCORD_{name.upper()}", raising=False)
    return Home(tmp_path)


def test_nothing_stated_is_a_centre_with_the_documented_defaults(home: Home) -> None:
    settings = NodeSettings.of(home)
    own = {"covers_countries": ("CN",)}  # the jurisdiction
    assert {name: getattr(settings, name) for name in node_settings.DEFAULTS} == {**node_settings.DEFAULTS, **own}


def test_what_is_stated_is_read_by_its_type(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    stated = {
        "ALLOWED_HOSTS": "desk.example,,other.example",
        "JURISDICTION": "SG",
        "AGENCY": "ASC",
        "BANK_LONGEST_HOURS": "12",
        "PARTNER_TLS_SHA256": "AB:CD",
        "COVERS_INSTITUTIONS": " bankb, BANKA ",
        "KEY_PASSPHRASE_FILE": "words",
        "BEHIND_TLS": "1",
    }
    for name, value in stated.items():
        monkeypatch.setenv(f"ACCORD_{name}", value)
    settings = NodeSettings.of(home)
    assert settings.allowed_hosts == ("desk.example", "other.example")
    assert (settings.covers_countries, settings.covers_institutions) == (("SG",), ("BANKA", "BANKB"))
    assert (settings.bank_longest_hours, settings.partner_tls_sha256, settings.behind_tls) == (12, "abcd", True)
    assert settings.key_passphrase_file == home.root / "words"
    assert settings.agency_name == "ASC"


def test_the_doctor_names_every_setting_that_cannot_be(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACCORD_BANK_LONGEST_HOURS", "soon")
    monkeypatch.setenv("ACCORD_AGENCY_KIND", "shop")
    with pytest.raises(BadInput):
        NodeSettings.of(home)
    findings = {finding.name: finding for finding in doctor.examine(home)}
    assert findings["Settings"].state is State.FAILED
    assert "bank_longest_hours" in findings["Settings"].found
    assert "shop" in findings["Settings"].found
    assert "Operational store" not in findings


def test_every_setting_is_documented() -> None:
    assert node_settings.as_markdown() in (DOCS / "operate.md").read_text(encoding="utf-8")
    assert node_settings.DESCRIPTIONS.keys() == node_settings.DEFAULTS.keys()
