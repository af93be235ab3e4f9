"""The call form: six facts become a report, a claim and a first order; errors stand beside their fields and keep the input."""

from __future__ import annotations

from datetime import timedelta

import pytest
from desk_at_work import NOON, SignedIn
from django.http import HttpResponse
from django.utils import translation

from accord.capabilities.claims.models import Claim
from accord.capabilities.orders.kinds import OrderKind
from accord.capabilities.orders.models import Order
from accord.capabilities.people.models import User
from accord.capabilities.reports.models import Report
from accord.core.clock import SteppedClock
from accord.core.errors import BadInput
from accord.core.money import Money
from accord.sites.desk.forms.call import CallForm, read_amount

pytestmark = [pytest.mark.database, pytest.mark.usefixtures("desk_clock")]

FACTS = {
    "callback_number": "139 0000 0001",
    "payer_bank": "ACMECNBJ",
    "payee_account": "6222 0000 0000 0123 45",
    "amount": "50,000",
    "currency": "cny",
    "about": "15",
    "still_pending": "no",
    "payee_bank": "DEMOCNSH",
}

BANKS = {"ACMECNBJ": ("Acme Bank", "艾克银行"), "DEMOCNSH": ("Demo Bank", "示范银行"), "DEMOCNGZ": ("Demo Savings", "示范储蓄")}


def send(user: User, signed_in: SignedIn, **changed: str) -> HttpResponse:
    return signed_in(user).post("/calls/new/", FACTS | changed)  # type: ignore[return-value]


def test_six_facts_send_a_hold_to_the_receiving_bank(duty_officer: User, signed_in: SignedIn) -> None:
    answer = send(duty_officer, signed_in)
    report, order = Report.objects.get(), Order.objects.get()
    assert answer.headers["Location"] == f"/reports/{report.pk}/"
    assert (report.money, report.payee_account) == (Money(5_000_000, "CNY"), "622200000000012345")
    assert report.about_when == NOON - timedelta(minutes=15)
    assert (order.kind, order.institution, order.state) == (OrderKind.STOP_PAYMENT, "DEMOCNSH", "approved")
    page = signed_in(duty_officer).get(f"/reports/{report.pk}/").content.decode()
    assert order.reference in page
    assert "first-order" in page


@pytest.mark.parametrize("changed", [{"still_pending": "yes"}, {"payee_bank": ""}])
def test_a_pending_payment_or_an_unknown_receiver_is_asked_of_the_paying_bank(
    duty_officer: User, signed_in: SignedIn, changed: dict[str, str]
) -> None:
    send(duty_officer, signed_in, **changed)
    order = Order.objects.get()
    assert (order.kind, order.institution) == (OrderKind.RECALL, "ACMECNBJ")


def test_the_answers_to_the_script_are_kept(duty_officer: User, signed_in: SignedIn) -> None:
    send(duty_officer, signed_in, still_talking="yes", more_planned="no")
    report = Report.objects.get()
    assert (report.still_talking, report.remote_control, report.more_planned) == (True, None, False)


@pytest.mark.parametrize("missing", ["callback_number", "payer_bank", "payee_account", "amount", "about", "still_pending"])
def test_a_missing_fact_is_asked_for_beside_its_field_and_nothing_is_sent(
    duty_officer: User, signed_in: SignedIn, missing: str
) -> None:
    answer = send(duty_officer, signed_in, **{missing: ""})
    page = answer.content.decode()
    assert answer.status_code == 400
    assert f'id="{missing}-error"' in page
    kept = "payee_account" if missing != "payee_account" else "callback_number"
    assert f'value="{FACTS[kept]}"' in page
    assert not Report.objects.exists()
    assert not Order.objects.exists()


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("amount", "a lot", "is not an amount"),
        ("amount", "0", "more than zero"),
        ("amount", "-5", "more than zero"),
        ("amount", "1.005", "has 3 decimals but CNY has 2"),
        ("amount", "99999999999999999", "larger than any amount"),
        ("currency", "XXX", "Not a currency code"),
        ("callback_number", "call me", "too short"),
    ],
)
def test_what_cannot_be_right_is_refused_in_words(
    duty_officer: User, signed_in: SignedIn, field: str, value: str, told: str
) -> None:
    answer = send(duty_officer, signed_in, **{field: value})
    assert answer.status_code == 400
    assert told in answer.content.decode()
    assert not Report.objects.exists()


def test_an_exact_time_is_the_nodes_wall_clock(duty_officer: User, signed_in: SignedIn) -> None:
    send(duty_officer, signed_in, about="exact", about_exact="2026-03-02T11:30")
    assert Report.objects.get().about_when == NOON - timedelta(minutes=30)


@pytest.mark.parametrize(
    ("exact", "told"),
    [("", "Write the date and time"), ("2026-03-02T12:30", "lies in the future"), ("yesterday", "Write the time like")],
)
def test_an_exact_time_must_be_there_and_past(duty_officer: User, signed_in: SignedIn, exact: str, told: str) -> None:
    answer = send(duty_officer, signed_in, about="exact", about_exact=exact)
    assert told in answer.content.decode()
    assert not Report.objects.exists()


def test_a_second_call_about_the_same_payment_sends_no_second_order(
    duty_officer: User, second_officer: User, signed_in: SignedIn
) -> None:
    send(duty_officer, signed_in)
    answer = send(second_officer, signed_in)
    again = Report.objects.exclude(duplicate_of=None).get()
    assert answer.headers["Location"] == f"/reports/{again.pk}/"
    assert Order.objects.count() == Claim.objects.count() == 1
    page = signed_in(duty_officer).get(f"/reports/{again.pk}/").content.decode()
    assert again.duplicate_of is not None
    assert again.duplicate_of.reference in page
    assert Order.objects.get().reference in page


@pytest.mark.parametrize("named", ["DEMOCNSH", "democnsh", "Demo Bank", "示范银行", " demo  bank "])
def test_a_bank_is_known_by_code_or_name(duty_officer: User, signed_in: SignedIn, settings: object, named: str) -> None:
    settings.ACCORD_INSTITUTIONS = BANKS  # type: ignore[attr-defined]
    send(duty_officer, signed_in, payee_bank=named)
    assert Report.objects.get().payee_bank == "DEMOCNSH"


@pytest.mark.parametrize(
    ("named", "told"), [("demo", "Demo Bank, Demo Savings"), ("Bank of Nowhere", "Choose one from the list")]
)
def test_a_bank_that_is_not_clear_is_asked_about(
    duty_officer: User, signed_in: SignedIn, settings: object, named: str, told: str
) -> None:
    settings.ACCORD_INSTITUTIONS = BANKS  # type: ignore[attr-defined]
    answer = send(duty_officer, signed_in, payer_bank=named)
    assert told in answer.content.decode()
    assert not Order.objects.exists()


def test_known_banks_are_offered_by_name_in_the_readers_language(
    second_officer: User, signed_in: SignedIn, settings: object
) -> None:
    settings.ACCORD_INSTITUTIONS = BANKS  # type: ignore[attr-defined]
    client = signed_in(second_officer)
    client.cookies["django_language"] = "zh-hans"
    assert '<option value="示范银行">DEMOCNSH</option>' in client.get("/calls/new/").content.decode()


def test_banks_of_earlier_reports_are_offered_where_the_node_lists_none(duty_officer: User, signed_in: SignedIn) -> None:
    send(duty_officer, signed_in)
    page = signed_in(duty_officer).get("/calls/new/").content.decode()
    assert '<option value="ACMECNBJ">' in page
    assert '<option value="DEMOCNSH">' in page


def test_the_timer_goes_on_over_a_form_that_came_back(
    duty_officer: User, signed_in: SignedIn, desk_clock: SteppedClock
) -> None:
    opened = signed_in(duty_officer).get("/calls/new/").context["opened_at"]
    desk_clock.advance_to(NOON + timedelta(seconds=50))
    answer = send(duty_officer, signed_in, amount="", opened_at=str(opened))
    assert f'data-since="{opened}"' in answer.content.decode()


def test_an_administrator_takes_no_calls(node_administrator: User, signed_in: SignedIn) -> None:
    assert signed_in(node_administrator).get("/calls/new/").status_code == 403
    assert send(node_administrator, signed_in).status_code == 403
    assert not Report.objects.exists()


def test_what_callers_say_is_never_markup(duty_officer: User, signed_in: SignedIn) -> None:
    send(duty_officer, signed_in, payee_account='"><script>alert(1)</script>')
    report = Report.objects.get()
    assert "<script>alert" not in signed_in(duty_officer).get(f"/reports/{report.pk}/").content.decode()
    assert "<script>alert" not in signed_in(duty_officer).get("/").content.decode()


@pytest.mark.parametrize(
    ("text", "minor"), [("5万", 5_000_000), ("3.5万", 3_500_000), ("50k", 5_000_000), ("8千", 800_000), ("1,234.50", 123_450)]
)
def test_amounts_as_officers_type_them(text: str, minor: int) -> None:
    assert read_amount(text, "CNY") == Money(minor, "CNY")


@pytest.mark.parametrize("text", ["万", "5万万", "k", "1.23456万", "五"])
def test_what_is_no_amount_stays_refused(text: str) -> None:
    with pytest.raises(BadInput):
        read_amount(text, "CNY")


def test_the_form_names_what_it_needs_in_chinese_too(duty_officer: User, signed_in: SignedIn) -> None:
    client = signed_in(duty_officer)
    client.cookies["django_language"] = "zh-hans"
    page = client.post("/calls/new/", {}).content.decode()
    with translation.override("en"):
        english = {name: str(errors[0]) for name, errors in CallForm({}).errors.items()}
    assert english.keys() >= {"callback_number", "payer_bank", "payee_account", "amount", "about", "still_pending"}
    for name, message in english.items():
        assert message not in page
        assert f'id="{name}-error"' in page
