"""After a restore both databases agree again on what was said, and nothing is lost or applied twice."""

from __future__ import annotations

from typing import Any

import pytest
from peer import Peer, call
from test_exchange_sending import Line, later, line, queue, queued, told  # noqa: F401 - the fixture

from accord.capabilities.exchange.channel.jose import decrypt
from accord.capabilities.exchange.channel.services.outgoing import EPOCH_TIME, MOST_EPOCHS
from accord.capabilities.exchange.channel.services.resync import open_new_epochs
from accord.capabilities.exchange.models import Alarm, Incoming, IncomingState, Outgoing, OutgoingState, OutStream
from accord.capabilities.exchange.partners.services import own_cards
from accord.capabilities.exchange.tasks import apply_ready, retry_parked
from accord.capabilities.people.models import AuditEntry
from accord.core import clock
from accord.core.object_ids import new_id
from accord.core.wording import sentence_of

pytestmark = [pytest.mark.database, pytest.mark.django_db, pytest.mark.usefixtures("centre")]


def hello(peer: Peer, **said: Any) -> Any:
    return peer.content(kind="hello", body={"why": "restored", **said})


def received_kinds(peer: Peer) -> list[str]:
    return [opened.content.kind for opened in peer.received.values()]


def forget(rows: Any) -> None:
    """As if the backup had been made before these."""
    for row in rows:
        row.delete()


def test_a_restored_node_asks_first_and_says_nothing_else(line: Line) -> None:  # noqa: F811
    for _ in range(3):
        queue(line.peer)
    line.until_idle()
    before = OutStream.objects.get()
    assert open_new_epochs() == 1
    queue(line.peer)
    line.peer.received.clear()
    line.until_idle()
    (only,) = line.peer.received.values()
    assert only.place.epoch > before.epoch
    assert only.content.body["last"] == {"epoch": str(before.epoch), "sequence": before.acknowledged + 1}
    assert queued() == [2]
    assert AuditEntry.objects.filter(action="exchange stream begun anew").exists()


def test_its_worker_issues_a_card_above_what_partners_have_seen(line: Line) -> None:  # noqa: F811
    queue(line.peer)
    line.until_idle()
    assert own_cards.renew_due() == 0
    before = own_cards.current().serial
    open_new_epochs()
    assert own_cards.renew_due() == 1
    assert own_cards.current().serial > before
    assert Outgoing.objects.get(state="queued", kind="card").body == own_cards.current().signed
    assert own_cards.renew_due() == 0


def test_what_it_said_comes_back_and_it_goes_on(line: Line) -> None:  # noqa: F811
    queue(line.peer)
    line.until_idle()
    stream = OutStream.objects.get()
    restored_from = (stream.next_sequence, stream.acknowledged)
    lost = [queue(line.peer) for _ in range(2)]
    caught: list[str] = []

    class Tapping:
        def deliver(self, partner: str, address: str, batch: Any) -> Any:
            caught.extend(decrypt(envelope, line.peer.centre.ring.shared_secret) for envelope in batch.envelopes)
            return line.peer.deliver(partner, address, batch)

    line.transport = Tapping()
    line.until_idle()
    forget(Outgoing.objects.filter(pk__in=[row.pk for row in lost]))
    OutStream.objects.update(next_sequence=restored_from[0], acknowledged=restored_from[1])
    open_new_epochs()
    fresh = queue(line.peer)
    line.peer.received.clear()
    line.until_idle()
    assert received_kinds(line.peer) == ["hello"]
    back = line.peer.content(kind="recovered", body={"messages": caught, "more": False})
    line.peer.send(line.peer.seal(back))
    apply_ready(10)
    rows = {row.pk: row for row in Outgoing.objects.all()}
    for row in lost:
        assert (rows[row.pk].recovered, rows[row.pk].state) == (True, OutgoingState.DELIVERED)
        assert rows[row.pk].content_hash == row.content_hash
    line.until_idle()
    assert list(line.peer.received)[-1] == fresh.pk
    assert queued() == []
    assert not Alarm.objects.exists()


def test_a_partner_that_never_answers_is_written_to_again_after_a_while(line: Line) -> None:  # noqa: F811
    queue(line.peer)
    line.until_idle()
    open_new_epochs()
    queue(line.peer)
    line.until_idle()
    assert queued() == [2]
    for _ in range(200):
        later(10)
        line.once()
    assert queued() == []


def test_a_restored_partner_gets_again_what_it_lost_and_hears_what_it_said(line: Line) -> None:  # noqa: F811
    for _ in range(3):
        queue(line.peer)
    line.until_idle()
    said = [line.peer.content() for _ in range(3)]
    line.peer.send(*(line.peer.seal(one) for one in said))
    apply_ready(10)
    line.until_idle()
    old = OutStream.objects.get(closed_at=None)
    line.peer.received.clear()
    last = {"epoch": str(line.peer.epoch), "sequence": 2}
    line.peer.epoch, line.peer.sequence = new_id(), 0
    received = {"epoch": str(old.epoch), "sequence": 3}
    line.peer.send(line.peer.seal(hello(line.peer, received=received, last=last)))
    apply_ready(10)
    line.until_idle()
    kinds = received_kinds(line.peer)
    assert kinds[0] == "hello"
    assert kinds.count("test_call") == 2 + 3  # those from place 3 on, and the answers to the peer's own calls
    assert kinds[-1] == "recovered"
    told_back = list(line.peer.received.values())[-1].content.body
    assert told_back["more"] is False
    rows = {row.signed: row.pk for row in Incoming.objects.all()}
    assert [rows[signed] for signed in told_back["messages"]] == [one.id for one in said[1:]]


def test_a_restored_partner_that_lost_nothing_is_told_so(line: Line) -> None:  # noqa: F811
    line.peer.send(line.peer.seal(), line.peer.seal())
    apply_ready(10)
    line.until_idle()
    stream = OutStream.objects.get()
    line.peer.received.clear()
    last = {"epoch": str(line.peer.epoch), "sequence": 3}
    line.peer.epoch, line.peer.sequence = new_id(), 0
    received = {"epoch": str(stream.epoch), "sequence": stream.next_sequence}
    line.peer.send(line.peer.seal(hello(line.peer, received=received, last=last)))
    apply_ready(10)
    line.until_idle()
    (only,) = line.peer.received.values()
    assert (only.content.kind, only.content.body) == ("recovered", {"messages": [], "more": False})


def test_many_messages_come_back_in_several(line: Line) -> None:  # noqa: F811
    large = [line.peer.content(body=call() | {"contact": "x" * 150_000}) for _ in range(5)]
    line.peer.send(*(line.peer.seal(one) for one in large))
    apply_ready(10)
    line.until_idle()
    line.peer.received.clear()
    last = {"epoch": str(line.peer.epoch), "sequence": 1}
    line.peer.epoch, line.peer.sequence = new_id(), 0
    line.peer.send(line.peer.seal(hello(line.peer, last=last)))
    apply_ready(10)
    line.until_idle()
    bodies = [one.content.body for one in line.peer.received.values() if one.content.kind == "recovered"]
    assert len(bodies) > 1
    assert [body["more"] for body in bodies] == [True] * (len(bodies) - 1) + [False]
    assert sum(len(body["messages"]) for body in bodies) == 5


def test_nobody_gives_back_what_this_node_did_not_sign(line: Line) -> None:  # noqa: F811
    queue(line.peer)
    line.until_idle()
    open_new_epochs()
    forged = line.peer.content(sender=line.peer.own, recipient=line.peer.code)
    envelope = line.peer.seal(forged)
    line.peer.sequence -= 1
    from accord.capabilities.exchange.partners import keyring

    signed = decrypt(envelope, keyring.ring().shared_secret)
    before = set(Outgoing.objects.values_list("pk", flat=True))
    line.peer.send(line.peer.seal(line.peer.content(kind="recovered", body={"messages": [signed], "more": False})))
    apply_ready(10)
    assert set(Outgoing.objects.values_list("pk", flat=True)) == before
    assert Alarm.objects.get().what == "key"


def test_a_hello_of_a_first_stream_changes_nothing(line: Line) -> None:  # noqa: F811
    queue(line.peer)
    line.until_idle()
    stream = OutStream.objects.get()
    line.peer.send(line.peer.seal(line.peer.content(kind="hello", body={"why": "first"})))
    apply_ready(10)
    assert OutStream.objects.get() == stream
    assert Incoming.objects.get().state == "applied"


def _restored(peer: Peer) -> None:
    """The peer says in a new stream that it was restored from a backup made before everything, and wants to hear all."""
    last = {"epoch": str(peer.epoch), "sequence": 1}
    peer.epoch, peer.sequence = new_id(), 0
    peer.send(peer.seal(hello(peer, last=last)))
    apply_ready(10)


def test_a_partner_that_says_for_ever_that_it_was_restored_is_not_written_to_without_end(line: Line) -> None:  # noqa: F811
    sent = queue(line.peer)
    line.until_idle()
    line.peer.send(line.peer.seal(line.peer.content(body=call() | {"contact": "x" * 1_000})))
    apply_ready(10)
    told_again = 0
    for _ in range(12):
        line.peer.received.clear()
        _restored(line.peer)
        line.until_idle()
        told_again += sent.pk in line.peer.received
    assert told_again == MOST_EPOCHS - 1
    assert OutStream.objects.count() == MOST_EPOCHS
    assert Outgoing.objects.filter(kind="recovered").count() == MOST_EPOCHS - 1
    assert Alarm.objects.get().what == "epochs"
    parked = Incoming.objects.filter(state=IncomingState.PARKED)
    assert (parked.count(), {sentence_of(row.reason) for row in parked}) == (
        12 - (MOST_EPOCHS - 1),
        {"it calls for a new stream more than 3 times within an hour; it is followed when the hour is over"},
    )
    fresh = queue(line.peer)
    line.until_idle()
    assert fresh.pk in line.peer.received, "what is new goes to it all the same"


def test_one_that_lost_nothing_hears_what_it_said_a_few_times_an_hour(line: Line) -> None:  # noqa: F811
    line.peer.send(line.peer.seal())
    apply_ready(10)
    line.until_idle()
    for _ in range(12):
        stream = OutStream.objects.get(closed_at=None)
        received = {"epoch": str(stream.epoch), "sequence": stream.next_sequence}
        last = {"epoch": str(line.peer.epoch), "sequence": 1}
        line.peer.epoch, line.peer.sequence = new_id(), 0
        line.peer.send(line.peer.seal(hello(line.peer, received=received, last=last)))
        apply_ready(10)
        line.until_idle()
    assert OutStream.objects.count() == 1
    assert Outgoing.objects.filter(kind="recovered").count() == MOST_EPOCHS
    assert Alarm.objects.get().what == "epochs"


def test_a_real_restore_after_such_an_hour_gets_again_all_that_was_lost(line: Line) -> None:  # noqa: F811
    sent = queue(line.peer)
    line.until_idle()
    for _ in range(8):
        _restored(line.peer)
        line.until_idle()
    later(EPOCH_TIME.total_seconds())
    assert retry_parked(clock.now()) == 8 - (MOST_EPOCHS - 1)
    assert not Incoming.objects.filter(kind="hello", state=IncomingState.PARKED, reason__startswith="it calls").exists(), (
        "what they called for has been delivered since they came"
    )
    line.until_idle()
    line.peer.received.clear()
    later(EPOCH_TIME.total_seconds())
    _restored(line.peer)
    line.until_idle()
    assert sent.pk in line.peer.received
    assert queued() == []
