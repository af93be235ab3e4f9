"""An exchange folder: two strangers, files that appear whole, nothing lost and nothing doubled."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from accord.adapters.bank_files import Drop, FileLine, FileServer
from accord.adapters.bank_files.drop import Part, Way
from accord.adapters.bank_files.holder import Inbox
from accord.adapters.bank_wire import MOST_BYTES_ASKED, MOST_BYTES_TOLD, LetterType, write_letter
from accord.adapters.bank_wire.letters import StatusChange
from accord.capabilities.claims.ports import Acknowledged, Credit, EnquiryAnswer, EnquiryRequest, Nonsense
from accord.capabilities.orders.kinds import OrderKind
from accord.capabilities.orders.ports import OrderAnswer, OrderMessage, OrderStatus
from accord.core import clock
from accord.core.errors import BadInput, Conflict, NotAllowed, NotFound, Unavailable
from accord.core.errors import Msg as CoreMsg
from accord.engine.tracing.model import Rule

NOON = datetime(2026, 3, 20, 12, tzinfo=UTC)
BANK, CENTRE = "BANKA", "CN-CENTRE"


class Bank:
    """What stands behind the folder: answers at once, later, or with an error; counts what it was asked."""

    def __init__(self) -> None:
        self.reply: Any = OrderAnswer(NOON, 10, transfer="t")
        self.asked: list[UUID] = []

    def take_order(self, order: OrderMessage) -> Any:
        return self._told(order.order_id)

    def take_enquiry(self, request: EnquiryRequest) -> Any:
        return self._told(request.enquiry_id)

    def status_of(self, order_id: UUID) -> OrderStatus | None:
        return OrderStatus(10, NOON) if order_id in self.asked else None

    def _told(self, message_id: UUID) -> Any:
        self.asked.append(message_id)
        if isinstance(self.reply, Exception):
            raise self.reply
        return self.reply


@pytest.fixture
def bank() -> Bank:
    return Bank()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "drop"


@pytest.fixture
def line(folder: Path) -> FileLine:
    return FileLine(BANK, CENTRE, folder)


@pytest.fixture
def server(folder: Path, bank: Bank) -> FileServer:
    return FileServer(folder, BANK, CENTRE, Inbox(bank.take_order, bank.take_enquiry, bank.status_of))


def order(**changed: Any) -> OrderMessage:
    facts: dict[str, Any] = {
        "order_id": uuid4(), "reference": "O-1", "kind": OrderKind.HOLD, "authority": "a", "institution": BANK,
        "account": "a-1", "amount": 10, "currency": "CNY", "rule": Rule.FIFO, "until": NOON,
    }  # fmt: skip
    return OrderMessage(**{**facts, **changed})


def enquiry() -> EnquiryRequest:
    return EnquiryRequest(uuid4(), "a", BANK, (Credit("t", 10, "CNY"),), Rule.FIFO)


def send(line: FileLine, message: OrderMessage) -> None:
    with pytest.raises(Unavailable, match="not picked the message up"):
        line.carry_out(message)


def names(folder: Path, *parts: str) -> list[str]:
    return sorted(path.name for path in folder.joinpath(*parts).iterdir())


def old(path: Path) -> Path:
    """As if the file had been written two minutes ago."""
    past = (clock.machine_now() - timedelta(minutes=2)).timestamp()
    os.utime(path, (past, past))
    return path


def test_an_order_goes_out_and_its_answer_comes_in(line: FileLine, server: FileServer, folder: Path, bank: Bank) -> None:
    message = order()
    send(line, message)
    assert names(folder, "out") == [f"{message.order_id}.json"]
    send(line, message)  # asked again before anybody has looked: still one file
    assert server.serve() == 1
    assert names(folder, "out") == []
    assert line.carry_out(message) == bank.reply
    assert line.carry_out(message) == bank.reply  # from the archive
    assert bank.asked == [message.order_id]
    assert names(folder, "archive", "out") == [f"{message.order_id}.json"]
    assert names(folder, "archive", "in") == [f"{message.order_id}.answer.json"]


def test_an_acknowledgement_is_written_once_and_then_the_answer(
    line: FileLine, server: FileServer, folder: Path, bank: Bank
) -> None:
    message = order()
    bank.reply = Acknowledged(clock.now() + timedelta(hours=1))
    send(line, message)
    assert server.serve() == 1
    assert server.serve() == 0
    assert line.carry_out(message) == bank.reply
    assert names(folder, "out") == [f"{message.order_id}.json"]  # stays until it is answered
    bank.reply = OrderAnswer(NOON, 10, transfer="t")
    assert server.serve() == 1
    assert line.carry_out(message) == bank.reply


def test_an_overdue_answer_is_looked_for_at_leisure(line: FileLine, server: FileServer, bank: Bank) -> None:
    message = order()
    bank.reply = Acknowledged(clock.now() - timedelta(hours=1))
    send(line, message)
    server.serve()
    told = line.carry_out(message)
    assert isinstance(told, Acknowledged)
    assert told.expected_at > clock.now() + timedelta(seconds=5)


def test_enquiries_go_the_same_way(line: FileLine, server: FileServer, bank: Bank) -> None:
    asked = enquiry()
    bank.reply = EnquiryAnswer(NOON, (), (), (), ())
    with pytest.raises(Unavailable):
        line.enquire(asked)
    server.serve()
    assert line.enquire(asked) == bank.reply


def test_how_an_order_stands(line: FileLine, server: FileServer, folder: Path, bank: Bank) -> None:
    message = order()
    send(line, message)
    server.serve()
    with pytest.raises(Unavailable, match="has not written yet"):
        line.status(message.order_id)
    server.serve()
    assert line.status(message.order_id) == OrderStatus(10, NOON)
    stale = write_letter(LetterType.STATUS_TOLD, message.order_id, BANK, StatusChange(OrderStatus(99, NOON)))
    Drop(folder).put(Way.IN, message.order_id, Part.STATUS, stale)
    with pytest.raises(Unavailable):  # written before it was asked for: old
        line.status(message.order_id)
    server.serve()
    assert line.status(message.order_id) == OrderStatus(10, NOON)
    never = uuid4()
    with pytest.raises(Unavailable):
        line.status(never)
    server.serve()
    assert line.status(never) is None


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (Conflict(CoreMsg.VERBATIM, text="other content"), Conflict),
        (BadInput(CoreMsg.VERBATIM, text="wrong"), BadInput),
        (NotFound(CoreMsg.VERBATIM, text="not here"), NotFound),
        (NotAllowed(CoreMsg.VERBATIM, text="not yours"), BadInput),
    ],
)
def test_what_the_bank_does_not_accept(
    error: Exception, kind: type[Exception], line: FileLine, server: FileServer, folder: Path, bank: Bank
) -> None:
    message = order()
    bank.reply = error
    send(line, message)
    server.serve()
    with pytest.raises(kind, match=str(error)):
        line.carry_out(message)
    send(line, message)  # put right on the bank's side meanwhile: the same order is written again
    bank.reply = OrderAnswer(NOON, 10, transfer="t")
    server.serve()
    assert line.carry_out(message) == bank.reply
    assert len(names(folder, "archive", "out")) == 2


def test_a_bank_that_is_away_takes_the_message_later(line: FileLine, server: FileServer, bank: Bank) -> None:
    message = order()
    bank.reply = Unavailable(CoreMsg.VERBATIM, text="the core is away")
    send(line, message)
    assert server.serve() == 0
    bank.reply = OrderAnswer(NOON, 10, transfer="t")
    assert server.serve() == 1
    assert line.carry_out(message) == bank.reply


def test_the_same_id_with_other_content_is_never_written(line: FileLine, server: FileServer) -> None:
    message = order()
    send(line, message)
    with pytest.raises(Conflict, match="another content"):
        line.carry_out(replace(message, amount=9))
    server.serve()
    with pytest.raises(Conflict, match="another content"):
        line.carry_out(replace(message, amount=9))


def test_a_half_written_file_is_left_alone_and_then_put_aside(line: FileLine, folder: Path) -> None:
    message = order()
    send(line, message)
    whole = write_letter(LetterType.ORDER_ANSWERED, message.order_id, BANK, OrderAnswer(NOON, 10, transfer="t"))
    path = folder / "in" / f"{message.order_id}.answer.json"
    path.write_bytes(whole[:-9])
    with pytest.raises(Unavailable):
        line.carry_out(message)
    assert path.exists()
    path.write_bytes(whole)
    assert line.carry_out(message) == OrderAnswer(NOON, 10, transfer="t")
    other = order()
    send(line, other)
    old_path = folder / "in" / f"{other.order_id}.answer.json"
    old_path.write_bytes(b"{")
    old(old_path)
    with pytest.raises(Unavailable):
        line.carry_out(other)
    assert names(folder, "rejected") == [old_path.name, old_path.name + ".reason.txt"]


def test_renamed_foreign_linked_long_and_strange_files_are_put_aside(
    line: FileLine, server: FileServer, folder: Path, bank: Bank, tmp_path: Path
) -> None:
    message, other = order(), order()
    send(line, message)
    inbox = folder / "in"
    renamed = write_letter(LetterType.ORDER_ANSWERED, other.order_id, BANK, OrderAnswer(NOON, 10, transfer="t"))
    (inbox / f"{message.order_id}.answer.json").write_bytes(renamed)
    with pytest.raises(Unavailable):
        line.carry_out(message)
    foreign = write_letter(LetterType.ORDER_ANSWERED, message.order_id, "BANKB", OrderAnswer(NOON, 10, transfer="t"))
    (inbox / f"{message.order_id}.answer.json").write_bytes(foreign)
    with pytest.raises(Unavailable):
        line.carry_out(message)
    secret = tmp_path / "secret"
    secret.write_text("{}")
    (inbox / f"{message.order_id}.answer.json").symlink_to(secret)
    with pytest.raises(Unavailable):
        line.carry_out(message)
    (inbox / f"{message.order_id}.answer.json").write_bytes(b" " * (MOST_BYTES_TOLD + 1))
    with pytest.raises(Unavailable):
        line.carry_out(message)
    os.mkfifo(inbox / f"{message.order_id}.answer.json")
    with pytest.raises(Unavailable):
        line.carry_out(message)
    (inbox / "notes.txt").write_text("hello")
    (inbox / f"{message.order_id}.exe.json").write_text("{}")
    assert list(line.news()) == []
    reasons = {path.read_text().strip() for path in (folder / "rejected").glob("*.reason.txt")}
    assert len(reasons) == 6
    assert secret.exists()
    (folder / "out" / f"{other.order_id}.json").write_bytes(b" " * (MOST_BYTES_ASKED + 1))
    server.serve()
    assert bank.asked == [message.order_id]
    assert line.carry_out(message) == bank.reply


def test_the_owner_of_the_folder_is_the_sender(server: FileServer, folder: Path, bank: Bank) -> None:
    message = order()
    drop = Drop(folder)
    drop.put(Way.OUT, message.order_id, Part.MESSAGE, write_letter(LetterType.ORDER, message.order_id, "SG-CENTRE", message))
    assert server.serve() == 0
    assert bank.asked == []
    assert len(names(folder, "rejected")) == 2


def test_the_message_must_be_the_one_of_its_letter(server: FileServer, folder: Path, bank: Bank) -> None:
    message, other = order(), uuid4()
    drop = Drop(folder)
    drop.put(Way.OUT, other, Part.MESSAGE, write_letter(LetterType.ORDER, other, CENTRE, message))
    drop.put(Way.OUT, message.order_id, Part.ASK, write_letter(LetterType.ORDER, message.order_id, CENTRE, message))
    assert server.serve() == 2
    assert bank.asked == []
    told = [json.loads(path.read_bytes())["data"]["status"] for path in (folder / "in").glob("*.error.json")]
    assert told == [400, 400]


def test_an_answer_that_cannot_be_read_is_nonsense(line: FileLine, folder: Path) -> None:
    message = order()
    send(line, message)
    wrong = write_letter(LetterType.ORDER_ANSWERED, message.order_id, BANK, {"amount": "all of it"})
    (folder / "in" / f"{message.order_id}.answer.json").write_bytes(wrong)
    with pytest.raises(Nonsense, match="cannot be read"):
        line.carry_out(message)


def test_news_is_archived_only_once_it_was_taken(line: FileLine, server: FileServer, folder: Path) -> None:
    message = order()
    send(line, message)
    server.serve()
    news = line.news()
    letter = next(news)
    assert letter.about == message.order_id
    assert names(folder, "in") == [f"{message.order_id}.answer.json"]
    news.close()  # the node stops here: the letter lies there still
    assert [again.about for again in line.news()] == [message.order_id]
    assert names(folder, "in") == []
    assert list(line.news()) == []


def test_news_that_cannot_be_used_is_put_aside(line: FileLine, server: FileServer, folder: Path) -> None:
    message = order()
    send(line, message)
    server.serve()
    for letter in line.news():
        line.refuse(letter, "nobody asked")
    assert names(folder, "in") == []
    assert (folder / "rejected" / f"{message.order_id}.answer.json.reason.txt").read_text() == "nobody asked\n"


def test_a_pass_that_ends_in_the_middle_is_taken_up_again(
    line: FileLine, server: FileServer, folder: Path, bank: Bank, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The answer is written and the order not yet archived: the next pass asks again, and nothing is doubled."""
    message = order()
    send(line, message)
    with monkeypatch.context() as patch:
        patch.setattr(Drop, "archive", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            server.serve()
    assert line.carry_out(message) == bank.reply
    assert server.serve() == 1
    assert line.carry_out(message) == bank.reply
    assert names(folder, "in") == names(folder, "out") == []
    assert len(names(folder, "archive", "in")) == 2


def test_a_folder_that_is_gone_is_a_line_that_is_down(line: FileLine, folder: Path) -> None:
    folder.rename(folder.with_name("elsewhere"))
    with pytest.raises(Unavailable, match="cannot be used"):
        line.carry_out(order())
    with pytest.raises(Unavailable, match="cannot be used"):
        list(line.news())
