"""A bank's node on its lines to centres: promised answers are pushed until they are taken, and folders served."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import msgspec
import pytest
from federation_kit.running import secret_file
from scripted_server import Scripted, scripted
from small_world import at

from accord.adapters.bank_files import FileLine
from accord.adapters.bank_wire import LetterType, encode, open_letter, signatures
from accord.adapters.bank_wire.letters import Receipt, message_in
from accord.capabilities.claims.ports import Acknowledged, Credit, EnquiryAnswer
from accord.capabilities.orders.kinds import OrderKind
from accord.capabilities.orders.ports import AppealMessage, OrderAnswer, OrderMessage
from accord.core import clock
from accord.core.clock import SteppedClock, using
from accord.core.errors import BadInput, Unavailable
from accord.engine.tracing.model import Rule
from accord.node.bank_lines import BankLines
from accord.node.home import Home
from accord.node.lines import LineBook

if TYPE_CHECKING:
    from pytest_django.fixtures import SettingsWrapper

    from accord.capabilities.controls.models import AnswerToPush, HandedInAppeal

pytestmark = [pytest.mark.database, pytest.mark.django_db]

BANK, CENTRE = "BANKA", "CN-CENTRE"
ANSWER = OrderAnswer(at(1), 10, transfer="t")
JSON = {"Content-Type": "application/json"}


@pytest.fixture(autouse=True)
def day(settings: SettingsWrapper) -> Iterator[SteppedClock]:
    settings.ACCORD_AGENCY, settings.ACCORD_AGENCY_KIND = BANK, "bank"
    with using(SteppedClock(at(2))) as stepped:
        assert isinstance(stepped, SteppedClock)
        yield stepped


@pytest.fixture
def home(tmp_path: Path) -> Home:
    secret_file(tmp_path / "secret", signatures.new_secret())
    return Home(tmp_path)


@pytest.fixture
def lines(home: Home) -> Iterator[BankLines]:
    with ThreadPoolExecutor(2) as executor:
        yield BankLines(LineBook(home), BANK, executor)


def line_to(home: Home, centre: Scripted) -> None:
    url = centre.url.replace("/bank/", "/centre/")
    home.lines.write_text(f'[centres.{CENTRE}]\nkind = "https"\nurl = "{url}"\nwebhook_secret_file = "secret"\n')


def promised(about: str = "order", told: Any = ANSWER) -> AnswerToPush:
    from accord.capabilities.controls.models import AnswerToPush

    return AnswerToPush.objects.create(
        sender=CENTRE, webhook="https://centre.example/", about=about, message_id=uuid4(),
        body=msgspec.json.decode(encode(told)), created_at=clock.now(), next_attempt_at=clock.now(),
    )  # fmt: skip


def order() -> OrderMessage:
    return OrderMessage(
        uuid4(), "O-1", OrderKind.HOLD, "Anti-fraud centre", BANK, "a-1", 10, "CNY", Rule.FIFO, at(600),
        (Credit("t", 10, "CNY"),),
    )  # fmt: skip


def appealed() -> HandedInAppeal:
    from accord.capabilities.controls import services as controls
    from accord.capabilities.controls.models import HandedInAppeal, ReceivedOrder
    from accord.capabilities.controls.ports import Channel

    message = order()
    controls.take_order(Channel(CENTRE, "https", "line"), message)
    return HandedInAppeal.objects.create(
        order=ReceivedOrder.objects.get(pk=message.order_id), appellant="Wang Fang", statement="it is mine",
        language="en", received_at=clock.now(), recorded_by="clerk", next_attempt_at=clock.now(),
    )  # fmt: skip


def steps(lines: BankLines) -> None:
    """Rounds until nothing moves and no call is under way."""
    deadline = time.monotonic() + 10
    while (lines.step() or lines.calls_under_way) and time.monotonic() < deadline:
        time.sleep(0.02)


def test_what_was_promised_is_pushed_signed_and_once(home: Home, lines: BankLines) -> None:
    row, enquiry = promised(), promised("enquiry", EnquiryAnswer(at(1), (), (), (), ()))
    with scripted((200, JSON, b'{"taken": true}')) as centre:
        line_to(home, centre)
        steps(lines)
        steps(lines)
    assert len(centre.calls) == 2
    keys = signatures.read_secrets((home.root / "secret").read_text(), "secret")
    letters = {}
    for call in centre.calls:
        signatures.verify(keys, call.headers, call.body, clock.machine_now())
        letter = open_letter(call.body)
        letters[letter.about] = letter
    assert message_in(letters[row.message_id], OrderAnswer) == ANSWER
    assert letters[enquiry.message_id].type is LetterType.ENQUIRY_ANSWERED
    assert {letter.sender for letter in letters.values()} == {BANK}
    row.refresh_from_db()
    assert row.delivered_at is not None


def test_a_centre_that_is_away_is_tried_again(home: Home, lines: BankLines, day: SteppedClock) -> None:
    row = promised()
    with scripted((500, {}, b"")) as centre:
        line_to(home, centre)
        steps(lines)
        row.refresh_from_db()
        assert (row.delivered_at, "cannot take the letter now" in row.last_error) == (None, True)
        assert row.next_attempt_at is not None
        assert row.next_attempt_at > day.now()
        centre.reply = lambda _: (200, JSON, b"{}")
        steps(lines)
        assert len(centre.calls) == 1
        day.advance_to(row.next_attempt_at)
        steps(lines)
    row.refresh_from_db()
    assert (row.delivered_at is not None, row.last_error, len(centre.calls)) == (True, "", 2)


def test_without_a_line_the_row_says_so(lines: BankLines) -> None:
    row = promised()
    steps(lines)
    row.refresh_from_db()
    assert "no [centres.CN-CENTRE]" in row.last_error


def test_an_appeal_is_handed_in_and_gets_the_centres_reference(home: Home, lines: BankLines) -> None:
    appeal = appealed()
    with scripted((200, JSON, encode(Receipt("A-7K3M")))) as centre:
        line_to(home, centre)
        steps(lines)
    (call,) = centre.calls
    letter = open_letter(call.body)
    assert (letter.type, letter.about) == (LetterType.APPEAL, appeal.order_id)
    stated = msgspec.json.decode(letter.data, type=AppealMessage)
    assert (stated.order_id, stated.statement) == (appeal.order_id, "it is mine")
    appeal.refresh_from_db()
    assert (appeal.centre_reference, appeal.delivered_at is not None) == ("A-7K3M", True)


def test_an_appeal_that_is_not_taken_is_tried_again(home: Home, lines: BankLines) -> None:
    appeal = appealed()
    with scripted((401, {}, b"")) as centre:
        line_to(home, centre)
        steps(lines)
    appeal.refresh_from_db()
    assert (appeal.delivered_at, "does not accept the signature" in appeal.last_error) == (None, True)


def test_a_folder_is_served(home: Home, lines: BankLines) -> None:
    home.lines.write_text(f'[centres.{CENTRE}]\nkind = "files"\nfolder = "drop"\n')
    line = FileLine(BANK, CENTRE, home.root / "drop")
    message = order()
    foreign = replace(message, order_id=uuid4(), institution="BANKB")
    for written in (message, foreign):
        with pytest.raises(Unavailable, match="not picked the message up"):
            line.carry_out(written)
    assert lines.step() == 2
    assert isinstance(line.carry_out(message), Acknowledged)
    with pytest.raises(BadInput, match="is for BANKB"):
        line.carry_out(foreign)


def test_a_table_that_is_wrong_stops_nothing(home: Home, lines: BankLines, caplog: pytest.LogCaptureFixture) -> None:
    home.lines.write_text("[centres")
    row = promised()
    steps(lines)
    row.refresh_from_db()
    assert "cannot be read" in row.last_error
    assert "cannot be read" in caplog.text
