"""How many statements each page sends to the store: pinned, and the same however much there is.

Every address that can be read, as the role that works with it, on a small world and on the same world grown: once by cases
that it does not show (each row copied), once by what hangs on the cases that it shows (copied around the same reports and
claims). The numbers stand in tests/statement_counts.toml; `pytest tests/sites/test_page_statements.py
--rewrite-statement-counts` writes them anew: the change is then read in review. What each page asks is also explained:
none reads a whole table of cases.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest
from grown_store import grow
from query_plans import looks
from statements import counted
from test_permission_matrix import _NODES, _rows, _who, on  # noqa: F401 - the fixture is used by its name

if TYPE_CHECKING:
    from test_permission_matrix import Stage

pytestmark = [pytest.mark.database, pytest.mark.django_db]

TABLE: Final = Path(__file__).parents[1] / "statement_counts.toml"
COPIES: Final = 60
"""More than a page of any list."""

WORKS_THERE: Final = (
    "supervisor", "officer", "liaison", "bank_supervisor", "bank_officer", "administrator", "auditor", "retired", "stranger",
)  # fmt: skip
"""The first of these who may see a page is asked for it."""

READS_ALL: Final = {
    "liaison:envelopes": "counts two tables as one list; the rows shown come by index",
    "bank:enquiries": "sorts by what is due next, which depends on the state; a bank's own inbox",
    "bank:inbox": "lists the few senders by walking an index",
}
"""Pages that may read a whole table, and why; so may files that are taken away."""


@dataclass
class Page:
    """Statements on the small world, with more cases, and with more on the same cases; what reads a whole table."""

    name: str
    counts: list[int] = field(default_factory=list)
    scans: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def pages(request: pytest.FixtureRequest, on: Stage) -> dict[str, Page]:  # noqa: F811 - the fixture above
    """Every page of one kind of node, asked for on each size of its world."""
    found = {name: Page(name) for name, row in sorted(_rows(on.kind).items()) if "GET" in row}
    for page in found.values():
        _ask(on, page)
    grow(COPIES)
    for page in found.values():
        _ask(on, page, explained=True)
    grow(1, around={"reports.report", "claims.claim", "controls.receivedorder"})
    for page in found.values():
        _ask(on, page)
    return found


def _ask(stage: Stage, page: Page, *, explained: bool = False) -> None:
    row = _rows(stage.kind)[page.name]
    may = _who(row, "GET")
    who = next(role for role in WORKS_THERE if role in may)
    with counted() as statements, looks() as noted:
        answer = stage.ask(who, page.name, "GET")
    assert answer.status < 400 or "GET" in row.get("answers", {}), page.name
    # that somebody is still here is written down once a minute of the machine's time
    page.counts.append(len(statements) - statements.of("UPDATE", "people_usersession"))
    if explained and not page.name.endswith("export") and page.name not in READS_ALL:
        page.scans = noted.scans()


@pytest.mark.parametrize("on", _NODES, indirect=True, scope="module")
def test_a_page_sends_as_many_statements_however_much_there_is(pages: dict[str, Page]) -> None:
    growing = {page.name: page.counts for page in pages.values() if len(set(page.counts)) != 1}
    assert growing == {}, "statements on the small world, with more cases, with more on the same cases"


@pytest.mark.parametrize("on", _NODES, indirect=True, scope="module")
def test_no_page_reads_a_whole_table_of_cases(pages: dict[str, Page]) -> None:
    assert {page.name: page.scans for page in pages.values() if page.scans} == {}


@pytest.mark.parametrize("on", _NODES, indirect=True, scope="module")
def test_each_page_sends_the_statements_that_the_table_says(
    pages: dict[str, Page],
    on: Stage,  # noqa: F811 - the fixture above
    request: pytest.FixtureRequest,
) -> None:
    counts = {page.name: page.counts[0] for page in pages.values()}
    if request.config.getoption("--rewrite-statement-counts"):
        _rewrite(on.kind, counts)
    pinned = tomllib.loads(TABLE.read_text(encoding="utf-8"))[on.kind]
    assert counts == pinned, "more statements need a reason, fewer are good news: then rewrite the table (see above)"


def _rewrite(kind: str, counts: dict[str, int]) -> None:
    tables = tomllib.loads(TABLE.read_text(encoding="utf-8")) if TABLE.exists() else {}
    tables[kind] = counts
    lines = ["# Statements that each page sends to the store, by kind of node; made by tests/sites/test_page_statements.py."]
    for name in sorted(tables):
        lines += ["", f"[{name}]", *(f'"{page}" = {number}' for page, number in sorted(tables[name].items()))]
    TABLE.write_text("\n".join(lines) + "\n", encoding="utf-8")
