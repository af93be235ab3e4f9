"""Extraction on made-up narratives in both languages, and what must hold for any text."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from levels import examples

from accord.core.errors import BadInput
from accord.core.identifiers import IdentifierType, parse
from accord.core.money import Money
from accord.engine.text import MAX_MENTIONS, Mention, TextType, extract

NARRATIVES = [json.loads(line) for line in Path(__file__).with_name("narratives.jsonl").read_text("utf-8").splitlines()]


def _found(text: str, region: str = "CN", currency: str = "CNY") -> list[tuple[str, str]]:
    return [(str(mention.type), mention.canonical) for mention in extract(text, region=region, currency=currency).mentions]


def test_precision_and_recall_on_labelled_narratives() -> None:
    hits = found_total = expected_total = 0
    misses: list[str] = []
    for line in NARRATIVES:
        found = Counter(_found(line["text"], line.get("region", "CN"), line.get("currency", "CNY")))
        expected = Counter((kind, canonical) for kind, canonical in line["expect"])
        hits += (found & expected).total()
        found_total += found.total()
        expected_total += expected.total()
        if found != expected:
            misses.append(f"{line['text']}: missed {dict(expected - found)}, invented {dict(found - expected)}")
    report = "\n".join(misses)
    assert len(NARRATIVES) >= 40
    assert hits / found_total >= 0.95, report
    assert hits / expected_total >= 0.95, report


@pytest.mark.parametrize("label", ["订单号", "流水号：", "Order no. ", "交易号是", "txn id "])
@pytest.mark.parametrize("number", ["13800138000", "6222020000000012344", "91234567"])
def test_an_order_number_is_neither_a_phone_nor_a_card(label: str, number: str) -> None:
    assert _found(label + number) == [("reference", number)]
    assert _found(label + number, region="SG") == [("reference", number)]


@pytest.mark.parametrize(
    "text",
    [
        "身份证11010519491231002X",
        "证件 11010519491231002x 丢了",
        "2026-11-22 10:30:05",
        "20261122103005",
        "10点半到22:15",
        "密码 13800138000",
        "我有一块手表和两块肉",
        "2025元旦",
        "Send NAME, ADDRESS AND NUMBER, name the NEW US President",
    ],
)
def test_documents_times_and_codes_are_not_reported(text: str) -> None:
    assert _found(text) == []


@pytest.mark.parametrize(
    ("text", "currency", "amounts"),
    [
        ("3万元", "CNY", [(3_000_000, "CNY")]),
        ("五千块", "CNY", [(500_000, "CNY")]),
        ("转了两万三", "CNY", [(2_300_000, "CNY")]),
        ("¥5,000.00", "CNY", [(500_000, "CNY")]),
        ("RMB 5000", "USD", [(500_000, "CNY")]),
        ("rmb5000", "CNY", [(500_000, "CNY")]),
        ("S$1,200", "CNY", [(120_000, "SGD")]),
        ("3000 dollars", "CNY", [(300_000, "USD")]),
        ("3000 dollars", "SGD", [(300_000, "SGD")]),
        ("paid 5k", "SGD", [(500_000, "SGD")]),
        ("充了5w", "CNY", [(5_000_000, "CNY")]),
        ("五块八", "CNY", [(580, "CNY")]),
        ("3元5角", "CNY", [(350, "CNY")]),
        ("五元一瓶", "CNY", [(500, "CNY")]),
        ("¥5000", "JPY", [(5_000, "JPY")]),
        ("3000 usd 2000 sgd", "CNY", [(300_000, "USD"), (200_000, "SGD")]),
        ("USD 3000 SGD 2000", "CNY", [(300_000, "USD"), (200_000, "SGD")]),
        ("壹拾贰万元整", "CNY", [(12_000_000, "CNY")]),
        ("Rp 2.500.000 dan Rp50.000", "CNY", [(250_000_000, "IDR"), (5_000_000, "IDR")]),
        ("4 £100", "GBP", [(10_000, "GBP")]),
        ("1.5亿元", "CNY", [(15_000_000_000, "CNY")]),
        ("5.555元", "CNY", []),
        ("0元", "CNY", []),
        ("99999999999999999元", "CNY", []),
        ("几万块", "CNY", []),
        ("give us 5000", "USD", []),
    ],
)
def test_amounts(text: str, currency: str, amounts: list[tuple[int, str]]) -> None:
    assert extract(text, currency=currency).amounts == tuple(Money(minor, code) for minor, code in amounts)


def test_mentions_carry_value_context_and_place() -> None:
    text = "（卡号：６２２２ 0200\u200b 0000 0012 344），三万"
    mention = extract(text).mentions[0]
    assert text[slice(*mention.span)] == mention.raw == "６２２２ 0200\u200b 0000 0012 344"
    assert (mention.type, mention.canonical, mention.context) == (IdentifierType.BANK_ACCOUNT, "6222020000000012344", "卡号")
    assert mention.identifier is not None
    assert mention.money is None
    assert 0.9 < mention.confidence <= 1


def test_an_announced_number_is_surer_than_a_bare_one() -> None:
    announced, bare = extract("电话13800138000").mentions[0], extract("找13800138000").mentions[0]
    assert announced.canonical == bare.canonical
    assert announced.confidence > bare.confidence
    assert (announced.context, bare.context) == ("电话", "")


def test_the_summary_lists_each_identifier_once() -> None:
    found = extract("电话13800138000，再说一遍，138 0013 8000；订单号A1001，订单号A1001；付了30元、30元")
    assert [identifier.canonical for identifier in found.identifiers] == ["+8613800138000"]
    assert found.references == ("A1001",)
    assert found.amounts == (Money(3_000, "CNY"), Money(3_000, "CNY"))


def test_an_unknown_currency_is_refused() -> None:
    with pytest.raises(BadInput, match="unknown currency"):
        extract("30元", currency="XXX")


def _check(text: str, mentions: tuple[Mention, ...]) -> None:
    end = 0
    for mention in mentions:
        assert end <= mention.span[0] < mention.span[1] <= len(text)
        end = mention.span[1]
        assert text[slice(*mention.span)] == mention.raw
        assert 0 < mention.confidence <= 1
        if isinstance(mention.type, IdentifierType):
            assert mention.identifier is not None
            assert parse(mention.type, mention.canonical).canonical == mention.canonical
        assert (mention.money is not None) == (mention.type is TextType.AMOUNT)


_PIECES = st.sampled_from(
    [
        *(
            "卡号",
            "电话",
            "微信",
            "订单号",
            "QQ",
            "支付宝",
            "户名",
            "转了",
            "account ",
            "card no ",
            "order no ",
            "WhatsApp ",
            "UPI ",
        ),
        *(
            "Telegram @",
            "13800138000",
            "6222020000000012344",
            "+6591234567",
            "5000元",
            "三万五",
            "$1,200",
            "张三",
            "a@example.com",
        ),
        *(
            "abc_123",
            "x@okbank",
            "http://example.com/a",
            "evil[.]com",
            "2026-11-22",
            "10:30",
            "１２３",
            "\u200b",
            "…",
            "½",
            "㎏",
            "İ",
        ),
        *("，", "。", " ", "：", "\n", "(", ")"),
    ]
)


@examples(300)
@given(st.one_of(st.lists(_PIECES, max_size=25).map("".join), st.text(max_size=80)), st.sampled_from(["CN", "SG", "GB", "xx"]))
def test_any_text_gives_ordered_spans_that_point_into_it(text: str, region: str) -> None:
    found = extract(text, region=region)
    _check(text, found.mentions)
    assert found.read_to == len(text)


def test_a_number_across_the_cut_of_a_long_text_is_found_once() -> None:
    filler = "我很害怕就照做了，" * 9_000
    for shift in range(0, 60, 7):
        text = filler[: 65_536 - 40 + shift] + " 电话13800138000 " + filler
        assert [mention.raw for mention in extract(text).mentions] == ["13800138000"]


def test_reading_stops_with_a_mark_beyond_all_measure() -> None:
    text = "付了30元。" * (2 * MAX_MENTIONS)
    found = extract(text)
    assert MAX_MENTIONS <= len(found.mentions) < 2 * MAX_MENTIONS
    assert found.read_to < len(text)
    _check(text[: found.read_to], found.mentions)


@pytest.mark.slow
@pytest.mark.parametrize("unit", ["我很害怕就照做了，", "a@", "1 2 3 ", "卡号", "(", "h", "一", "…", "\u200b", "1,111", "x.y."])
def test_a_long_text_of_any_kind_is_read_to_its_end(unit: str) -> None:
    text = unit * (1_000_000 // len(unit))
    assert extract(text).read_to == len(text)
