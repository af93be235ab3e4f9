"""The claim page: what it shows, what its poll tells, what it exports, and who may see it."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from desk_claims_world import JOINT, MULE, NOON, SECOND, answer, called, chased, held, officer
from django.test import Client
from django.urls import reverse

from accord.capabilities.claims import services as claims
from accord.capabilities.orders.services import approve_plan
from accord.capabilities.people.models import Role, User
from accord.core import clock
from accord.core.clock import SteppedClock

pytestmark = [pytest.mark.database, pytest.mark.django_db]


@pytest.fixture(autouse=True)
def noon() -> Iterator[SteppedClock]:
    stepped = SteppedClock(NOON)
    with clock.using(stepped):
        yield stepped


@pytest.fixture
def actor() -> User:
    return officer()


@pytest.fixture
def desk(client: Client, actor: User) -> Client:
    client.force_login(actor)
    return client


def _seen(html: str) -> dict[str, str]:
    """The digests that a page holds of its parts, as its poll sends them."""
    return dict(re.findall(r'name="(seen-[a-z]+)" value="([0-9a-f]+)"', html))


def _parts(html: str) -> set[str]:
    return set(re.findall(r'id="live-([a-z]+)" hx-swap-oob', html))


def test_the_page_shows_where_every_part_of_the_claim_is(desk: Client, actor: User) -> None:
    chase = chased(actor)
    html = desk.get(reverse("desk:claim", args=[chase.claim.pk])).content.decode()
    figures = re.findall(r"figure-(\w+)\"><dt>.*?</dt><dd>(.*?)</dd>", html)
    amounts = {key: re.findall(r"[\d,.]+(?=&nbsp;)", text) for key, text in figures}
    assert amounts["claimed"] == ["1,000.00"]
    assert amounts["held"] == ["0.00"]
    assert amounts["standing"] == ["950.00"]
    assert amounts["exits"] == ["50.00"]
    assert "Every cent accounted for" in html
    assert chase.claim.reference in html
    assert chase.first.reference in html


def test_money_that_the_bank_confirms_moves_from_standing_to_held(desk: Client, actor: User) -> None:
    chase = chased(actor)
    line = chase.claim.plan.get(account=SECOND)
    (order,) = approve_plan(actor, chase.claim.pk, [line.pk])
    held(order, 50_000)
    html = desk.get(reverse("desk:claim", args=[chase.claim.pk])).content.decode()
    assert re.search(r'figure-held"><dt>.*?</dt><dd><span class="money">500\.00', html)
    assert re.search(r'figure-standing"><dt>.*?</dt><dd><span class="money">450\.00', html)


def test_a_poll_without_news_is_empty(desk: Client, actor: User) -> None:
    chase = chased(actor)
    page = desk.get(reverse("desk:claim", args=[chase.claim.pk])).content.decode()
    poll = desk.get(reverse("desk:claim-live", args=[chase.claim.pk]), _seen(page))
    assert poll.status_code == 204
    assert poll.content == b""


def test_a_clock_that_counts_down_is_no_news(desk: Client, actor: User, noon: SteppedClock) -> None:
    chase = called(actor)
    page = desk.get(reverse("desk:claim", args=[chase.claim.pk])).content.decode()
    noon.advance_to(NOON + timedelta(minutes=11))
    assert desk.get(reverse("desk:claim-live", args=[chase.claim.pk]), _seen(page)).status_code == 204


def test_a_poll_carries_only_the_parts_that_changed(desk: Client, actor: User) -> None:
    chase = called(actor)
    page = desk.get(reverse("desk:claim", args=[chase.claim.pk])).content.decode()
    claims.answered(chase.asked.pk, answer(chase))
    poll = desk.get(reverse("desk:claim-live", args=[chase.claim.pk]), _seen(page))
    assert _parts(poll.content.decode()) == {"figures", "plan", "table", "enquiries", "history"}
    again = desk.get(reverse("desk:claim-live", args=[chase.claim.pk]), {**_seen(page), **_seen(poll.content.decode())})
    assert again.status_code == 204


def test_a_bank_that_stays_silent_past_its_clock_is_named(desk: Client, actor: User, noon: SteppedClock) -> None:
    chase = called(actor)
    noon.advance_to(NOON + timedelta(minutes=16))
    html = desk.get(reverse("desk:claim", args=[chase.claim.pk])).content.decode()
    assert "1 bank silent or unclear" in html
    assert "Bank silent" in html


def test_an_unusable_answer_shows_why_and_can_be_asked_again(desk: Client, actor: User) -> None:
    chase = called(actor)
    claims.fail(chase.asked.pk, "MULEBANK says -5 stands on X")
    html = desk.get(reverse("desk:claim", args=[chase.claim.pk])).content.decode()
    assert "MULEBANK says -5 stands on X" in html
    response = desk.post(reverse("desk:claim-trace-again", args=[chase.claim.pk]), follow=True)
    assert "1 question was asked again." in response.content.decode()
    assert chase.enquiry_to("MULEBANK").state == "queued"


def test_the_pictures_document_names_accounts_transfers_and_states(desk: Client, actor: User) -> None:
    chase = called(actor)
    claims.answered(chase.asked.pk, answer(chase))
    document = desk.get(reverse("desk:claim-trace-json", args=[chase.claim.pk])).json()
    states = {node["account"]: node["state"] for node in document["nodes"]}
    assert states[MULE] == "standing"
    assert states[JOINT] == "standing"
    assert states["ATM-7"] == "cash"
    assert states[SECOND] == "asked"
    assert {edge["exit"] for edge in document["edges"]} == {"", "cash"}
    banks = {bank["id"] for bank in document["banks"]}
    assert {node["bank"] for node in document["nodes"]} <= banks
    ids = {node["id"] for node in document["nodes"]}
    assert all(edge["source"] in ids and edge["target"] in ids for edge in document["edges"])


def test_the_pictures_document_is_not_sent_twice(desk: Client, actor: User) -> None:
    chase = chased(actor)
    address = reverse("desk:claim-trace-json", args=[chase.claim.pk])
    first = desk.get(address)
    assert desk.get(address, headers={"If-None-Match": first["ETag"]}).status_code == 304
    line = chase.claim.plan.get(account=SECOND)
    held(approve_plan(actor, chase.claim.pk, [line.pk])[0], 50_000)
    second = desk.get(address, headers={"If-None-Match": first["ETag"]})
    assert second.status_code == 200
    states = {node["account"]: node["state"] for node in second.json()["nodes"]}
    assert states[SECOND] == "held"


def test_the_trace_can_be_saved_as_json_and_csv(desk: Client, actor: User) -> None:
    chase = chased(actor)
    saved = desk.get(reverse("desk:claim-trace-json", args=[chase.claim.pk]), {"download": ""})
    assert saved["Content-Disposition"] == f'attachment; filename="{chase.claim.reference}-fifo.json"'
    assert saved.json()["conserved"] is True
    text = desk.get(reverse("desk:claim-trace-csv", args=[chase.claim.pk])).content.decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert sorted(row["part"] for row in rows) == ["exit", "flow", "flow", "flow", "standing", "standing", "standing"]
    assert {row["amount"] for row in rows if row["creditor"] == SECOND} == {"500.00"}


def test_an_account_that_looks_like_a_formula_stays_text_in_the_csv(desk: Client, actor: User) -> None:
    chase = called(actor)
    told = answer(chase)
    evil = type(told.exits[0])(
        type(told.exits[0].leg)(**{**_fields(told.exits[0].leg), "creditor": "=HYPERLINK(1)"}), told.exits[0].kind
    )
    claims.answered(chase.asked.pk, type(told)(told.answered_at, told.flows, told.standing, told.onward, (evil,)))
    text = desk.get(reverse("desk:claim-trace-csv", args=[chase.claim.pk])).content.decode("utf-8-sig")
    cells = {cell for row in csv.reader(io.StringIO(text)) for cell in row}
    assert "'=HYPERLINK(1)" in cells
    assert "=HYPERLINK(1)" not in cells


def _fields(leg: object) -> dict[str, object]:
    return {name: getattr(leg, name) for name in leg.__slots__}  # type: ignore[attr-defined]


def test_another_rule_is_traced_and_shown_beside_the_claims_own(desk: Client, actor: User) -> None:
    chase = chased(actor)
    response = desk.post(reverse("desk:claim-trace-under", args=[chase.claim.pk]), {"rule": "haircut"})
    assert response["Location"].endswith("?rule=haircut")
    waiting = desk.get(response["Location"]).content.decode()
    assert "banks are still being asked under the other rule" in waiting
    assert "Holds go on standing on" in waiting
    from accord.engine.tracing.model import Rule

    told = answer(chase)
    standing = (type(told.standing[0])(MULE, 95_000, "CNY"),)
    legs = tuple(type(flow)(**{**_fields(flow), "intervals": ()}) for flow in told.flows[:1])
    exits = tuple(type(exit_)(type(exit_.leg)(**{**_fields(exit_.leg), "intervals": ()}), exit_.kind) for exit_ in told.exits)
    claims.answered(chase.enquiry_to("MULEBANK", Rule.HAIRCUT).pk, type(told)(told.answered_at, legs, standing, (), exits))
    html = desk.get(response["Location"]).content.decode()
    assert re.search(rf"{MULE}.*?300\.00.*?950\.00.*?\+<span class=\"money\">650\.00", html, re.DOTALL)
    assert chase.claim.plan.filter(account=SECOND, state="proposed").exists()


@pytest.mark.parametrize("rule", ["poison", "nonsense", ""])
def test_a_rule_that_is_not_asked_of_banks_is_refused(desk: Client, actor: User, rule: str) -> None:
    chase = chased(actor)
    assert desk.post(reverse("desk:claim-trace-under", args=[chase.claim.pk]), {"rule": rule}).status_code == 400


def test_an_unknown_rule_in_the_address_is_refused(desk: Client, actor: User) -> None:
    chase = chased(actor)
    assert desk.get(reverse("desk:claim", args=[chase.claim.pk]), {"rule": "astrology"}).status_code == 400


def test_accounts_are_masked_until_revealed(desk: Client, actor: User) -> None:
    chase = chased(actor)
    html = desk.get(reverse("desk:claim", args=[chase.claim.pk])).content.decode()
    assert f"<code>{MULE}</code>" not in html
    assert f"<code hidden>{MULE}</code>" in html


def test_an_administrator_sees_no_claim(client: Client, actor: User) -> None:
    chase = chased(actor)
    client.force_login(officer("root", Role.ADMINISTRATOR))
    for name in ("claim", "claim-live", "claim-trace-json", "claim-trace-csv"):
        assert client.get(reverse(f"desk:{name}", args=[chase.claim.pk])).status_code == 404
    assert client.post(reverse("desk:claim-trace-again", args=[chase.claim.pk])).status_code == 403


def test_nobody_sees_a_claim_without_signing_in(client: Client, actor: User) -> None:
    chase = chased(actor)
    response = client.get(reverse("desk:claim", args=[chase.claim.pk]))
    assert response.status_code == 302
    assert response["Location"].startswith(reverse("accounts:sign-in"))


def test_the_page_speaks_chinese(desk: Client, actor: User) -> None:
    chase = chased(actor)
    desk.cookies["django_language"] = "zh-hans"
    response = desk.get(reverse("desk:claim", args=[chase.claim.pk]))
    assert 'lang="zh-Hans"' in response.content.decode()
