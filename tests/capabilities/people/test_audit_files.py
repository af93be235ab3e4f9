"""The record as a file that proves itself: every way of tampering with it is found, without the node."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from made_up_audit import Deed

from accord.capabilities import unit_of_work
from accord.capabilities.people import services as people
from accord.capabilities.people.audit_files import export, verify_file
from accord.capabilities.people.context import RequestContext, within_request
from accord.capabilities.people.models import AuditEntry, User
from accord.capabilities.people.policy import OPERATOR
from accord.capabilities.people.queries import CHANGES, READS
from accord.core import hash_chain
from accord.core.clock import SteppedClock
from accord.core.errors import AccordError, BadInput, Conflict, NotAllowed

pytestmark = pytest.mark.database

LENGTH = 5


@pytest.fixture(params=["jsonl", "csv"])
def file(request: pytest.FixtureRequest, tmp_path: Path, day: SteppedClock, officer: User) -> Path:
    """Five changes and the export itself; some with a purpose, with text that CSV must quote."""
    for number in range(LENGTH):
        with within_request(RequestContext()):
            unit_of_work.record(
                officer, Deed.DID_COMMA, subject=officer.pk, obj=officer, number=number, note='说 "x",\n明', none=None
            )
    path = tmp_path / f"audit.{request.param}"
    assert export(OPERATOR, CHANGES, path) == LENGTH + 1
    return path


def lines_of(path: Path) -> list[str]:
    """The rows of the file, a row of CSV being possibly more than one line: here each row ends with its link and more."""
    return path.read_text(encoding="utf-8").splitlines(keepends=True)


def test_an_untouched_file_holds(file: Path) -> None:
    verdict = verify_file(file)
    assert (verdict.chain, verdict.entries, verdict.broken) == ("changes", LENGTH + 1, None)
    assert verdict.head_link == AuditEntry.objects.get(seq=LENGTH + 1).link


def test_reads_are_exported_and_hold_too(tmp_path: Path, day: SteppedClock, officer: User) -> None:
    with within_request(RequestContext(session="s")) as request:
        people.note_read(officer, officer, subject=officer.pk, note="说明")
        people.note_read(officer, User, searched="x")
        people.write_reads(request)
    for name in ("reads.csv", "reads.jsonl"):
        assert export(OPERATOR, READS, tmp_path / name) == 2
        verdict = verify_file(tmp_path / name)
        assert (verdict.chain, verdict.head_seq, verdict.broken) == ("reads", 2, None)


def rows_of(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in lines_of(path)]


def without(seq: int) -> Callable[[list[dict[str, object]]], object]:
    return lambda rows: rows.pop(seq - 1)


def forged(rows: list[dict[str, object]]) -> None:
    """A well-made entry after the second."""
    content = {name: value for name, value in rows[2].items() if name not in ("previous", "link")}
    link = hash_chain.link(str(rows[1]["link"]), content)
    rows.insert(2, content | {"previous": rows[1]["link"], "link": link})


@pytest.mark.parametrize(
    ("tamper", "found_at"),
    [
        (lambda rows: rows[1].update(actor="x"), 2),
        (lambda rows: rows[1].pop("purpose"), 2),
        (lambda rows: rows[0].update(details={}), 1),
        (lambda rows: rows[3].update(link="0" * 64), 4),
        (lambda rows: rows[3].update(extra="x"), 4),
        (without(1), 1),
        (without(3), 3),
        (without(LENGTH + 1), LENGTH + 1),
        (lambda rows: rows.pop(), LENGTH + 2),
        (lambda rows: rows.__delitem__(slice(3, LENGTH + 1)), 4),
        (lambda rows: rows.append(rows[2]), LENGTH + 2),
        (forged, 4),
    ],
)
def test_tampering_with_the_file_is_found(
    tmp_path: Path, day: SteppedClock, officer: User, tamper: Callable[[list[dict[str, object]]], object], found_at: int
) -> None:
    for number in range(LENGTH):
        with within_request(RequestContext()):
            unit_of_work.record(officer, Deed.DID, subject=None, obj=officer, number=number)
    path = tmp_path / "audit.jsonl"
    export(OPERATOR, CHANGES, path)
    rows = rows_of(path)
    tamper(rows)
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    assert verify_file(path).broken == found_at


def test_a_cell_changed_in_csv_is_found(tmp_path: Path, day: SteppedClock, officer: User) -> None:
    for _ in range(3):
        unit_of_work.record(officer, Deed.DID, subject=None, obj=officer)
    path = tmp_path / "audit.csv"
    export(OPERATOR, CHANGES, path)
    lines = lines_of(path)
    lines[2] = lines[2].replace(",did,", ",did not,")
    path.write_text("".join(lines), encoding="utf-8")
    assert verify_file(path).broken == 2


def test_taking_a_file_needs_leave_is_on_record_and_overwrites_none(tmp_path: Path, day: SteppedClock, officer: User) -> None:
    path = tmp_path / "audit.jsonl"
    with pytest.raises(NotAllowed):
        export(officer, CHANGES, path)
    assert not path.exists()
    export(OPERATOR, CHANGES, path)
    before = path.read_bytes()
    with pytest.raises(Conflict):
        export(OPERATOR, CHANGES, path)
    assert path.read_bytes() == before
    assert [entry.action for entry in AuditEntry.objects.all()] == ["audit exported"]


@pytest.mark.parametrize("name", ["x.jsonl", "x.csv"])
@pytest.mark.parametrize("content", [b"", b"not a record\n", b"\xff\xfe", b"[1]\n", b"seq,link\n1,2\n", b"{}\n{}\n"])
def test_what_is_no_record_is_told_or_found_broken(tmp_path: Path, name: str, content: bytes) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with contextlib.suppress(BadInput):
        assert verify_file(path).broken == 1


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=300), st.sampled_from(["jsonl", "csv"]))
def test_any_bytes_are_judged_or_refused(tmp_path: Path, content: bytes, kind: str) -> None:
    path = tmp_path / f"any.{kind}"
    path.write_bytes(content)
    with contextlib.suppress(AccordError):
        assert verify_file(path).broken is not None


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no such file"):
        verify_file(tmp_path / "none.jsonl")
