"""Names of agencies: from the settings, and from whoever knows more of them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from accord.web import agency_names


@pytest.fixture
def told() -> Iterator[dict[str, tuple[str, str]]]:
    """A source whose names can be changed, in the middle of a request."""
    names: dict[str, tuple[str, str]] = {}
    before = list(agency_names._sources)
    agency_names._sources[:] = [lambda: names]
    agency_names._begin()
    yield names
    agency_names._sources[:] = before
    agency_names._end()


def test_settings_come_first_then_this_agency_then_the_sources(told: dict[str, tuple[str, str]], settings: object) -> None:
    settings.ACCORD_INSTITUTIONS = {"BANK": ("A bank", "银行")}  # type: ignore[attr-defined]
    settings.ACCORD_AGENCY, settings.ACCORD_AGENCY_NAME = "CN-ASC", "The centre"  # type: ignore[attr-defined]
    settings.ACCORD_AGENCY_NAME_ZH = "中心"  # type: ignore[attr-defined]
    told |= {"BANK": ("Not this", ""), "SG-ASC": ("Singapore’s centre", "新加坡中心")}
    assert agency_names.names_of("BANK") == ("A bank", "银行")
    assert agency_names.names_of("CN-ASC") == ("The centre", "中心")
    assert agency_names.names_of("SG-ASC") == ("Singapore’s centre", "新加坡中心")
    assert agency_names.names_of("TH-AOC") is None
    assert agency_names.names_of("") is None


def test_the_next_request_sees_a_changed_name(told: dict[str, tuple[str, str]]) -> None:
    told["SG-ASC"] = ("Before", "")
    assert agency_names.names_of("SG-ASC") == ("Before", "")
    told["SG-ASC"] = ("After", "")
    assert agency_names.names_of("SG-ASC") == ("Before", "")
    agency_names._begin()
    assert agency_names.names_of("SG-ASC") == ("After", "")


def test_nobody_is_asked_outside_of_a_request(told: dict[str, tuple[str, str]]) -> None:
    told["SG-ASC"] = ("Singapore’s centre", "")
    agency_names._end()
    assert agency_names.names_of("SG-ASC") is None
