"""What comes in: each message once, in its order, whatever the line does; what never happens by accident raises an alarm."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

import pytest
from federation_kit.partner_centre import OtherCentre
from hypothesis import HealthCheck, given
from hypothesis import strategies as st
from levels import examples
from peer import Peer, call
from statements import counted

from accord.capabilities import unit_of_work
from accord.capabilities.exchange.audit import PartnerAudit
from accord.capabilities.exchange.channel import handlers
from accord.capabilities.exchange.channel.receipts import Receipt
from accord.capabilities.exchange.channel.streams import RULES, WINDOW, Arrival
from accord.capabilities.exchange.errors import Parked, Refused
from accord.capabilities.exchange.kinds import MessageKind
from accord.capabilities.exchange.models import Alarm, Incoming, IncomingState, InStream, Outgoing, Partner
from accord.capabilities.exchange.partners.services import own_keys
from accord.capabilities.exchange.tasks import apply_ready, retry_parked
from accord.capabilities.people.models import AuditEntry, AuditHead
from accord.capabilities.people.policy import OPERATOR
from accord.core import clock, hash_chain
from accord.core.clock import ShiftedClock, SteppedClock
from accord.core.errors import Msg as CoreMsg
from accord.core.object_ids import new_id
from accord.core.wording import sentence_of

MOST_A_TEST_CALL: Final = 1
"""Statements for one more test call: its answer."""

pytestmark = [pytest.mark.database, pytest.mark.django_db, pytest.mark.usefixtures("centre"), pytest.mark.both_stores]


@pytest.fixture
def peer(centre: None) -> Peer:
    own_keys.make_keys(OPERATOR)
    return Peer()


def told(receipts: list[Receipt]) -> list[str]:
    return [f"{one.outcome}{':' + one.clause if one.clause else ''}" for one in receipts]


def states() -> list[str]:
    return list(Incoming.objects.order_by("epoch", "sequence").values_list("state", flat=True))


def expected() -> int:
    return InStream.objects.order_by("-epoch").values_list("expected", flat=True)[0]


def test_a_batch_is_taken_and_applied_in_order(peer: Peer) -> None:
    envelopes = [peer.seal() for _ in range(5)]
    receipts = peer.send(*envelopes)
    assert told(receipts) == ["taken"] * 5
    assert {receipt.expected for receipt in receipts} == {6}
    assert apply_ready(10) == 5
    assert states() == ["applied"] * 5


def test_a_replay_is_acknowledged_again_and_not_applied_again(peer: Peer) -> None:
    envelope = peer.seal()
    peer.send(envelope)
    apply_ready(10)
    assert told(peer.send(envelope, envelope)) == ["duplicate"] * 2
    assert apply_ready(10) == 0
    assert Incoming.objects.count() == 1


def test_within_one_batch_too(peer: Peer) -> None:
    envelope = peer.seal()
    assert told(peer.send(envelope, envelope)) == ["taken", "duplicate"]


def test_a_gap_parks_what_comes_after_and_says_what_is_missing(peer: Peer) -> None:
    first, second, third = (peer.seal() for _ in range(3))
    receipts = peer.send(third, second)
    assert told(receipts) == ["parked", "parked"]
    assert {receipt.expected for receipt in receipts} == {1}
    assert "message 1" in receipts[0].reason
    assert apply_ready(10) == 0
    assert told(peer.send(first)) == ["taken"]
    assert (expected(), apply_ready(10)) == (4, 3)
    asked = dict(Incoming.objects.values_list("pk", "sequence"))
    answered = Outgoing.objects.exclude(in_reply_to=None).order_by("sequence").values_list("in_reply_to", flat=True)
    assert [asked[message] for message in answered] == [1, 2, 3]
    assert told(peer.send(third)) == ["duplicate"]


def test_a_bad_message_among_many_spoils_only_its_own_row(peer: Peer) -> None:
    bad = peer.content(body={"asked_at": 5})
    peer.send(*(peer.seal(bad if number == 3 else None) for number in range(7)))
    before = AuditEntry.objects.count()
    assert apply_ready(10) == 7
    assert states() == ["applied"] * 3 + ["refused"] + ["applied"] * 3
    refused = Incoming.objects.get(pk=bad.id)
    assert "is no test call" in refused.reason
    asked = dict(Incoming.objects.values_list("pk", "sequence"))
    answered = Outgoing.objects.exclude(in_reply_to=None).order_by("sequence").values_list("in_reply_to", flat=True)
    assert [asked[message] for message in answered] == [1, 2, 3, 5, 6, 7]
    assert set(Incoming.objects.values_list("attempts", flat=True)) == {1}
    entries = list(AuditEntry.objects.order_by("seq"))
    assert hash_chain.first_broken((unit_of_work.audited_content(entry), entry.link) for entry in entries) is None
    assert len(entries) == before, "a test call is answered without a word on record"


def test_each_further_message_of_a_run_needs_few_statements(peer: Peer) -> None:
    """It is admitted, its answer is kept, and what happened to it is written for all at once."""
    needed = []
    for number in (1, 2, 12):
        peer.send(*(peer.seal() for _ in range(number)))
        with counted() as statements:
            assert apply_ready(100) == number
        needed.append(len(statements))
    assert needed[2] - needed[1] <= 10 * MOST_A_TEST_CALL


def test_what_is_too_far_ahead_is_not_kept(peer: Peer) -> None:
    assert told(peer.send(peer.seal(sequence=WINDOW + 1))) == ["parked"]
    assert Incoming.objects.count() == 0


def test_the_same_id_with_other_content_is_an_alarm(peer: Peer) -> None:
    said = peer.content()
    peer.send(peer.seal(said))
    other = peer.content(id=said.id, body=call() | {"contact": "another"})
    assert told(peer.send(peer.seal(other))) == ["refused:conflict"]
    assert Alarm.objects.values_list("partner", "what").get() == (peer.code, "conflict")
    assert expected() == 2


def test_another_message_at_the_same_place_is_an_alarm(peer: Peer) -> None:
    peer.send(peer.seal(sequence=1))
    assert told(peer.send(peer.seal(sequence=1))) == ["refused:conflict"]
    assert told(peer.send(peer.seal(sequence=3), peer.seal(sequence=3))) == ["parked", "refused:conflict"]
    assert Alarm.objects.count() == 1  # the same again within the hour adds nothing


def test_what_has_run_out_is_refused_with_the_time_here(peer: Peer) -> None:
    late = peer.seal(sent=clock.now() - timedelta(minutes=16))
    (receipt,) = peer.send(late)
    assert told([receipt]) == ["refused:expired"]
    assert clock.to_iso(clock.now())[:10] in receipt.reason
    assert Incoming.objects.count() == 0
    assert told(peer.send(peer.seal(sequence=1))) == ["taken"]


def test_what_was_taken_in_time_is_acknowledged_later_too(peer: Peer) -> None:
    envelope = peer.seal()
    peer.send(envelope)
    with clock.using(ShiftedClock(timedelta(hours=1))):
        assert told(peer.send(envelope)) == ["duplicate"]


def test_a_newer_epoch_begins_and_the_older_one_takes_nothing_more(peer: Peer) -> None:
    old, said = peer.epoch, peer.content()
    peer.send(peer.seal(said), peer.seal(sequence=3))  # 2 is missing
    newer = new_id()
    assert told(peer.send(peer.seal(sequence=1, epoch=newer))) == ["taken"]
    (late,) = peer.send(peer.seal(sequence=2, epoch=old))
    assert (told([late]), late.epoch, late.expected) == (["refused:epoch"], newer, 2)
    assert told(peer.send(peer.seal(said, sequence=1, epoch=old))) == ["duplicate"]
    assert list(Incoming.objects.filter(epoch=old).values_list("sequence", flat=True)) == [1]  # what waited comes again
    assert told(peer.send(peer.seal(said, sequence=2, epoch=newer))) == ["duplicate"]
    assert expected() == 3


def test_a_message_that_waited_in_an_older_epoch_is_taken_in_the_newer(peer: Peer) -> None:
    said = peer.content()
    peer.send(peer.seal(said, sequence=2))
    newer = new_id()
    peer.send(peer.seal(sequence=1, epoch=newer))
    assert told(peer.send(peer.seal(said, sequence=2, epoch=newer))) == ["taken"]
    assert apply_ready(10) == 2


def test_another_major_version_is_refused_and_nothing_is_lost(peer: Peer) -> None:
    assert told(peer.send(peer.seal(peer.content(schema="2.0"), sequence=1))) == ["refused:schema"]
    assert told(peer.send(peer.seal(peer.content(schema="1.7"), sequence=1))) == ["taken"]


def test_a_stranger_and_a_revoked_key_are_refused(peer: Peer) -> None:
    stranger = Peer.__new__(Peer)
    stranger.code, stranger.own, stranger.centre = "XX-ASC", peer.own, OtherCentre("XX-ASC")
    stranger.epoch, stranger.sequence = new_id(), 0
    assert told(peer.send(stranger.seal())) == ["refused:key"], "a stranger does not learn who the partners are"
    assert Incoming.objects.count() == 0


def test_nonsense_in_a_batch_spoils_nothing_else(peer: Peer) -> None:
    receipts = peer.send("nonsense", peer.seal(), "", peer.seal())
    assert told(receipts) == ["refused:suite", "taken", "refused:suite", "taken"]
    assert Alarm.objects.values_list("partner", "what").get() == (None, "suite")


def test_every_arrival_has_a_rule() -> None:
    assert set(RULES) == set(Arrival)


def test_an_unknown_kind_is_kept_as_refused_and_the_stream_goes_on(peer: Peer) -> None:
    peer.send(peer.seal(peer.content(kind="of_tomorrow")), peer.seal())
    assert apply_ready(10) == 2
    assert states() == ["refused", "applied"]


def _with_handler(monkeypatch: pytest.MonkeyPatch, handler: Any) -> None:
    monkeypatch.setitem(handlers._HANDLERS, MessageKind.TEST_CALL, handler)
    monkeypatch.setitem(handlers._TOGETHER, MessageKind.TEST_CALL, lambda messages: [handler(*one) for one in messages])


def test_what_waits_for_something_is_tried_again_and_holds_nobody_up(peer: Peer, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []

    def handler(row: Incoming, _body: Any) -> None:
        if row.sequence == 1 and row.attempts == 1:
            raise Parked(CoreMsg.VERBATIM, text="the enquiry is not known here yet")
        seen.append(row.sequence)

    _with_handler(monkeypatch, handler)
    peer.send(peer.seal(), peer.seal())
    apply_ready(10)
    assert (states(), seen) == (["parked", "applied"], [2])
    assert "not known here yet" in Incoming.objects.get(sequence=1).reason
    with clock.using(SteppedClock(clock.now() + timedelta(seconds=10))):
        assert retry_parked(clock.now()) == 1
    assert (states(), seen) == (["applied", "applied"], [2, 1])


def test_nothing_stays_of_what_a_handler_did_that_refuses(peer: Peer, monkeypatch: pytest.MonkeyPatch) -> None:
    def handler(row: Incoming, _body: Any) -> None:
        Alarm.objects.create(at=clock.now(), what="half-done")
        raise Refused("probing", CoreMsg.VERBATIM, text="no")

    _with_handler(monkeypatch, handler)
    peer.send(peer.seal())
    apply_ready(10)
    row = Incoming.objects.get()
    assert (row.state, sentence_of(row.reason)) == (IncomingState.REFUSED, "probing: no")
    assert Alarm.objects.count() == 0


def test_a_mistake_of_ours_is_tried_again_later(
    peer: Peer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def handler(row: Incoming, _body: Any) -> None:
        raise KeyError("oh")

    _with_handler(monkeypatch, handler)
    peer.send(peer.seal())
    apply_ready(10)
    assert states() == ["parked"]
    assert "KeyError" in Incoming.objects.get().reason
    assert "could not be applied" in caplog.text


@examples(30, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_any_order_of_any_repeats_leads_to_each_message_once_in_its_order(data: st.DataObject) -> None:
    """A line that loses, repeats and reorders; the sender sends again until everything is acknowledged."""
    from django.db import transaction

    with transaction.atomic():
        _shuffled(random.Random(data.draw(st.integers(0, 2**32))), data.draw(st.integers(1, 12)))
        transaction.set_rollback(True)


def _shuffled(chance: random.Random, number: int) -> None:
    own_keys.make_keys(OPERATOR)
    peer = Peer()
    contents = [peer.content() for _ in range(number)]
    done: UUID | None = None
    for _ in range(200):
        pending = [place for place in range(1, number + 1) if place >= (expected() if done else 1)]
        if not pending:
            break
        chosen = chance.choices(range(1, number + 1), k=chance.randint(1, 2 * number))
        peer.send(*(peer.seal(contents[place - 1], sequence=place) for place in chosen))
        done = peer.epoch
        if chance.random() < 0.5:
            apply_ready(chance.randint(1, number))
    apply_ready(1_000)
    rows = Incoming.objects.order_by("applied_at", "sequence")
    assert [row.sequence for row in rows] == list(range(1, number + 1))
    assert {row.state for row in rows} == {"applied"}
    assert not Alarm.objects.exists()


@pytest.mark.parametrize(
    "error", [Parked(CoreMsg.VERBATIM, text="not yet"), Refused("kinds", CoreMsg.VERBATIM, text="no"), RuntimeError("a fault")]
)
def test_the_audit_tells_nothing_of_what_a_failed_handler_took_back(
    peer: Peer, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def handler(row: Incoming, body: Any) -> None:
        unit_of_work.record(OPERATOR, PartnerAudit.TEST_CALL_ANSWERED, subject=None, obj=row, to="before it failed")
        if body["asked_at"] == "fail":
            raise error

    _with_handler(monkeypatch, handler)
    good, bad, last = peer.content(), peer.content(body={"asked_at": "fail"}), peer.content()
    peer.send(*(peer.seal(one) for one in (good, bad, last)))
    apply_ready(10)
    answered = AuditEntry.objects.filter(action="test call answered")
    assert list(answered.order_by("seq").values_list("object_id", flat=True)) == [str(good.id), str(last.id)]


def test_a_part_of_a_change_that_fails_leaves_the_chain_whole(peer: Peer) -> None:
    def note(to: str) -> None:
        unit_of_work.record(OPERATOR, PartnerAudit.TEST_CALL_ANSWERED, subject=None, obj=Partner.objects.get(), to=to)

    def fails() -> None:
        with unit_of_work.part():
            note("lost")
            with unit_of_work.part():
                note("lost too")
            raise Refused("kinds", CoreMsg.VERBATIM, text="no")

    @unit_of_work.change
    def several() -> None:
        note("first")
        with pytest.raises(Refused):
            fails()
        note("last")

    before = AuditEntry.objects.count()
    several()
    added = list(AuditEntry.objects.order_by("seq"))[before:]
    assert [entry.details["to"] for entry in added] == ["first", "last"]
    assert added[1].seq == added[0].seq + 1
    assert added[1].link == hash_chain.link(added[0].link, unit_of_work.audited_content(added[1]))
    head = AuditHead.objects.get()
    assert (head.seq, head.link) == (added[1].seq, added[1].link)
