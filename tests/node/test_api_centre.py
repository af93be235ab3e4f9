"""What banks tell a centre: signed by exactly the bank that was asked, applied once, replays without effect."""

from __future__ import annotations

import os
import threading
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest
from federation_kit.running import secret_file
from small_world import at, call_of

from accord.adapters.bank_wire import MOST_BYTES_TOLD, LetterType, Problem, decode, signatures, write_letter
from accord.capabilities.claims.ports import AccountStanding, Acknowledged, EnquiryAnswer, TransferLeg
from accord.capabilities.orders.life_cycle import State
from accord.capabilities.orders.ports import AppealMessage, OrderAnswer, Refusal
from accord.core import clock
from accord.core.clock import SteppedClock, using
from accord.core.errors import Unavailable
from accord.node.api.seen import SeenLetters

if TYPE_CHECKING:
    from django.test import Client
    from pytest_django.fixtures import SettingsWrapper

    from accord.capabilities.orders.models import Order

pytestmark = [pytest.mark.database, pytest.mark.django_db]

BANK, ELSEWHERE = "BANKA", "BANKB"
API = "/api/centre/v1"


@pytest.fixture
def keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: SettingsWrapper) -> dict[str, bytes]:
    """A centre with lines to two banks; the secret that it shares with each."""
    from accord.node.api import centre
    from accord.node.home import Home
    from accord.node.lines import LineBook

    home, text, made = Home(tmp_path), "", {}
    secret_file(home.root / "token", "t")
    for code in (BANK, ELSEWHERE):
        secret = signatures.new_secret()
        (made[code],) = signatures.read_secrets(secret, code)
        secret_file(home.root / code, secret)
        text += f'[lines.{code}]\nkind = "https"\nurl = "https://{code}.example/v1"\ntoken_file = "token"\n'
        text += f'webhook_secret_file = "{code}"\n'
    home.lines.write_text(text + '[lines.QUIET]\nkind = "https"\nurl = "https://q.example"\ntoken_file = "token"\n')
    monkeypatch.setattr(centre, "_lines", lambda: LineBook(home))
    monkeypatch.setattr(centre, "_seen", lambda: SeenLetters(home.seen_letters))
    return made


@pytest.fixture
def sent(keys: dict[str, bytes]) -> Order:
    """A stop payment of 10.00 that has gone to BANKA at noon."""
    from accord.capabilities.orders import services as orders
    from accord.capabilities.people import services as people
    from accord.capabilities.people.models import Role

    officer = people.create_user("officer", "a-long-password", Role.OFFICER)
    with using(SteppedClock(at(0))):
        order = orders.respond_to_call(officer, call_of()).order
        orders.mark_sent([order])
    return order


def answer(amount: int = 1_000) -> OrderAnswer:
    followed = EnquiryAnswer(
        at(1), (TransferLeg("T0", "v-1", "BANKV", "a-1", BANK, at(0), 1_000, "CNY", ((0, 1_000),)),),
        (AccountStanding("a-1", 1_000, "CNY"),), (), (),
    )  # fmt: skip
    return OrderAnswer(at(1), amount, transfer="T0", followed=followed)


def post(client: Client, key: bytes, body: bytes, path: str = "answers", letter_id: str = "", **spoilt: str) -> Any:
    headers = signatures.signed_headers((key,), letter_id or f"l-{uuid4()}", clock.machine_now(), body)
    with using(SteppedClock(at(2))):
        return client.post(f"{API}/{path}", body, "application/json", headers={**headers, **spoilt})


def answered(order_id: UUID, told: Any, sender: str = BANK) -> bytes:
    return write_letter(LetterType.ORDER_ANSWERED, order_id, sender, told)


def state_of(order: Order) -> str:
    order.refresh_from_db()
    return order.state


def test_an_answer_is_taken_over_once(client: Client, keys: dict[str, bytes], sent: Order) -> None:
    body = answered(sent.pk, answer())
    first = post(client, keys[BANK], body, letter_id="l-1")
    assert (first.status_code, first.json()) == (200, {"taken": True})
    assert (state_of(sent), sent.held) == (State.HELD, 1_000)
    replay = post(client, keys[BANK], body, letter_id="l-1")
    assert (replay.status_code, replay.json()) == (200, {"taken": False})
    later = post(client, keys[BANK], answered(sent.pk, OrderAnswer(at(1), refusal=Refusal.LEGAL_REVIEW)))
    assert later.json() == {"taken": False}
    assert (state_of(sent), sent.held) == (State.HELD, 1_000)


def test_an_acknowledgement_is_taken_over(client: Client, keys: dict[str, bytes], sent: Order) -> None:
    body = write_letter(LetterType.ORDER_ACKNOWLEDGED, sent.pk, BANK, Acknowledged(at(30)))
    assert post(client, keys[BANK], body).json() == {"taken": True}
    assert state_of(sent) == State.ACKNOWLEDGED


def test_nobody_else_can_have_written_it(client: Client, keys: dict[str, bytes], sent: Order) -> None:
    body = answered(sent.pk, answer())
    refused = [
        post(client, keys[ELSEWHERE], body),  # says it is BANKA, signed by BANKB
        post(client, b"x" * 32, body),
        post(client, keys[BANK], answered(sent.pk, answer(), "BANKX")),
        post(client, keys[BANK], answered(sent.pk, answer(), "QUIET")),
        post(client, keys[BANK], body, **{signatures.TIMESTAMP: "1"}),
        post(client, keys[BANK], body, **{signatures.SIGNATURE: ""}),
        client.post(f"{API}/answers", body, "application/json"),
    ]
    details = {decode(response.content, Problem, "problem").detail for response in refused}
    assert {response.status_code for response in refused} == {401}
    assert len(details) == 1
    assert state_of(sent) == State.SENT


def test_an_old_letter_is_refused(client: Client, keys: dict[str, bytes], sent: Order) -> None:
    body = answered(sent.pk, answer())
    for away in (timedelta(minutes=-6), timedelta(minutes=6)):
        headers = signatures.signed_headers((keys[BANK],), "l-1", clock.machine_now() + away, body)
        assert client.post(f"{API}/answers", body, "application/json", headers=headers).status_code == 401


def test_a_bank_speaks_only_about_what_it_was_asked(client: Client, keys: dict[str, bytes], sent: Order) -> None:
    other = post(client, keys[ELSEWHERE], answered(sent.pk, answer(), ELSEWHERE))
    never = post(client, keys[ELSEWHERE], answered(uuid4(), answer(), ELSEWHERE))
    assert other.status_code == never.status_code == 404
    assert other.content == never.content
    assert state_of(sent) == State.SENT


@pytest.mark.parametrize(
    "told",
    [
        {"answered_at": "2026-03-20T12:01:00Z", "amount": 2_000, "transfer": "T0"},  # more than was ordered
        {"answered_at": "2026-03-20T12:01:00Z", "amount": 1_000},  # held without naming the transfer
        {"answered_at": "2026-03-20T12:01:00Z"},  # neither held nor refused
    ],
)
def test_what_cannot_be_true_is_not_taken_over(told: Any, client: Client, keys: dict[str, bytes], sent: Order) -> None:
    response = post(client, keys[BANK], answered(sent.pk, told), letter_id="l-1")
    assert response.status_code == 422
    assert state_of(sent) == State.SENT
    # put right, the same letter counts: what failed leaves no mark
    assert post(client, keys[BANK], answered(sent.pk, answer()), letter_id="l-1").json() == {"taken": True}


def test_an_answer_to_an_enquiry(client: Client, keys: dict[str, bytes], sent: Order) -> None:
    from accord.capabilities.claims.models import Enquiry, EnquiryState

    post(client, keys[BANK], answered(sent.pk, OrderAnswer(at(1), 0, Refusal.LEGAL_REVIEW, transfer="T0")))
    (enquiry,) = Enquiry.objects.filter(institution=BANK)
    (credit,) = enquiry.credits
    leg = TransferLeg(credit["transfer"], "v-1", "BANKV", "a-1", BANK, at(0), 1_000, "CNY", ((0, 1_000),))
    told = EnquiryAnswer(at(1), (leg,), (AccountStanding("a-1", 1_000, "CNY"),), (), ())
    body = write_letter(LetterType.ENQUIRY_ANSWERED, enquiry.pk, BANK, told)
    foreign = write_letter(LetterType.ENQUIRY_ANSWERED, enquiry.pk, ELSEWHERE, told)
    assert post(client, keys[ELSEWHERE], foreign).status_code == 404
    acknowledged = write_letter(LetterType.ENQUIRY_ACKNOWLEDGED, enquiry.pk, BANK, Acknowledged(at(30)))
    assert post(client, keys[BANK], acknowledged).json() == {"taken": True}
    assert post(client, keys[BANK], body).json() == {"taken": True}
    enquiry.refresh_from_db()
    assert enquiry.state == EnquiryState.ANSWERED
    assert post(client, keys[BANK], body).json() == {"taken": False}


def appeal_of(order_id: UUID, **changed: Any) -> bytes:
    message = AppealMessage(order_id, "Wang Fang", "it is what I sold my car for", at(60), language="en")
    return write_letter(LetterType.APPEAL, changed.pop("about", order_id), changed.pop("sender", BANK), message)


def test_a_holders_appeal_is_taken_once_and_named(client: Client, keys: dict[str, bytes], sent: Order) -> None:
    from accord.capabilities.orders.models import Appeal

    post(client, keys[BANK], answered(sent.pk, answer()))
    first = post(client, keys[BANK], appeal_of(sent.pk), "appeals")
    assert first.status_code == 200, first.content
    (appeal,) = Appeal.objects.all()
    assert first.json() == {"reference": appeal.reference}
    assert post(client, keys[BANK], appeal_of(sent.pk), "appeals").json() == {"reference": appeal.reference}
    assert Appeal.objects.count() == 1


def test_an_appeal_that_is_not_this_banks(client: Client, keys: dict[str, bytes], sent: Order) -> None:
    from accord.capabilities.orders.models import Appeal

    post(client, keys[BANK], answered(sent.pk, answer()))
    assert post(client, keys[ELSEWHERE], appeal_of(sent.pk), "appeals").status_code == 401
    assert post(client, keys[ELSEWHERE], appeal_of(sent.pk, sender=ELSEWHERE), "appeals").status_code == 404
    assert post(client, keys[BANK], appeal_of(sent.pk, about=uuid4()), "appeals").status_code == 400
    assert not Appeal.objects.exists()


def test_letters_of_other_kinds_and_garbage(client: Client, keys: dict[str, bytes], sent: Order) -> None:
    key = keys[BANK]
    assert post(client, key, write_letter(LetterType.ORDER, sent.pk, BANK, {})).status_code == 400
    assert post(client, key, answered(sent.pk, answer()), "appeals").status_code == 400
    for body in (b" ", b"{", b"[]", b'{"type": "order.answered"}', b"\xff"):
        assert post(client, key, body).status_code == 400
    assert post(client, key, b" " * (MOST_BYTES_TOLD + 1)).status_code == 413
    assert client.post(f"{API}/answers", b"{}", "text/plain").status_code == 415
    assert client.get(f"{API}/answers").status_code == 405
    assert client.get("/api/bank/v1/contract").status_code == 404


def test_what_is_wrong_here_is_not_told_there(
    client: Client, keys: dict[str, bytes], sent: Order, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / BANK).unlink()
    response = post(client, keys[BANK], answered(sent.pk, answer()))
    assert response.status_code == 503
    assert str(tmp_path) not in response.content.decode()
    assert str(tmp_path) in caplog.text


def test_the_document_describes_the_letter(client: Client) -> None:
    document = client.get(f"{API}/openapi.json").json()
    assert set(document["paths"]) == {f"{API}/answers", f"{API}/appeals"}
    names = {parameter["name"] for parameter in document["paths"][f"{API}/answers"]["post"]["parameters"]}
    assert names == {signatures.ID, signatures.TIMESTAMP, signatures.SIGNATURE}


# --- which letters have come before ---


def test_a_letter_that_failed_may_come_again(tmp_path: Path) -> None:
    seen = SeenLetters(tmp_path / "seen")
    with pytest.raises(ValueError, match="away"), seen.once("BANKA", "l"):
        raise ValueError("away")
    with seen.once("BANKA", "l") as first:
        assert first
    with seen.once("BANKA", "l") as first:
        assert not first
    with seen.once("BANKB", "l") as first:
        assert first


def test_two_at_once_are_one(tmp_path: Path) -> None:
    seen = SeenLetters(tmp_path / "seen")
    inside, go = threading.Event(), threading.Event()

    def hold() -> None:
        with seen.once("BANKA", "l"):
            inside.set()
            go.wait(10)

    thread = threading.Thread(target=hold)
    thread.start()
    inside.wait(10)
    with pytest.raises(Unavailable, match="being worked on"), seen.once("BANKA", "l"):
        pass
    go.set()
    thread.join()
    with seen.once("BANKA", "l") as first:
        assert not first


def test_what_a_killed_process_left_is_taken_again_and_old_marks_go(tmp_path: Path) -> None:
    folder = tmp_path / "seen"
    seen = SeenLetters(folder)
    with seen.once("BANKA", "l"):
        (mark,) = folder.iterdir()
    mark.write_bytes(b"")  # the process died in the middle
    _set_back(mark, 2)
    with seen.once("BANKA", "l") as first:
        assert first
    _set_back(mark, 20)
    with seen.once("BANKA", "other"):
        pass
    assert len(list(folder.iterdir())) == 1


def _set_back(path: Path, minutes: int) -> None:
    past = (clock.machine_now() - timedelta(minutes=minutes)).timestamp()
    os.utime(path, (past, past))
