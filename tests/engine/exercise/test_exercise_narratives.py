"""What victims say: every identifier they should give is in the narrative, as victims write, and parses."""

from __future__ import annotations

import unicodedata
from collections import Counter

import pytest

from accord.core.clock import to_micros
from accord.core.identifiers import alias, bank_account, handle, phone, url
from accord.core.money import Money
from accord.engine.exercise import VictimReport, World, WorldPlan, make_world

PLAN = WorldPlan(countries=("CN", "HK", "SG", "TH", "MY", "GB"), people=600, days=1, victims=180, gangs=7)


@pytest.fixture(scope="module")
def world() -> World:
    return make_world(PLAN)


def plain(text: str) -> str:
    """Half-width, without spaces."""
    return unicodedata.normalize("NFKC", text).replace(" ", "")


def mentions(world: World, report: VictimReport) -> list[dict[str, str]]:
    return [row for row in world.truth.mentions.to_pylist() if row["report"] == report.reference]


def test_every_narrative_names_the_payee_and_the_amount(world: World) -> None:
    for report in world.reports:
        told = plain(report.narrative)
        payee = report.payee_account or (report.payee_alias or "").partition(":")[2]
        assert payee
        assert payee in told
        assert plain(report.payee_name) in told
        assert (report.payee_account is None) != (report.payee_alias is None)


def test_mentions_are_in_the_narrative_as_written(world: World) -> None:
    for report in world.reports:
        found = mentions(world, report)
        assert {"amount"} < {row["type"] for row in found}
        assert {"bank_account", "alias"} & {row["type"] for row in found}
        assert {"phone", "handle", "url"} & {row["type"] for row in found}
        assert all(row["written"] in report.narrative for row in found)


def test_identifiers_in_narratives_parse_to_what_the_truth_says(world: World) -> None:
    seen = Counter[str]()
    for row in world.truth.mentions.to_pylist():
        seen[row["type"]] += 1
        match row["type"]:
            case "phone":
                assert phone.Phone.parse(row["written"], region="CN").canonical == row["canonical"]
            case "bank_account":
                assert bank_account.BankAccount.parse(row["written"]).canonical == row["canonical"]
            case "alias":
                assert alias.Alias.parse(row["canonical"]).canonical == row["canonical"]
            case "url":
                with_scheme = row["written"] if "://" in row["written"] else f"https://{row['written']}"
                assert url.Url.parse(with_scheme).canonical == url.Url.parse(row["canonical"]).canonical
            case "handle":
                assert handle.Handle.parse(row["canonical"]).canonical == row["canonical"]
            case "order_number":
                assert len(row["written"]) == 18
            case other:
                assert other == "amount"
    assert set(seen) == {"phone", "bank_account", "alias", "url", "handle", "amount", "order_number"}


def test_amounts_are_written_in_the_ways_people_write_them(world: World) -> None:
    written = [row["written"] for row in world.truth.mentions.to_pylist() if row["type"] == "amount"]
    assert any("万" in text for text in written)
    assert any(text.startswith("¥") for text in written)
    assert any("baht" in text for text in written)
    assert any(text.startswith("S$") for text in written)


def test_amounts_with_wan_are_exact(world: World) -> None:
    for row in world.truth.mentions.to_pylist():
        if row["type"] == "amount" and "万" in row["written"]:
            number = "".join(character for character in row["written"] if character.isdigit() or character == ".")
            stated, currency = row["canonical"].split()
            assert Money.parse(number, currency).minor * 10_000 == Money.parse(stated, currency).minor


def test_the_amounts_told_are_those_paid(world: World) -> None:
    paid = dict(zip(world.transfers["id"].to_pylist(), world.transfers["amount"].to_pylist(), strict=True))
    for report in world.reports:
        told = {row["canonical"] for row in mentions(world, report) if row["type"] == "amount"}
        assert told == {f"{Money(paid[id_], report.currency).decimal():f} {report.currency}" for id_ in report.transfers}


def test_chinese_and_english_are_told_where_they_are_spoken_and_all_kinds_of_scam_occur(world: World) -> None:
    languages = {(report.country, report.language) for report in world.reports}
    assert languages == {("CN", "zh"), ("HK", "zh"), ("SG", "en"), ("TH", "en"), ("MY", "en"), ("GB", "en")}
    kinds = {"task", "authority", "investment", "refund", "loan", "boss", "shop"}
    assert {report.scam_type for report in world.reports} == kinds
    assert len({report.narrative for report in world.reports}) == len(world.reports)


def test_victims_of_one_gang_meet_the_same_phones_handles_and_sites(world: World) -> None:
    for gang in world.truth.gangs:
        known = {*gang.phones, *gang.handles, *gang.sites}
        used = Counter(
            row["canonical"]
            for row in world.truth.mentions.to_pylist()
            if row["report"] in gang.victims and row["type"] in ("phone", "handle", "url")
        )
        assert set(used) <= known
        assert max(used.values()) > 1


def test_callers_are_vague_as_the_plan_says(world: World) -> None:
    rows = {row["id"]: row for row in world.transfers.filter(world.transfers["scam"].is_valid()).to_pylist()}
    rounded = no_bank = off = 0
    for report in world.reports:
        first = rows[report.transfers[0]]
        assert abs(report.amount_minor - first["amount"]) <= first["amount"] * 0.05
        assert abs(to_micros(report.about_when) - first["time"]) <= 15 * 60_000_000
        assert report.about_when <= report.call_time
        assert report.payee_bank in (None, first["creditor_bank"])
        rounded += report.amount_minor != first["amount"]
        off += to_micros(report.about_when) != first["time"]
        no_bank += report.payee_bank is None
    assert 0 < rounded < 60
    assert 20 < off < 90
    assert 40 < no_bank < 140
