"""Files of payments that somebody has tampered with: read or refused, row by row or whole, and never anything else."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st
from iso20022_samples import camt053, details, entry, pacs008, statement, transfer
from levels import examples
from lxml import etree

from accord.adapters.iso20022.records import MessageReader
from accord.core.errors import BadInput
from accord.engine.records import RecordKind, SourceMap
from accord.engine.records.content import SourceFile
from accord.engine.records.convert import convert

SAMPLES = {
    "payments": pacs008(transfer(1), transfer(2, accepted="2026-03-01T10:00:00Z")),
    "statements": camt053(
        statement(entry("3.00", details(amount="1.00"), details(amount="2.00", refs="<TxId>T</TxId>")), entry("4.00")),
        statement(entry("1.00", details(), code="CCRD/CWDL"), entry("5.00", details(returned="<RtrInf/>"))),
    ),
}


def rows_of(path: Path, content: bytes, kind: RecordKind) -> int:
    """How many rows a file gives, good or refused; BadInput where it is none."""
    path.write_bytes(content)
    source_map = SourceMap.default(kind)
    reader = MessageReader(SourceFile(path), source_map, kind, block_rows=2)
    count = 0
    for block in reader.raw_blocks():
        converted = convert(reader.parse(block), source_map, kind)
        count += converted.good.height + converted.rejects.height
    return count


def elements(root: etree._Element) -> list[etree._Element]:
    return list(root.iter())


def tampered(sample: bytes, edits: list[tuple[int, int, str]]) -> bytes:
    """Elements removed, doubled, moved, emptied, renamed or filled, one edit after another."""
    root = etree.fromstring(sample)
    for where, other, how in edits:
        found = elements(root)
        one, two = found[where % len(found)], found[other % len(found)]
        parent = one.getparent()
        if parent is None:
            continue
        if how == "remove":
            parent.remove(one)
        elif how == "double":
            parent.append(etree.fromstring(etree.tostring(one)))
        elif how == "move" and one not in list(two.iterancestors()) and one is not two:
            two.append(one)
        elif how == "empty":
            one.clear()
        elif how == "rename":
            one.tag = two.tag
        elif how.startswith("="):
            one.text = how[1:]
    return etree.tostring(root, encoding="UTF-8")


_FILLINGS = [
    "=",
    "=-1",
    "=1e9",
    "=NaN",
    "=9" * 40,
    "=2026-02-30",
    "=2026-03-01T25:00:00Z",
    "=DBIT",
    "=CRDT",
    "=BOOK",
    "=" + "x" * 400,
]
_EDITS = st.lists(
    st.tuples(
        st.integers(0, 500), st.integers(0, 500), st.sampled_from(["remove", "double", "move", "empty", "rename", *_FILLINGS])
    ),
    min_size=1,
    max_size=6,
)


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("hostile") / "m.xml"


@pytest.mark.parametrize("name", SAMPLES)
@pytest.mark.parametrize("kind", list(RecordKind))
@examples(150, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(edits=_EDITS)
def test_tampered_files_are_read_or_refused(file: Path, name: str, kind: RecordKind, edits: list[tuple[int, int, str]]) -> None:
    with suppress(BadInput):
        assert rows_of(file, tampered(SAMPLES[name], edits), kind) >= 0


def test_no_payment_is_lost_on_the_way(file: Path) -> None:
    """Every payment and every entry without payments is a row, good or refused."""
    assert rows_of(file, SAMPLES["payments"], RecordKind.TRANSFERS) == 2
    assert rows_of(file, SAMPLES["statements"], RecordKind.TRANSFERS) == 5


@pytest.mark.parametrize(
    "inner",
    [
        "<CdtTrfTxInf/>" * 3,
        "<CdtTrfTxInf>" * 20 + "</CdtTrfTxInf>" * 20,
        "<GrpHdr/><CdtTrfTxInf><PmtId/></CdtTrfTxInf>",
        "<Document><CdtTrfTxInf/></Document>",
    ],
)
def test_empty_and_nested_payments_are_refused_rows(file: Path, inner: str) -> None:
    content = f'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pacs.008.001.08">{inner}</Document>'
    assert rows_of(file, content.encode(), RecordKind.TRANSFERS) == inner.count("<CdtTrfTxInf")
