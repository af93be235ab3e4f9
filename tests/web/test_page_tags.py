"""How amounts, times, deadlines, accounts and banks look."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from django.template import Context, Template
from django.utils import translation

from accord.capabilities.reports.errors import Msg
from accord.core.clock import SteppedClock, using
from accord.core.errors import Msg as CoreMsg
from accord.core.money import Money
from accord.core.wording import stored
from accord.web.templatetags.accord import duration_text, masked

NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)  # 12:00 in Shanghai


@pytest.fixture(autouse=True)
def _noon_in_english() -> Iterator[None]:
    with using(SteppedClock(NOON)), translation.override("en"):
        yield


def rendered(text: str, **context: object) -> str:
    return Template("{% load accord %}" + text).render(Context(context))


@pytest.mark.parametrize(
    ("minor", "currency", "shown"),
    [(1_234_500, "CNY", "12,345.00"), (5, "JPY", "5"), (-150, "USD", "-1.50"), (1, "KWD", "0.001")],
)
def test_money_has_its_decimals_and_thousands(minor: int, currency: str, shown: str) -> None:
    page = rendered("{% money minor currency %}", minor=minor, currency=currency)
    assert f">{shown}&nbsp;<span" in page
    assert page == rendered("{% money amount %}", amount=Money(minor, currency))


def test_what_is_not_there_is_a_dash() -> None:
    assert rendered("{% money a %}{% clock a %}{% countdown a %}{% bank b %}", a=None, b="") == "––––"


def test_a_time_of_today_is_the_wall_clock_and_another_day_says_so() -> None:
    assert ">12:00:00<" in rendered("{% clock at %}", at=NOON)
    assert ">12:00<" in rendered('{% clock at "minutes" %}', at=NOON)
    assert ">2026-03-01 12:00:00<" in rendered("{% clock at %}", at=NOON - timedelta(days=1))
    assert 'datetime="2026-03-02T04:00:00Z"' in rendered("{% clock at %}", at=NOON)


@pytest.mark.parametrize(
    ("left", "text", "mark"),
    [(3_605, "1:00:05", '"countdown"'), (65, "1:05", "is-soon"), (0, "0:00", "is-soon"), (-61, "overdue 1:01", "is-overdue")],
)
def test_a_deadline_counts_down_and_says_when_it_is_past(left: int, text: str, mark: str) -> None:
    page = rendered("{% countdown due %}", due=NOON + timedelta(seconds=left))
    assert f">{text}<" in page
    assert mark in page


def test_long_times_are_days_and_hours() -> None:
    assert duration_text(2 * 86_400 + 3 * 3_600 + 5) == "2 d 3 h"


def test_an_account_is_masked_with_a_button_for_the_whole_number() -> None:
    page = rendered("{% account number %}", number="622200000000012345")
    assert "<code>6222…2345</code>" in page
    assert "<code hidden>622200000000012345</code>" in page
    assert 'aria-pressed="false"' in page
    assert "button" not in rendered("{% account number %}", number="12345678")


@pytest.mark.parametrize("number", ["123456789", "a@b.example.org", "GB33BUKB20201555555555"])
def test_a_mask_never_shows_the_whole(number: str) -> None:
    assert number not in masked(number)


def test_a_bank_goes_by_its_name_in_the_readers_language(settings: object) -> None:
    settings.ACCORD_INSTITUTIONS = {"ACMECNBJ": ("Acme Bank", "艾克银行")}  # type: ignore[attr-defined]
    assert ">Acme Bank<" in rendered('{% bank "ACMECNBJ" %}')
    assert rendered('{% bank "OTHER" %}') == "OTHER"
    with translation.override("zh-hans"):
        assert ">艾克银行<" in rendered('{% bank "ACMECNBJ" %}')


@pytest.mark.parametrize(
    ("place", "words"),
    [("total:THB", "all accounts there, THB"), ("bank:ACME:CN:THB", "all accounts at this bank, THB")],
)
def test_a_total_that_a_partner_names_is_no_account_number(place: str, words: str) -> None:
    shown = rendered("{% account a %}", a=place)
    assert words in shown
    assert "button" not in shown, "there is nothing more to reveal"
    assert masked(place) == words


def test_codes_of_refusals_and_news_are_words_in_the_history() -> None:
    page = rendered("{% audit_details d %}", d={"refusal": "nothing_stands", "reason": "lapsed"})
    assert page == "refusal: Nothing stands on the account; reason: no officer there confirmed it in time"
    with translation.override("zh-hans"):
        assert "nothing_stands" not in rendered("{% audit_details d %}", d={"refusal": "nothing_stands"})


def test_hostile_text_is_never_markup() -> None:
    hostile = "<img src=x onerror=alert(1)>"
    page = rendered("{% account a %}{% bank a %}{% state a a %}{% audit_details d %}", a=hostile, d={"note": hostile})
    assert "<img" not in page


def test_details_of_the_audit_are_words_amounts_and_masks() -> None:
    details = {
        "amount": 5_000_000,
        "currency": "CNY",
        "account": "622200000000012345",
        "until": "2026-03-02T06:00:00Z",
        "note": "",
    }
    assert rendered("{% audit_details d %}", d=details) == "amount: 50,000.00 CNY; account: 6222…2345; until: 14:00"


def test_an_amount_without_a_currency_stays_as_it_is_on_record() -> None:
    assert rendered("{% audit_details d %}", d={"amount": 5}) == "amount: 5"


def test_stored_errors_are_told_in_the_readers_language_with_their_parts() -> None:
    said = Msg.WORKING_ON_UNTIL.with_(officer="Lin Mei", report="R-7K2M-9QXD", time="12:10")
    kept = stored(said)
    assert rendered("{{ kept|readable }}", kept=kept) == "Lin Mei is working on R-7K2M-9QXD until 12:10; ask them to unlock it"
    with translation.override("zh-hans"):
        told = rendered("{{ kept|readable }}", kept=kept)
        assert told != rendered("{{ kept }}", kept=str(said))
        assert all(part in told for part in ("Lin Mei", "R-7K2M-9QXD", "12:10"))
        assert rendered("{{ kept|readable }}", kept="something a bank wrote") == "something a bank wrote"


def test_a_stored_error_among_the_details_of_the_audit_is_told_in_the_readers_language() -> None:
    kept = stored(CoreMsg.GIVE_REASON.with_())
    assert rendered("{% audit_details d %}", d={"error": kept}) == "error: give the reason; it stays on record"
    with translation.override("zh-hans"):
        assert "请填写理由；理由将留存记录" in rendered("{% audit_details d %}", d={"reason": kept})
