"""The contract kit against a bank's node, as a stranger would run it: over HTTPS, and through folders."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from federation_kit.bank_node import BANK, CENTRE, OTHER, bank_node, clerk_of, kit_data
from federation_kit.running import RunningNode, secret_file

from accord.adapters.bank_files import FileLine
from accord.adapters.bank_http import Endpoint
from accord.adapters.contract_kit import CASES, Bench, Case, NotTried
from accord.core import clock
from accord.node import exercise_clock
from accord.node.line_checks import bench_over_https

pytestmark = pytest.mark.slow

Bank = tuple[RunningNode, dict[str, str], Path]

ONLY_OVER_HTTPS = {
    "contract_is_stated",
    "malformed_messages",
    "unknown_fields_are_ignored",
    "too_long_a_message",
    "without_a_token",
    "idempotency_key",
    "other_methods_and_ids",
}


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bank]:
    """A bank's node with both kinds of lines, and somebody there who decides."""
    root = tmp_path_factory.mktemp("lines")
    folders = "".join(f'[centres.{code}]\nkind = "files"\nfolder = "{root / code}"\n' for code in (CENTRE, OTHER))
    with bank_node(root, lines=folders) as (node, tokens), clerk_of(node):
        yield node, tokens, root


@pytest.fixture(scope="module")
def over_https(bank: Bank) -> Iterator[Bench]:
    node, tokens, root = bank
    own, other = (secret_file(root / f"{code}.token", tokens[code]) for code in (CENTRE, OTHER))
    endpoint = Endpoint(BANK, f"{node.address}/api/bank/v1")
    with bench_over_https(endpoint, own, other, kit_data()) as made:
        yield made


@pytest.fixture(scope="module")
def through_files(bank: Bank) -> Bench:
    node, _, root = bank
    shift = timedelta(microseconds=json.loads(exercise_clock.path(node.home).read_text())["shift_micros"])

    def now() -> datetime:
        return clock.machine_now() + shift

    own, other = (FileLine(BANK, code, root / code) for code in (CENTRE, OTHER))
    return Bench(own, kit_data(), other, now=now)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_bank_node_keeps_the_contract_over_https(case: Case, over_https: Bench) -> None:
    case.run(over_https)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_bank_node_keeps_the_contract_through_files(case: Case, through_files: Bench) -> None:
    if case.name in ONLY_OVER_HTTPS:
        with pytest.raises(NotTried):
            case.run(through_files)
    else:
        case.run(through_files)
