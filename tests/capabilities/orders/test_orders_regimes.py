"""Legal rules come from files; a file that says something else than it should is named with what is wrong."""

from __future__ import annotations

import tomllib
from datetime import timedelta
from importlib.resources import files
from typing import Any

import pytest

from accord.capabilities.orders import regime as regimes
from accord.core.errors import BadInput
from accord.engine.tracing.model import Rule

GOOD: dict[str, Any] = {
    "name": "Somewhere: hold",
    "authority": "Anti-scam centre",
    "tracing_rule": "lifo",
    "first_order_hours": 24,
    "hold_hours": 48,
    "answer_minutes": 15,
    "source": "a statute",
    "verified": True,
}


def test_a_good_file() -> None:
    parsed = regimes._parse("XX", GOOD, "xx.toml")
    assert parsed.tracing_rule is Rule.LIFO
    assert (parsed.first_order_lasts, parsed.hold_lasts) == (timedelta(hours=24), timedelta(hours=48))
    assert parsed.answer_within == timedelta(minutes=15)


@pytest.mark.parametrize("key", GOOD)
def test_a_missing_key(key: str) -> None:
    with pytest.raises(BadInput, match=rf"missing keys \['{key}'\]") as refused:
        regimes._parse("XX", {name: value for name, value in GOOD.items() if name != key}, "xx.toml")
    assert refused.value.where == "xx.toml"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"hold_days": 2}, r"unknown keys \['hold_days'\]"),
        ({"first_order_hours": 0}, "first_order_hours must be more than 0"),
        ({"hold_hours": -1}, "hold_hours must be more than 0"),
        ({"answer_minutes": 0}, "answer_minutes must be more than 0"),
        ({"hold_hours": "48"}, "hold_hours must be int"),
        ({"hold_hours": 1.5}, "hold_hours must be int"),
        ({"hold_hours": True}, "hold_hours must be int"),
        ({"verified": 1}, "verified must be bool"),
        ({"authority": 7}, "authority must be str"),
        ({"tracing_rule": "fair"}, "tracing_rule must be one of fifo, lifo, haircut, libr"),
        ({"tracing_rule": "poison"}, "tracing_rule must be one of"),
    ],
    ids=str,
)
def test_a_bad_file(change: dict[str, Any], message: str) -> None:
    with pytest.raises(BadInput, match=message):
        regimes._parse("XX", {**GOOD, **change}, "xx.toml")


def test_every_shipped_file_is_good_and_says_where_it_comes_from() -> None:
    shipped = [path for path in (files(regimes.__package__) / "regimes").iterdir() if path.name.endswith(".toml")]
    assert {path.name for path in shipped} >= {"default.toml", "cn.toml", "sg.toml", "th.toml"}
    for path in shipped:
        parsed = regimes._parse("XX", tomllib.loads(path.read_text(encoding="utf-8")), path.name)
        assert parsed.source
        assert parsed.authority


def test_a_jurisdiction_without_a_file_gets_the_strict_default() -> None:
    nowhere = regimes.regime("ZZ")
    assert nowhere.code == "ZZ"
    assert not nowhere.verified
    assert nowhere.first_order_lasts == min(regimes.regime(code).first_order_lasts for code in ("CN", "SG", "TH", "ZZ"))
    assert regimes.regime("cn").hold_lasts == regimes.regime("CN").hold_lasts == timedelta(hours=48)
