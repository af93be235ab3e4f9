"""The same envelopes as files: nothing is lost, nothing doubled, and the receipts travel back in the next file."""

from __future__ import annotations

import json
from typing import Any

import pytest
from peer import Peer
from test_exchange_sending import queue, queued

from accord.capabilities.exchange.channel.receipts import Batch
from accord.capabilities.exchange.channel.services import files
from accord.capabilities.exchange.errors import Refused
from accord.capabilities.exchange.models import Incoming, Outgoing, OutgoingState
from accord.capabilities.exchange.partners.services import own_keys
from accord.capabilities.exchange.tasks import apply_ready
from accord.capabilities.people.models import AuditEntry, Role, User
from accord.capabilities.people.policy import OPERATOR
from accord.core import clock
from accord.core.canonical import canonical_json
from accord.core.errors import BadInput, NotAllowed

pytestmark = [pytest.mark.database, pytest.mark.django_db, pytest.mark.usefixtures("centre")]


@pytest.fixture
def peer(centre: None) -> Peer:
    own_keys.make_keys(OPERATOR)
    return Peer()


class _NoBatch:
    def hash(self) -> str:
        return ""


def file_of(peer: Peer, *envelopes: str, expected: dict[str, int] | None = None, **changes: Any) -> bytes:
    """A file as the peer exports it."""
    no_batch: Any = _NoBatch()
    document = {
        "type": "accord envelopes 1",
        "sender": peer.code,
        "recipient": peer.own,
        "made_at": clock.to_iso(clock.now()),
        "envelopes": list(envelopes),
        "reply": peer.reply(no_batch, [], expected=expected or {}).reply,
        **changes,
    }
    return canonical_json(document)


def test_what_waits_goes_into_a_file_again_and_again_until_the_partner_says_that_it_has_it(peer: Peer) -> None:
    queue(peer)
    first, again = files.export(OPERATOR, peer.code), files.export(OPERATOR, peer.code)
    assert (first.messages, first.left) == (2, 0)
    ids = []
    for exported in (first, again):
        document = json.loads(exported.data)
        assert (document["type"], document["sender"], document["recipient"]) == ("accord envelopes 1", peer.own, peer.code)
        opened = [peer.open(envelope) for envelope in document["envelopes"]]
        ids.append([one.content.id for one in opened])
    assert ids[0] == ids[1]
    epoch = str(Outgoing.objects.values_list("epoch", flat=True)[0])
    taken = files.take_in(OPERATOR, file_of(peer, expected={epoch: 3}))
    assert taken.acknowledged == 2
    assert queued() == []
    assert files.export(OPERATOR, peer.code).messages == 0


def test_an_older_file_takes_nothing_back(peer: Peer) -> None:
    queue(peer)
    epoch = str(Outgoing.objects.values_list("epoch", flat=True)[0])
    files.take_in(OPERATOR, file_of(peer, expected={epoch: 3}))
    files.take_in(OPERATOR, file_of(peer, expected={epoch: 1}))
    assert set(Outgoing.objects.values_list("state", flat=True)) == {OutgoingState.DELIVERED}


def test_a_file_is_taken_in_once_however_often_it_comes(peer: Peer) -> None:
    data = file_of(peer, peer.seal(), peer.seal())
    assert [receipt.outcome for receipt in files.take_in(OPERATOR, data).receipts] == ["taken", "taken"]
    assert [receipt.outcome for receipt in files.take_in(OPERATOR, data).receipts] == ["duplicate", "duplicate"]
    assert apply_ready(10) == 2
    assert Incoming.objects.count() == 2
    told = json.loads(files.export(OPERATOR, peer.code).data)["reply"]
    from accord.capabilities.exchange.channel import jose

    reply = json.loads(jose.signer_of(told, jose.REPLY_TYPE)[1])
    assert reply["expected"] == {str(peer.epoch): 3}


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"type": "accord envelopes 2"}, "no file of envelopes"),
        ({"recipient": "TH-ASC"}, "is for 'TH-ASC'"),
        ({"envelopes": "x"}, "no file of envelopes"),
        ({"envelopes": ["x"] * 501}, "no file of envelopes"),
    ],
)
def test_another_file_is_refused_whole(peer: Peer, change: dict[str, Any], why: str) -> None:
    with pytest.raises(BadInput, match=why):
        files.take_in(OPERATOR, file_of(peer, peer.seal(), **change))
    assert not Incoming.objects.exists()


def test_a_file_that_its_sender_did_not_sign_is_refused_whole(peer: Peer) -> None:
    other = Peer("TH-ASC")
    no_batch: Any = _NoBatch()
    with pytest.raises(Refused):
        files.take_in(OPERATOR, file_of(peer, peer.seal(), reply=other.reply(no_batch, []).reply))
    with pytest.raises(Refused):  # the answer to a batch over a line is no file's
        files.take_in(OPERATOR, file_of(peer, peer.seal(), reply=peer.reply(Batch(envelopes=("x",)), []).reply))
    assert not Incoming.objects.exists()


def test_only_whoever_looks_after_partners_carries_files(peer: Peer) -> None:
    clerk = User.objects.create(username="clerk", role=Role.OFFICER)
    with pytest.raises(NotAllowed):
        files.export(clerk, peer.code)
    with pytest.raises(NotAllowed):
        files.take_in(clerk, file_of(peer))
    files.export(OPERATOR, peer.code)
    assert AuditEntry.objects.filter(action="envelopes exported", actor="operator").exists()
