"""What a centre does not know: one outside the path nothing at all, one on the path nothing beyond what its agreements name.

Whatever two centres exchange is searched for in everything that a third keeps: each row, each byte of its files, its log.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import agreed
import pytest
from centres import Centre, lay_out
from lab import Lab, lab_of
from leaks import SHORTEST, Needles, found_in, rows_of
from network import namespaces_absent
from three_countries import BANKS, HOLDERS, MOVES, VICTIMS, country_of

from accord.capabilities.exchange.agreements.terms import AccountDetail, AgreementTerms

pytestmark = [pytest.mark.slow, pytest.mark.skipif(bool(namespaces_absent()), reason=namespaces_absent())]

FAR, NEAR, ONE_WAY = VICTIMS

VOCABULARY = "".join(path.read_text(encoding="utf-8") for path in (Path(__file__).parents[2] / "src").rglob("*.py"))
"""What stands in the code is in every node."""


def terms_of(first: str, second: str) -> AgreementTerms:
    """The first two tell each other totals alone; the first and the third do not say from whom money came to them."""
    if {first, second} == {"CN", "SG"}:
        return agreed.terms(first, second, detail=AccountDetail.TOTAL)
    hidden = {"flows.debtor", "flows.debtor_bank"} if {first, second} == {"CN", "TH"} else set()
    return agreed.terms(first, second, hidden=frozenset(hidden))


@pytest.fixture(scope="module")
def laid_out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("laid-out")
    lay_out(root, terms_of)
    return root


@pytest.fixture
def lab(laid_out: Path, tmp_path: Path) -> Iterator[Lab]:
    with lab_of(laid_out, tmp_path, "CN", "SG", "TH", "GB", record=tmp_path / "frames") as made:
        yield made


def exchanged(sender: Centre, receiver: Centre) -> list[dict[str, Any]]:
    """Everything that one said to the other, as rows."""
    return sender.end.rows("SELECT * FROM exchange_outgoing WHERE partner_id = ?", receiver.end.code)


def texts_of(value: Any) -> Iterator[str]:
    """Every text within a JSON value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for one in value.values():
            yield from texts_of(one)
    elif isinstance(value, list):
        for one in value:
            yield from texts_of(one)


def said(rows: list[dict[str, Any]]) -> set[str]:
    """Texts of messages, their ids and hashes, the agreement that they stand under."""
    found: set[str] = set()
    for row in rows:
        found |= {row["id"], row["content_hash"], row["agreement"], row["epoch"], row["about"] or ""}
        for column in ("body", "label"):
            found |= set(texts_of(json.loads(row[column] or "null")))
    return {text for text in found if len(text) > SHORTEST and text not in VOCABULARY}


def accounts_of(*countries: str) -> set[str]:
    return {account for account in HOLDERS if country_of(account) in countries}


def names_of(*countries: str) -> set[str]:
    return {HOLDERS[account] for account in accounts_of(*countries)}


def test_a_centre_outside_the_path_knows_nothing(lab: Lab, tmp_path: Path) -> None:
    """It is a partner of two of the three, and has said and heard things of its own meanwhile."""
    lab.start("CN", "SG", "TH", "GB")
    lab.call("CN", FAR)
    lab.call("CN", NEAR)
    lab.settle("CN")
    three, outside = [lab.centres[code] for code in ("CN", "SG", "TH")], lab.centres["GB"]
    pairs = [(one, other) for one in three for other in three if one is not other]
    between = set().union(*(said(exchanged(*pair)) for pair in pairs))
    own = set().union(*(said(exchanged(outside, one)) | said(exchanged(one, outside)) for one in three))
    own |= {row["contact"] for row in outside.end.rows("SELECT contact FROM exchange_partner")}  # on the cards of its partners
    assert len(between) > 50, "they did talk"
    pseudonyms = {row["pseudonym"] for one in three for row in one.end.rows("SELECT pseudonym FROM exchange_owncase")}
    assert pseudonyms
    moved = [move for move in MOVES if not move[0].endswith("own")]
    secret = between - own | pseudonyms | accounts_of("CN", "SG", "TH") | names_of("CN", "SG", "TH")
    secret |= {move[0] for move in moved} | {code for letter, code in BANKS.items() if letter != "m"} | {"TH-CENTRE"}
    secret |= {row["callback_number"] for row in lab.centres["CN"].end.rows("SELECT callback_number FROM reports_report")}
    amounts = {move[4] for move in moved} | {amount for paid in VICTIMS for amount in paid.rests.values()}
    needles = Needles(frozenset(secret - own), frozenset(amounts))
    assert found_in(three[0].home.root, needles), "the search finds them where they belong"
    lab.centres["GB"].stop()
    assert found_in(outside.home.root, needles) == []
    case = Needles(
        frozenset(pseudonyms | accounts_of("CN", "SG", "TH") | names_of("CN", "SG", "TH") | {move[0] for move in moved}),
        frozenset(amounts),
    )
    (plain,) = case.in_each([(tmp_path / "frames").read_bytes()])
    assert plain == set(), "nobody on the line reads of a case, even without TLS; receipts show ids of messages"


def test_centres_on_the_path_know_what_their_agreements_name(lab: Lab) -> None:
    """The first asks the second and the third; the second has told the first only totals."""
    lab.start("CN", "SG", "TH", "GB")
    lab.call("CN", FAR)
    lab.settle("CN")
    for code in ("CN", "SG", "TH"):
        lab.centres[code].stop()
    hidden = {
        # the second answers in totals: neither the account that its other bank has, nor what stands on which
        "CN": Needles(
            frozenset({"t-4001", "pay33-one", BANKS["t"], *names_of("SG", "TH")}), frozenset({300_05, 300_06, 180_02})
        ),
        # it is asked of one transfer: who the victim is and what else became of the money is not told
        "SG": Needles(
            frozenset({"v-1001", "v-1003", "pay31-one", *names_of("CN", "TH")}),
            frozenset({1_000_37, 400_26}),
        ),
        # it knows the last transfer, as its bank does, and that the first asks
        "TH": Needles(
            frozenset({*accounts_of("CN"), *accounts_of("SG") - {"t-4001"}, "pay31-one", "pay32-one", "pay33-one"})
            | frozenset({BANKS["v"], BANKS["a"], BANKS["s"], *names_of("CN", "SG")}),
            frozenset({1_000_37, 600_11, 300_05, 400_26, 300_06, 180_02}),
        ),
    }
    for code, needles in hidden.items():
        assert found_in(lab.centres[code].home.root, needles) == [], code


def test_the_search_sees_a_store(laid_out: Path) -> None:
    """A store that could not be read would hide everything."""
    tables = {table for table, _ in rows_of(laid_out / "CN" / "accord.sqlite3")}
    assert {"exchange_partner", "exchange_agreement", "people_user"} <= tables
