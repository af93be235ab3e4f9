"""Legal rules come from files; a file that says something else than it should is told every mistake, with its line."""

from __future__ import annotations

import json
import tomllib
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accord.capabilities.orders import regime as regimes
from accord.capabilities.orders.kinds import BURDENS, OrderKind
from accord.capabilities.orders.regime import Approval, file_text, known_codes, regime, stated_kinds
from accord.capabilities.orders.regime_check import check_text
from accord.core.errors import BadInput
from accord.engine.tracing.model import Rule

DEFAULT = tomllib.loads(file_text("default"))

GOOD = """name = "Somewhere: hold"
authority = "Anti-scam centre"
tracing_rule = "lifo"
first_order = "hold"
plan_order = "stop_payment"

[living_costs]
CNY = 5

[kinds.hold]
approval = "one_officer"
hours = 48
renewals = 2
renewal_hours = 24
grounds = ["a call"]
conditions = ["within a day"]
acknowledge_minutes = 5
execute_minutes = 10
report_hours = 3
appeal_hours = 4
release_hours = 5
tell_after_hours = 6
source = "a statute"
verified = true
settings = ["approval", "hours"]
"""


def _parse(text: str) -> regimes.Regime:
    return regimes.parse("XX", tomllib.loads(text), "xx.toml", DEFAULT)


def test_a_good_file() -> None:
    assert check_text(GOOD, "xx.toml").problems == ()
    parsed = _parse(GOOD)
    rule = parsed.rule("hold")
    assert (parsed.tracing_rule, parsed.first_order, parsed.plan_order) == (Rule.LIFO, "hold", "stop_payment")
    assert parsed.living_costs == {"CNY": 5}
    assert (rule.approval, rule.renewals, rule.grounds) == (Approval.ONE_OFFICER, 2, ("a call",))
    minutes = [rule.acknowledge_within, rule.execute_within]
    hours = [
        rule.lasts, rule.renewal_lasts, rule.report_within, rule.appeal_within, rule.release_within, rule.tell_after
    ]  # fmt: skip
    assert minutes == [timedelta(minutes=5), timedelta(minutes=10)]
    assert hours == [timedelta(hours=count) for count in (48, 24, 3, 4, 5, 6)]
    assert not rule.asks_for_two
    assert rule.acts_alone


def test_what_a_file_leaves_out_comes_from_the_default_and_is_unverified() -> None:
    parsed = _parse(GOOD)
    for kind in set(OrderKind) - {OrderKind.HOLD}:
        assert not parsed.rule(kind).verified
    assert parsed.rule(OrderKind.FREEZE).approval is Approval.COURT


def test_a_rule_that_nobody_checked_asks_for_two_and_never_acts_alone() -> None:
    rule = _parse(GOOD.replace("verified = true", "verified = false")).rule("hold")
    assert rule.approval is Approval.ONE_OFFICER
    assert rule.asks_for_two
    assert not rule.acts_alone
    for code in (*known_codes(), "ZZ"):
        for kind in BURDENS:
            assert regime(code).rule(kind).verified or regime(code).rule(kind).asks_for_two


@pytest.mark.parametrize(
    ("old", "new", "line", "key", "message"),
    [
        ('authority = "Anti-scam centre"\n', "", 0, "authority", "is missing"),
        ('name = "Somewhere: hold"', 'name = ""', 1, "name", "length >= 1"),
        ('name = "Somewhere: hold"', "name = 7", 1, "name", "expected `str`, got `int`"),
        ('"lifo"', '"fair"', 3, "tracing_rule", "must be one of fifo, lifo, haircut, libr, not 'fair'"),
        ('"lifo"', '"poison"', 3, "tracing_rule", "must be one of"),
        ('first_order = "hold"', 'first_order = "recall"', 4, "first_order", "must be one of stop_payment, hold, freeze"),
        ('plan_order = "stop_payment"', "plan_order = 3", 5, "plan_order", "must be one of"),
        ("CNY = 5", "CNX = 5", 8, "living_costs.CNX", "is not an ISO 4217 currency code"),
        ("CNY = 5", "CNY = -5", 8, "living_costs.CNY", "must be minor units"),
        ("CNY = 5", "CNY = true", 8, "living_costs.CNY", "must be minor units"),
        ("[kinds.hold]", "[kinds.holds]", 10, "kinds.holds", "is no kind of order"),
        ("[kinds.hold]", "[kinds.recall]", 13, "kinds.recall.renewals", "never renewed"),
        ('"one_officer"', '"anybody"', 11, "kinds.hold.approval", "invalid enum value 'anybody'"),
        ("hours = 48", "hours = 0", 12, "kinds.hold.hours", "expected `int` >= 1"),
        ("hours = 48", "hours = 1.5", 12, "kinds.hold.hours", "expected `int`, got `float`"),
        ("hours = 48\n", "", 10, "kinds.hold.hours", "is missing"),
        ("renewals = 2\n", "", 13, "kinds.hold.renewal_hours", "no renewals are allowed"),
        ("renewals = 2", "days = 2", 13, "kinds.hold.days", "is not a key of a regime file"),
        ("acknowledge_minutes = 5", "acknowledge_minutes = 11", 17, "kinds.hold.acknowledge_minutes", "longer to acknowledge"),
        ('source = "a statute"', 'source = ""', 23, "kinds.hold.source", "length >= 1"),
        ("verified = true", "verified = 1", 24, "kinds.hold.verified", "expected `bool`, got `int`"),
        ('"approval", "hours"', '"approval", "source"', 25, "kinds.hold.settings", "names 'source'"),
        ('"approval", "hours"', '"days"', 25, "kinds.hold.settings", "names 'days'"),
    ],
    ids=str,
)
def test_a_mistake_is_told_with_its_line(old: str, new: str, line: int, key: str, message: str) -> None:
    found = check_text(GOOD.replace(old, new, 1), "xx.toml").problems
    assert any((problem.line, problem.key) == (line, key) and message in problem.message for problem in found), found


def test_all_mistakes_are_told_at_once_in_the_order_of_the_lines() -> None:
    text = GOOD.replace("hours = 48", "hours = 0").replace('"lifo"', '"fair"').replace("verified = true", "verified = 1")
    assert [problem.line for problem in check_text(text, "xx.toml").problems] == [3, 12, 24]


@pytest.mark.parametrize(("text", "line"), [("name = 1\nname = 2\n", 2), ("[kinds\n", 1), ("x = \n", 1)])
def test_what_is_no_toml_is_told_with_its_line(text: str, line: int) -> None:
    (problem,) = check_text(text, "xx.toml").problems
    assert (problem.line, problem.message[:8]) == (line, "not TOML")


def test_the_default_must_have_every_kind() -> None:
    text = file_text("default").replace("[kinds.return]", "[kinds.limit2]")
    assert ("kinds.return", "is missing: the default must have a rule for every kind") in [
        (problem.key, problem.message) for problem in check_text(text, "default.toml", is_default=True).problems
    ]


_VALUES = st.one_of(
    st.booleans(),
    st.integers(-2, 3),
    st.floats(allow_nan=False),
    st.text(max_size=3),
    st.lists(st.text(max_size=3), max_size=2),
)


@given(st.sampled_from(sorted(regimes.RuleTable.__struct_fields__)), _VALUES)
def test_a_rule_that_passes_the_check_is_one_that_is_taken(key: str, value: Any) -> None:
    """The check is at least as strict as the reading that a node does when it starts."""
    stated = tomllib.loads(GOOD)["kinds"]["hold"] | {key: value}
    lines = [f"{name} = {json.dumps(given)}" for name, given in stated.items()]
    text = GOOD.split("[kinds.hold]")[0] + "[kinds.hold]\n" + "\n".join(lines) + "\n"
    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError:  # JSON writes some characters in a way that TOML does not know
        assert check_text(text, "xx.toml").problems
        return
    if not check_text(text, "xx.toml").problems:
        _parse(text)
        return
    assert check_text(text, "xx.toml").problems[0].key.startswith("kinds.hold")


def test_reading_refuses_a_bad_file_and_names_it() -> None:
    with pytest.raises(BadInput) as refused:
        _parse(GOOD.replace("hours = 48", "hours = 0"))
    assert refused.value.where == "xx.toml"
    with pytest.raises(BadInput, match="first_order must be one of"):
        _parse(GOOD.replace('first_order = "hold"', 'first_order = "recall"'))


@pytest.mark.parametrize("name", ["default", *(code.lower() for code in known_codes())])
def test_every_shipped_file_is_good_and_says_where_it_comes_from(name: str) -> None:
    findings = check_text(file_text(name), name, is_default=name == "default")
    assert findings.problems == ()
    for kind, rule in tomllib.loads(file_text(name))["kinds"].items():
        assert rule["source"], kind
        if "memory" in rule["source"] or "assumed" in rule["source"]:
            assert not rule["verified"], f"{name} {kind}: what is from memory is not verified"


def test_the_jurisdictions_that_are_there() -> None:
    assert set(known_codes()) >= {"CN", "SG", "TH", "IN", "BR", "KR", "US", "GB"}
    assert regime("UK") == regime("uk") == regime("GB")
    assert stated_kinds("UK") == stated_kinds("GB") != []
    assert stated_kinds("ZZ") == []


def test_a_jurisdiction_without_a_file_gets_the_strict_default() -> None:
    nowhere = regime("ZZ")
    assert (nowhere.code, nowhere.verified) == ("ZZ", False)
    assert nowhere.rule("hold").lasts == min(regime(code).rule("hold").lasts for code in (*known_codes(), "ZZ"))


def test_facts_of_the_field() -> None:
    """The figures that are known from a source."""
    china = regime("CN").rule("stop_payment")
    assert (china.lasts, china.renewals, china.verified) == (timedelta(hours=48), 1, True)
    assert regime("CN").rule("freeze").lasts == timedelta(days=180)
    thailand = regime("TH").rule("hold")
    assert (thailand.lasts, thailand.renewal_lasts) == (timedelta(hours=72), timedelta(days=7))
    assert thailand.release_within == timedelta(hours=12)
    singapore = regime("SG").rule("restriction")
    assert (singapore.lasts, singapore.renewals) == (timedelta(days=30), 5)
    korea = regime("KR").rule("number_suspension")
    assert (korea.execute_within, korea.lasts) == (timedelta(minutes=10), timedelta(days=7))
    assert regime("BR").rule("return").lasts == timedelta(days=11)
    assert regime("IN").rule("hold").appeal_within == timedelta(days=15)


def test_every_text_of_the_files_can_be_translated() -> None:
    from accord.sites.desk.regime_words import TEXTS

    folder = Path(regimes.__file__).parent / "regimes"
    texts = set()
    for path in folder.glob("*.toml"):
        table = tomllib.loads(path.read_text(encoding="utf-8"))
        texts |= {table["name"], table["authority"]}
        for rule in table["kinds"].values():
            texts |= {rule["source"], *rule.get("grounds", ()), *rule.get("conditions", ())}
    assert texts == set(TEXTS)
