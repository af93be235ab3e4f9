"""Messages too large for one envelope: in parts, resumable, put together and checked."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

import msgspec
import pytest
from peer import call
from test_exchange_sending import Line, later, line, queued, told  # noqa: F401 - the fixture

from accord.capabilities.exchange.channel import handlers
from accord.capabilities.exchange.channel.envelopes import MOST_ENVELOPE, InChunks, Place
from accord.capabilities.exchange.channel.jose import decrypt
from accord.capabilities.exchange.channel.receipts import Batch, SignedReply
from accord.capabilities.exchange.channel.services import chunks, outgoing, resync, sending
from accord.capabilities.exchange.channel.services.chunks import MOST_PARTS, PART
from accord.capabilities.exchange.channel.stream_messages import Why
from accord.capabilities.exchange.errors import Parked
from accord.capabilities.exchange.kinds import MessageKind
from accord.capabilities.exchange.models import Alarm, Chunk, Incoming, Outgoing, OutgoingState, OutStream
from accord.capabilities.exchange.tasks import apply_ready, retry_parked
from accord.capabilities.people import retention
from accord.core import clock
from accord.core.canonical import canonical_json
from accord.core.errors import BadInput, Unavailable
from accord.core.errors import Msg as CoreMsg
from accord.core.object_ids import new_id

pytestmark = [pytest.mark.database, pytest.mark.django_db, pytest.mark.usefixtures("centre")]


def large(items: int) -> dict[str, Any]:
    return {"asked_at": "x", "items": [{"transfer": f"TX-{number}", "amount": number, "中": "文"} for number in range(items)]}


def put_together(line: Line, whole: Any) -> Any:  # noqa: F811
    """The body, as a partner puts it together."""
    parts = [one.content.body for one in line.peer.received.values() if one.content.kind == "chunk"]
    assert [part["number"] for part in parts] == list(range(1, whole.chunks.count + 1))
    body = b"".join(base64.b64decode(part["part"]) for part in parts)
    assert (len(body), hashlib.sha256(body).hexdigest()) == (whole.chunks.size, whole.chunks.sha256)
    return msgspec.json.decode(body)


@pytest.mark.slow
def test_a_body_of_200_000_items_goes_in_parts(line: Line) -> None:  # noqa: F811
    row = sending.queue(line.peer.code, MessageKind.TEST_CALL, large(200_000))
    assert row.body == {}
    line.until_idle()
    whole = line.peer.received[row.pk].content
    assert whole.body is None
    assert whole.chunks.count > 20
    assert put_together(line, whole) == large(200_000)
    assert queued() == []


def test_it_goes_on_where_it_stopped(line: Line) -> None:  # noqa: F811
    row = sending.queue(line.peer.code, MessageKind.TEST_CALL, large(60_000))
    sent: list[int] = []

    class Flaky:
        def deliver(self, partner: str, address: str, batch: Batch) -> SignedReply:
            assert max(map(len, batch.envelopes)) <= MOST_ENVELOPE
            sent.extend(line.peer.open(envelope).place.sequence for envelope in batch.envelopes)
            if len(line.peer.received) and not getattr(self, "failed", False):
                self.failed = True
                raise Unavailable(CoreMsg.VERBATIM, text="broke off")
            return line.peer.deliver(partner, address, batch)

    line.transport = Flaky()
    for _ in range(20):
        line.once()
        later(10)
    assert put_together(line, line.peer.received[row.pk].content) == large(60_000)
    again = [number for number in set(sent) if sent.count(number) > 1]
    assert 1 not in again  # what had arrived is not sent again


def test_a_message_beyond_all_bounds_is_refused_before_anything_is_written(
    line: Line,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(chunks, "MOST_PARTS", 2)
    with pytest.raises(BadInput, match="can be sent"):
        sending.queue(line.peer.code, MessageKind.TEST_CALL, large(60_000))
    assert not Outgoing.objects.exists()
    assert not Chunk.objects.exists()


def received(line: Line, body: dict[str, Any], spoil: Any = None, *, leave_out: int = 0) -> Incoming:  # noqa: F811
    """A large message of the peer, applied."""
    raw = canonical_json(body)
    whole = new_id()
    parts = [raw[start : start + PART] for start in range(0, len(raw), PART)]
    for number, part in enumerate(parts, 1):
        if number == leave_out:
            continue
        chunk = {"whole": str(whole), "number": number, "part": base64.b64encode(part).decode()}
        line.peer.send(line.peer.seal(line.peer.content(kind="chunk", about=whole, body=chunk)))
    where = InChunks(count=len(parts), sha256=hashlib.sha256(raw).hexdigest(), size=len(raw))
    line.peer.send(line.peer.seal(line.peer.content(id=whole, body=None, chunks=spoil(where) if spoil else where)))
    apply_ready(1_000)
    return Incoming.objects.get(pk=whole)


def test_a_large_message_is_put_together_and_applied(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    seen: list[Any] = []
    monkeypatch.setitem(handlers._HANDLERS, MessageKind.TEST_CALL, lambda _row, body: seen.append(body))
    row = received(line, large(40_000))
    assert row.state == "applied"
    assert seen == [large(40_000)]
    assert row.body == large(40_000)
    assert not Chunk.objects.exists()


@pytest.mark.parametrize(
    "spoil",
    [
        lambda where: msgspec.structs.replace(where, sha256="0" * 64),
        lambda where: msgspec.structs.replace(where, size=where.size + 1),
    ],
)
def test_parts_that_are_not_those_it_names_are_refused(line: Line, spoil: Any) -> None:  # noqa: F811
    row = received(line, large(20_000), spoil)
    assert (row.state, row.reason[:7]) == ("refused", "chunks:")
    assert not Chunk.objects.exists()


def test_a_message_that_has_to_wait_keeps_its_parts(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    seen: list[Any] = []

    def handler(row: Incoming, body: Any) -> None:
        if row.attempts == 1:
            raise Parked(CoreMsg.VERBATIM, text="not yet")
        seen.append(body)

    monkeypatch.setitem(handlers._HANDLERS, MessageKind.TEST_CALL, handler)
    row = received(line, large(20_000))
    assert (row.state, row.body) == ("parked", {})
    assert Chunk.objects.exists()
    later(10)
    retry_parked(clock.now())
    row.refresh_from_db()
    assert (row.state, row.body, seen) == ("applied", large(20_000), [large(20_000)])


def test_a_part_that_is_missing_is_noticed(line: Line) -> None:  # noqa: F811
    row = received(line, large(20_000), leave_out=1)
    assert (row.state, row.reason[:7]) == ("refused", "chunks:")


@pytest.mark.parametrize("number", [0, MOST_PARTS + 1])
def test_a_part_out_of_bounds_is_refused(line: Line, number: int) -> None:  # noqa: F811
    chunk = {"whole": str(new_id()), "number": number, "part": "QQ=="}
    line.peer.send(line.peer.seal(line.peer.content(kind="chunk", body=chunk)))
    apply_ready(10)
    assert Incoming.objects.get().state == "refused"
    assert not Chunk.objects.exists()


def test_what_is_small_enough_goes_whole(line: Line) -> None:  # noqa: F811
    row = sending.queue(line.peer.code, MessageKind.TEST_CALL, call() | {"contact": "x" * 500_000})
    assert row.chunks is None
    line.until_idle()
    assert line.peer.received[row.pk].content.body["contact"] == "x" * 500_000


def removed(*, dry_run: bool = False) -> int:
    (count,) = [one.count for one in retention.run(dry_run=dry_run) if one.rule.name == "sent_parts"]
    return count


DAYS_35 = 35 * 86_400


def test_the_parts_of_what_was_delivered_go_after_35_days(line: Line) -> None:  # noqa: F811
    delivered = sending.queue(line.peer.code, MessageKind.TEST_CALL, large(20_000))
    line.until_idle()
    later(DAYS_35 - 60)
    assert removed() == 0
    waiting = sending.queue(line.peer.code, MessageKind.TEST_CALL, large(20_001))
    later(120)
    assert removed(dry_run=True) == 1
    assert Chunk.objects.filter(whole=delivered.pk).exists()
    assert removed() == 1
    assert not Chunk.objects.filter(whole=delivered.pk).exists()
    assert Outgoing.objects.filter(pk=delivered.pk, state=OutgoingState.DELIVERED).exists()
    later(DAYS_35)
    assert removed() == 0, "it has not been delivered yet, however long it waits"
    line.until_idle()
    assert waiting.pk in line.peer.received
    later(DAYS_35 + 60)
    assert removed() == 1
    assert not Chunk.objects.exists()


def test_a_part_that_is_on_its_way_again_keeps_the_others(line: Line) -> None:  # noqa: F811
    row = sending.queue(line.peer.code, MessageKind.TEST_CALL, large(20_000))
    line.until_idle()
    later(DAYS_35 + 60)
    Outgoing.objects.filter(kind=MessageKind.CHUNK, about=row.pk, sequence=2).update(state=OutgoingState.QUEUED)
    assert removed() == 0


def test_what_cannot_be_sent_again_is_left_out_and_people_are_told(line: Line) -> None:  # noqa: F811
    whole = sending.queue(line.peer.code, MessageKind.TEST_CALL, large(20_000))
    small = sending.queue(line.peer.code, MessageKind.TEST_CALL, call())
    line.until_idle()
    later(DAYS_35 + 60)
    removed()
    lately = sending.queue(line.peer.code, MessageKind.TEST_CALL, large(20_000))
    line.until_idle()
    line.peer.received.clear()
    first = OutStream.objects.get()
    outgoing.reopen(line.peer.code, Why.REWOUND, since=Place(first.epoch, 1))
    line.until_idle()
    assert queued() == []
    again = line.peer.received
    assert (small.pk in again, lately.pk in again, whole.pk in again) == (True, True, False)
    assert {one.content.about for one in again.values() if one.content.kind == "chunk"} == {lately.pk}
    alarm = Alarm.objects.get()
    assert (alarm.what, str(whole.pk) in alarm.detail, str(lately.pk) in alarm.detail) == ("parts_gone", True, False)


def test_a_restored_node_that_is_given_back_its_parts_can_send_them_again(
    line: Line,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(chunks, "PART", PART // 4)  # what is given back fits an envelope
    caught: list[str] = []

    class Tapping:
        def deliver(self, partner: str, address: str, batch: Batch) -> SignedReply:
            caught.extend(decrypt(envelope, line.peer.centre.ring.shared_secret) for envelope in batch.envelopes)
            return line.peer.deliver(partner, address, batch)

    line.transport = Tapping()
    whole = sending.queue(line.peer.code, MessageKind.TEST_CALL, large(20_000))
    line.until_idle()
    line.transport = line.peer
    stream = OutStream.objects.get()
    Outgoing.objects.exclude(kind=MessageKind.HELLO).delete()
    Chunk.objects.all().delete()
    OutStream.objects.update(next_sequence=2, acknowledged=1)
    resync.open_new_epochs()
    line.until_idle()
    for signed in caught[1:-1]:
        back = line.peer.content(kind="recovered", body={"messages": [signed], "more": True})
        line.peer.send(line.peer.seal(back))
    line.peer.send(line.peer.seal(line.peer.content(kind="recovered", body={"messages": [caught[-1]], "more": False})))
    apply_ready(100)
    line.peer.received.clear()
    outgoing.reopen(line.peer.code, Why.REWOUND, since=Place(stream.epoch, 2))
    line.until_idle()
    assert put_together(line, line.peer.received[whole.pk].content) == large(20_000)
