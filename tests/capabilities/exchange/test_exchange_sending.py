"""What goes out: written with the change it tells of, sealed when it is sent, kept until the partner has it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from peer import Peer, call

from accord.capabilities import unit_of_work
from accord.capabilities.agenda import next_due
from accord.capabilities.delivery import Courier
from accord.capabilities.exchange import tasks
from accord.capabilities.exchange.channel.queries.delivery import lag
from accord.capabilities.exchange.channel.receipts import Batch, Receipt, SignedReply
from accord.capabilities.exchange.channel.services import sending
from accord.capabilities.exchange.channel.services.delivering import VALID
from accord.capabilities.exchange.channel.services.outgoing import EPOCH_TIME, MOST_EPOCHS
from accord.capabilities.exchange.channel.streams import ReceiptOutcome
from accord.capabilities.exchange.errors import Refused
from accord.capabilities.exchange.kinds import MessageKind
from accord.capabilities.exchange.models import Alarm, Outgoing, OutgoingState, OutStream, Partner
from accord.capabilities.exchange.partners.services import own_keys
from accord.capabilities.exchange.tasks import partner_of, send_due, take_replies
from accord.capabilities.people.models import Role, User
from accord.capabilities.people.policy import OPERATOR
from accord.core import clock
from accord.core.clock import SteppedClock
from accord.core.errors import Msg as CoreMsg
from accord.core.errors import Unavailable
from accord.core.object_ids import new_id

pytestmark = [pytest.mark.database, pytest.mark.django_db, pytest.mark.usefixtures("centre")]


class Line:
    """The worker's part, with the peer at the other end of the line. `transport` may be replaced to spoil it."""

    def __init__(self, peer: Peer, executor: Any) -> None:
        self.peer = peer
        self.transport: Any = peer
        self.courier: Any = Courier(executor, partner_of)

    def once(self) -> int:
        """One batch out and its reply in; how many batches there were."""
        sent = send_due(self.transport, self.courier)
        take_replies(self.courier, 5)
        return sent

    def until_idle(self) -> int:
        return sum(iter(self.once, 0))


class _AtOnce:
    """Runs a call where it is submitted: a test's own transaction is seen by its own thread alone."""

    def submit(self, call: Any, *arguments: Any) -> Any:
        from concurrent.futures import Future

        future: Future[Any] = Future()
        future.set_result(call(*arguments))
        return future


@pytest.fixture
def line(centre: None) -> Iterator[Line]:
    own_keys.make_keys(OPERATOR)
    with clock.using(SteppedClock(clock.now())):
        yield Line(Peer(), _AtOnce())


def queue(peer: Peer, **more: Any) -> Outgoing:
    return sending.queue(peer.code, MessageKind.TEST_CALL, call(), **more)


def later(seconds: float) -> None:
    stepped: Any = clock._current
    stepped.advance_to(clock.now() + timedelta(seconds=seconds))


def told(peer: Peer) -> list[str]:
    return [opened.content.kind for opened in peer.received.values()]


def queued() -> list[int]:
    rows = Outgoing.objects.filter(state=OutgoingState.QUEUED).order_by("sequence")
    return list(rows.values_list("sequence", flat=True))


def test_the_first_message_of_a_stream_greets(line: Line) -> None:
    queue(line.peer)
    queue(line.peer)
    assert line.until_idle() == 1
    assert told(line.peer) == ["hello", "test_call", "test_call"]
    assert queued() == []
    assert next_due([*tasks.JOBS, *tasks.DISPATCHES], clock.now()) is None
    stream = OutStream.objects.get()
    assert (stream.acknowledged, stream.next_sequence, stream.attempts) == (3, 4, 0)


def test_the_same_id_is_the_same_message(line: Line) -> None:
    first = queue(line.peer, message_id=UUID(int=7))
    assert queue(line.peer, message_id=UUID(int=7)) == first
    assert Outgoing.objects.exclude(kind="hello").count() == 1


def test_a_message_goes_only_with_the_change_that_it_tells_of(line: Line) -> None:
    @unit_of_work.change
    def fails() -> None:
        queue(line.peer)
        raise Unavailable(CoreMsg.VERBATIM, text="no")

    with pytest.raises(Unavailable):
        fails()
    assert Outgoing.objects.count() == 0
    assert line.until_idle() == 0


def test_nobody_but_a_confirmed_partner_is_written_to(line: Line) -> None:
    with pytest.raises(Refused) as caught:
        sending.queue("XX-ASC", MessageKind.TEST_CALL, call())
    assert caught.value.clause == "partner"
    with pytest.raises(Refused) as caught:
        sending.queue(line.peer.code, MessageKind.NOTE, {})
    assert caught.value.clause == "agreement"
    assert Outgoing.objects.count() == 0


def test_a_partner_without_a_line_is_not_called(line: Line) -> None:
    Partner.objects.update(address="")
    queue(line.peer)
    assert line.until_idle() == 0
    assert queued() == [1, 2]


def test_a_line_that_is_down_is_tried_again_at_growing_intervals_and_at_once_when_the_partner_is_heard(line: Line) -> None:
    class Down:
        def deliver(self, *_: Any) -> SignedReply:
            raise Unavailable(CoreMsg.VERBATIM, text="nobody listens there")

    line.transport = Down()
    queue(line.peer)
    waits = []
    for _ in range(12):
        assert line.once() == 1
        stream = OutStream.objects.get()
        assert stream.next_attempt_at is not None
        waits.append((stream.next_attempt_at - clock.now()).total_seconds())
        assert line.once() == 0
        later(waits[-1])
    assert waits[0] <= 10 < waits[-1] <= 15 * 60
    assert "nobody listens" in stream.last_error
    (entry,) = lag(OPERATOR)
    assert (entry.partner, entry.queued, entry.acknowledged, entry.error) == (line.peer.code, 2, 0, stream.last_error)
    line.once()
    line.transport = line.peer
    assert line.once() == 0
    line.peer.send(line.peer.seal())
    assert line.once() == 1
    assert queued() == []


def test_what_is_queued_in_a_pause_does_not_end_it(line: Line) -> None:
    class Down:
        def deliver(self, *_: Any) -> SignedReply:
            raise Unavailable(CoreMsg.VERBATIM, text="nobody listens there")

    queue(line.peer)
    line.transport = Down()
    line.once()
    queue(line.peer)
    assert line.once() == 0


def test_a_batch_has_no_more_than_it_may(line: Line) -> None:
    for _ in range(620):
        queue(line.peer)
    sizes: list[int] = []

    class Counting:
        def deliver(self, partner: str, address: str, batch: Batch) -> SignedReply:
            sizes.append(len(batch.envelopes))
            return line.peer.deliver(partner, address, batch)

    line.transport = Counting()
    line.until_idle()
    assert sizes == [500, 121]
    assert [opened.place.sequence for opened in line.peer.received.values()] == list(range(1, 622))


def test_large_messages_go_in_smaller_batches(line: Line) -> None:
    for _ in range(12):
        sending.queue(line.peer.code, MessageKind.TEST_CALL, call() | {"contact": "x" * 400_000})
    sizes: list[int] = []

    class Counting:
        def deliver(self, partner: str, address: str, batch: Batch) -> SignedReply:
            sizes.append(sum(map(len, batch.envelopes)))
            return line.peer.deliver(partner, address, batch)

    line.transport = Counting()
    line.until_idle()
    assert len(sizes) > 2
    assert max(sizes) <= 4 * 1024 * 1024
    assert len(line.peer.received) == 13


def _spoilt(line: Line, **changes: Any) -> None:
    class Spoilt:
        def deliver(self, _partner: str, _address: str, batch: Batch) -> SignedReply:
            return line.peer.reply(batch, [line.peer.take(line.peer.open(one)) for one in batch.envelopes], **changes)

    line.transport = Spoilt()


def test_a_reply_that_nobody_signed_for_this_batch_counts_for_nothing(line: Line) -> None:
    queue(line.peer)
    for changes in ({"batch": "0" * 64}, {"agency": "XX-ASC"}):
        _spoilt(line, **changes)
        line.once()
        assert queued() == [1, 2]
        later(2_000)

    class Other:
        def deliver(self, _partner: str, _address: str, batch: Batch) -> SignedReply:
            peer = Peer("TH-ASC")
            peer.code = line.peer.code
            return peer.reply(batch, [])

    line.transport = Other()
    line.once()
    assert queued() == [1, 2]
    assert "key" in OutStream.objects.get().last_error


def _refusing(line: Line, refuse: Any) -> None:
    """`refuse(opened)` gives the clause, or "" to take it."""

    class Refusing:
        def deliver(self, _partner: str, _address: str, batch: Batch) -> SignedReply:
            receipts, expected = [], {}
            for envelope in batch.envelopes:
                opened = line.peer.open(envelope)
                clause = refuse(opened)
                place = opened.place
                if clause:
                    receipts.append(
                        Receipt(outcome=ReceiptOutcome.REFUSED, id=opened.content.id, epoch=place.epoch, clause=clause)
                    )
                    break
                receipts.append(line.peer.take(opened))
                expected[str(place.epoch)] = place.sequence + 1
            if not expected:
                expected[str(opened.place.epoch)] = opened.place.sequence
            return line.peer.reply(batch, receipts, expected=expected)

    line.transport = Refusing()


def test_an_expired_message_is_sealed_anew_by_the_partners_clock_and_sent_at_once(line: Line) -> None:
    line.peer.clock_ahead = timedelta(days=1)
    now = clock.now()
    _refusing(line, lambda opened: "expired" if opened.expires <= now + line.peer.clock_ahead else "")
    queue(line.peer)
    assert line.once() == 1
    assert queued() == [1, 2]
    assert line.once() == 1  # at once, by the clock that the refusal told
    assert queued() == []
    opened = next(iter(line.peer.received.values()))
    assert abs(opened.expires - (now + timedelta(days=1) + VALID)) < timedelta(seconds=5)
    (entry,) = lag(OPERATOR)
    assert entry.skew is not None
    assert abs(entry.skew - timedelta(days=1)) < timedelta(seconds=5)


def test_a_message_that_will_never_be_taken_is_given_up_and_the_others_go_on(line: Line) -> None:
    bad = queue(line.peer)
    queue(line.peer)
    _refusing(line, lambda opened: "shape" if opened.content.id == bad.pk else "")
    line.until_idle()
    bad.refresh_from_db()
    assert (bad.state, bad.refusal) == (OutgoingState.REFUSED, "shape")
    assert queued() == []
    assert told(line.peer) == ["hello", "hello", "test_call"]
    assert OutStream.objects.count() == 2


def test_a_key_that_the_partner_does_not_know_yet_stops_nothing_for_good(line: Line) -> None:
    queue(line.peer)
    _refusing(line, lambda _opened: "key")
    line.once()
    assert queued() == [1, 2]
    assert OutStream.objects.get().last_error.startswith("key")
    line.transport = line.peer
    later(60)
    line.once()
    assert queued() == []


def test_keys_rotated_in_mid_queue_lose_nothing(line: Line) -> None:
    queue(line.peer)
    own_keys.rotate(OPERATOR)
    line.peer.centre.add_key("encryption")
    from accord.capabilities.exchange.partners.services import partners

    partners.add(OPERATOR, line.peer.centre.card())
    queue(line.peer)
    line.until_idle()
    assert told(line.peer) == ["hello", "test_call", "card", "test_call"]


def test_a_partner_that_lost_what_it_had_gets_it_again(line: Line) -> None:
    for _ in range(4):
        queue(line.peer)
    line.until_idle()
    line.peer.received.clear()

    class Forgetful:
        done = False

        def deliver(self, partner: str, address: str, batch: Batch) -> SignedReply:
            opened = [line.peer.open(envelope) for envelope in batch.envelopes]
            if Forgetful.done:
                return line.peer.deliver(partner, address, batch)
            Forgetful.done = True
            return line.peer.reply(batch, [], expected={str(opened[0].place.epoch): 3})

    line.transport = Forgetful()
    queue(line.peer)
    line.until_idle()
    assert told(line.peer) == ["hello"] + ["test_call"] * 4  # those at places 3, 4, 5 and the new one, in a newer stream
    assert [opened.place.sequence for opened in line.peer.received.values()] == [1, 2, 3, 4, 5]
    assert queued() == []


def test_a_conflict_means_that_this_node_forgot_something_and_it_asks_for_it(line: Line) -> None:
    first = queue(line.peer)
    _refusing(line, lambda opened: "conflict" if opened.content.id == first.pk else "")
    line.once()
    first.refresh_from_db()
    assert first.state == OutgoingState.REFUSED
    assert Alarm.objects.get().what == "conflict"
    stream = OutStream.objects.get(closed_at=None)
    assert stream.recovering
    hello = Outgoing.objects.get(epoch=stream.epoch, sequence=1)
    assert hello.body["why"] == "restored"
    assert hello.body["last"]["sequence"] == 2


def test_an_epoch_that_is_too_old_is_followed_by_a_newer_one(line: Line) -> None:
    queue(line.peer)
    newest = UUID(int=new_id().int + (1 << 100))

    class Ahead:
        def deliver(self, _partner: str, _address: str, batch: Batch) -> SignedReply:
            opened = line.peer.open(batch.envelopes[0])
            refused = Receipt(outcome=ReceiptOutcome.REFUSED, id=opened.content.id, epoch=opened.place.epoch, clause="epoch")
            return line.peer.reply(batch, [refused], expected={str(newest): 5})

    line.transport = Ahead()
    line.once()
    assert OutStream.objects.get(closed_at=None).epoch > newest


def _denying(line: Line, told: list[int]) -> None:
    """A partner that takes everything and says ever again that it has nothing but the first message."""

    class Denying:
        def deliver(self, partner: str, address: str, batch: Batch) -> SignedReply:
            opened = [line.peer.open(envelope) for envelope in batch.envelopes]
            told.append(len(opened))
            if opened[0].place.sequence == 1:
                return line.peer.deliver(partner, address, batch)
            return line.peer.reply(batch, [], expected={str(opened[0].place.epoch): 2})

    line.transport = Denying()


def test_a_partner_that_denies_what_it_took_cannot_have_it_sent_without_end(line: Line) -> None:
    told: list[int] = []
    _denying(line, told)
    for _ in range(30):
        queue(line.peer)
        line.once()
        line.peer.send(line.peer.seal())  # whoever is heard from is written to at once
    assert OutStream.objects.count() == MOST_EPOCHS
    assert Alarm.objects.get().what == "epochs"
    stream = OutStream.objects.get(closed_at=None)
    assert stream.last_error.startswith("epochs: its replies asked for")


def test_a_stream_that_rests_loses_nothing_and_goes_on_when_the_hour_is_over(line: Line) -> None:
    _denying(line, [])
    for _ in range(10):
        queue(line.peer)
        line.once()
    last = queue(line.peer)
    assert line.once() == 0
    later(EPOCH_TIME.total_seconds())
    line.once()
    assert OutStream.objects.count() == MOST_EPOCHS + 1  # the hour is over: it may be begun anew once more
    line.transport = line.peer
    line.until_idle()
    assert last.pk in line.peer.received
    assert queued() == []
    assert OutStream.objects.get(closed_at=None).last_error == ""


def test_lag_is_for_those_who_work_with_partners(line: Line) -> None:
    clerk = User.objects.create(username="auditor", role=Role.AUDITOR)
    queue(line.peer)
    assert lag(clerk) == []
    (entry,) = lag(OPERATOR)
    assert (entry.queued, entry.received, entry.parked, entry.skew) == (2, 0, 0, None)
    assert entry.oldest is not None
