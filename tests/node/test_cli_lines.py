"""accord lines: shown, tried, served; what is wrong is said in words and by the exit code."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from federation_kit.bank_node import AUTHORITY, BANK, CENTRE, DATA, HOLDER, NOON, PREPARE_BANK, new_home
from federation_kit.commands import Accord, environment_of, separately
from federation_kit.running import RunningNode, secret_file
from scripted_server import Call, scripted

from accord.adapters.bank_files import FileLine
from accord.adapters.bank_wire import encode, signatures
from accord.adapters.bank_wire.contract import Contract
from accord.adapters.contract_kit import CASES
from accord.capabilities.claims.ports import Credit
from accord.capabilities.orders.kinds import OrderKind
from accord.capabilities.orders.ports import OrderMessage, Refusal
from accord.core import clock
from accord.core.errors import Unavailable
from accord.engine.tracing.model import Rule
from accord.node import exercise_clock

JSON = {"Content-Type": "application/json"}


def lines_of(home: Path, url: str) -> None:
    home.mkdir(parents=True, exist_ok=True)
    secret_file(home / "token", "accord_secret_token")
    secret_file(home / "secret", signatures.new_secret())
    (home / "lines.toml").write_text(
        f'[lines.{BANK}]\nkind = "https"\nurl = "{url}"\ntoken_file = "token"\nwebhook_secret_file = "secret"\n'
        '[lines.SWITCHXX]\nkind = "files"\nfolder = "drop"\n'
    )


def test_lines_are_listed_without_secrets(accord: Accord, home: Path) -> None:
    lines_of(home, "https://bank.example/api/bank/v1")
    answer = accord("lines", "list", "--json")
    assert [(line["code"], line["kind"], line["pushes"]) for line in answer.json] == [
        (BANK, "https", "signed"),
        ("SWITCHXX", "files", "in the folder"),
    ]
    shown = accord("lines", "list")
    assert "bank.example" in shown.out
    assert "accord_secret_token" not in shown.out + answer.out
    assert "whsec_" not in shown.out + answer.out


def test_a_line_that_works(accord: Accord, home: Path) -> None:
    def reply(call: Call) -> tuple[int, dict[str, str], bytes]:
        assert (call.method, call.path) == ("GET", "/api/bank/v1/contract")  # nothing else is sent
        assert call.headers["authorization"] == "Bearer accord_secret_token"
        return 200, JSON, encode(Contract("1.3", BANK, clock.now(), ("hold",)))

    with scripted(reply) as bank:
        lines_of(home, bank.url)
        answer = accord("lines", "check", "--json")
    assert answer.code == 0, answer.out + answer.err
    assert [line["ok"] for line in answer.json["lines"]] == [True, True]
    assert "contract 1.3, 1 kinds" in answer.json["lines"][0]["found"]


@pytest.mark.parametrize(
    ("stated", "says"),
    [
        (Contract("2.0", BANK, NOON), "speaks version 2.0"),
        (Contract("1.0", "BANKB", NOON), "this is the system of BANKB"),
        (Contract("1.0", BANK, NOON), "clock differs by"),
        ("nonsense", "cannot be read"),
    ],
)
def test_a_line_that_does_not_work(stated: object, says: str, accord: Accord, home: Path) -> None:
    with scripted((200, JSON, encode(stated))) as bank:
        lines_of(home, bank.url)
        answer = accord("lines", "check", BANK, "--json")
    assert answer.code == 1
    (line,) = answer.json["lines"]
    assert says in line["trouble"]
    table = accord("lines", "check", BANK)
    assert table.code == 1
    assert "failed" in table.out


def test_secrets_that_others_may_read_are_a_fault(accord: Accord, home: Path) -> None:
    lines_of(home, "https://bank.example/api/bank/v1")
    (home / "token").chmod(0o644)
    answer = accord("lines", "check", BANK, "--json")
    assert (answer.code, "chmod 600" in answer.json["lines"][0]["trouble"]) == (1, True)


def test_an_unknown_line_and_a_table_that_is_wrong(accord: Accord, home: Path) -> None:
    lines_of(home, "https://bank.example/api/bank/v1")
    assert accord("lines", "check", "NOBODY", "--json").code == 2
    (home / "lines.toml").write_text("[lines")
    answer = accord("lines", "list", "--json")
    assert (answer.code, answer.error["type"]) == (2, "BadInput")


def test_a_new_secret(accord: Accord) -> None:
    first, second = accord("lines", "secret").out, accord("lines", "secret").out
    assert first != second
    assert len(signatures.read_secrets(first, "out")[0]) == 32


def test_the_contract_kit_says_what_a_bank_breaks(accord: Accord, home: Path, tmp_path: Path) -> None:
    """A bank that says it has carried out anything, at once, and remembers nothing."""

    def reply(call: Call) -> tuple[int, dict[str, str], bytes]:
        if call.path.endswith("contract"):
            return 200, JSON, encode(Contract("1.0", BANK, clock.now()))
        if call.method == "GET":
            return 404, {"Content-Type": "application/problem+json"}, b'{"status": 404, "title": "", "detail": ""}'
        return 200, JSON, json.dumps({"answered_at": "2026-03-20T12:00:00Z", "amount": 10, "transfer": "standing"}).encode()

    data = tmp_path / "data.toml"
    data.write_text(_toml(DATA))
    token = secret_file(tmp_path / "token", "t")
    with scripted(reply) as bank:
        options = ("--token-file", token, "--data", data)
        names = ("unknown_account", "unknown_order_has_no_status", "later_credits_are_not_captured", "without_a_token")
        chosen = [word for name in names for word in ("--case", name)]
        answer = accord("lines", "contract", bank.url, *options, *chosen, "--json")
        assert accord("lines", "contract", bank.url, *options, "--case", "none").code == 2
        words = accord("lines", "contract", bank.url, *options, "--case", "unknown_account")
    assert answer.code == 1
    assert {case["case"]: case["outcome"] for case in answer.json["cases"]} == {
        "unknown_order_has_no_status": "kept",
        "unknown_account": "broken",
        "later_credits_are_not_captured": "kept",
        "without_a_token": "broken",
    }
    assert (words.code, "broken" in words.out, "1 cases, 1 broken" in words.err) == (1, True, True)


def test_every_case_states_its_promise() -> None:
    assert len({case.name for case in CASES}) == len(CASES) > 25
    assert all(case.promise.endswith(".") for case in CASES)


def _toml(data: dict[str, object]) -> str:
    plain = "".join(f"{name} = {json.dumps(value)}\n" for name, value in data.items() if not isinstance(value, dict))
    tables = [(name, value) for name, value in data.items() if isinstance(value, dict)]
    return plain + "".join(
        f"[{name}]\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in table.items()) for name, table in tables
    )


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[standing", "cannot be read as TOML"),
        ('institution = "A"\n', "missing required field"),
        (_toml({**DATA, "surprise": 1}), "unknown key 'surprise'"),
        (_toml({**DATA, "standing": {**DATA["standing"], "amount": 3}}), "at least 10 minor units"),
        (_toml({**DATA, "standing": {**DATA["standing"], "currency": "XXY"}}), "a currency of ISO 4217"),
    ],
)
def test_test_data_that_are_wrong(text: str, says: str, accord: Accord, tmp_path: Path) -> None:
    data = tmp_path / "data.toml"
    data.write_text(text)
    token = secret_file(tmp_path / "token", "t")
    answer = accord("lines", "contract", "https://bank.example", "--token-file", token, "--data", data, "--json")
    assert answer.code == 2
    assert says in answer.error["message"]


@pytest.mark.slow
def test_files_are_served_by_a_banks_node(tmp_path: Path) -> None:
    home = new_home(tmp_path, "bank", agency=BANK, agency_kind="bank", second_factor="off")
    exercise_clock.run_on_from(home, NOON)
    node = RunningNode(home, "", 0, environment_of(home.root, DJANGO_SETTINGS_MODULE="accord.node.settings"))
    node.run(PREPARE_BANK, CENTRE, "")
    drop = tmp_path / "drop"
    line = FileLine(BANK, CENTRE, drop)
    order = OrderMessage(
        uuid4(), "O-1", OrderKind.HOLD, AUTHORITY, BANK, "a-404", 10, "CNY", Rule.FIFO, NOON + timedelta(days=1),
        (Credit("standing", 500_000, "CNY"),), holder_name=HOLDER, legal_basis="test", verified=True,
    )  # fmt: skip
    with pytest.raises(Unavailable):
        line.carry_out(order)
    served = separately(home.root, "lines", "serve-files", drop, "--sender", CENTRE, "--once")
    assert served.code == 0, served.err
    assert "1 files written" in served.err
    told = line.carry_out(order)
    assert getattr(told, "refusal", None) in (Refusal.NO_SUCH_ACCOUNT, None)
    refused = separately(tmp_path / "centre", "lines", "serve-files", drop, "--sender", CENTRE, "--once")
    assert refused.code == 2
    assert "no bank's" in refused.err
