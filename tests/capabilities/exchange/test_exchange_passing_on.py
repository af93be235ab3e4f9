"""What a centre was told under another's label and has told a third one: the third learns of every stricter label."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.db import transaction
from federation_kit.one_store import Centres
from federation_kit.terms import terms_between
from hypothesis import HealthCheck, Phase, given
from hypothesis import strategies as st
from levels import examples
from orders_by_hand import ordered
from small_world import VICTIM, SmallWorld, at, call_of

from accord.capabilities.claims import services as claims
from accord.capabilities.claims.models import Claim
from accord.capabilities.claims.ports import Credit
from accord.capabilities.exchange.agreements import labelling
from accord.capabilities.exchange.agreements.terms import OnwardRule
from accord.capabilities.exchange.channel.services import sending
from accord.capabilities.exchange.crossborder.services.enquiries import consent
from accord.capabilities.exchange.crossborder.services.labels import relabelling
from accord.capabilities.exchange.crossborder.services.labels.sent_labels import label_of
from accord.capabilities.exchange.crossborder.services.orders import sent_orders
from accord.capabilities.exchange.errors import Refused
from accord.capabilities.exchange.kinds import MessageKind
from accord.capabilities.exchange.messages import RelabelBody
from accord.capabilities.exchange.models import (
    Alarm,
    ForeignEnquiry,
    Incoming,
    IncomingState,
    Outgoing,
    Partner,
    PartnerState,
)
from accord.capabilities.orders.kinds import OrderKind
from accord.capabilities.orders.models import Order
from accord.capabilities.orders.ports import OrderMessage
from accord.capabilities.people.models import AuditEntry, User
from accord.capabilities.people.policy import NODE
from accord.capabilities.reports import services as reports
from accord.core import clock
from accord.core.clock import SteppedClock
from accord.core.labels import Handling, Label, Pap, Tlp
from accord.core.money import Money
from accord.engine.tracing.model import Rule

pytestmark = [pytest.mark.database, pytest.mark.django_db, pytest.mark.usefixtures("centre")]

CN, TH, SG = "CN-ASC", "TH-AOC", "SG-ASC"
ON_THERE = Credit("T1", 400, "CNY", ((0, 400),), institution="BANKC")
COVERS = {CN: ("BANKV", "BANKA"), TH: ("BANKB",), SG: ("BANKC",)}


@dataclass(frozen=True)
class Chain:
    """China has asked Thailand, which has asked Singapore for it; each was answered."""

    centres: Centres
    claim: Claim
    asked: Outgoing  # by China, of Thailand
    onward: Outgoing  # by Thailand, of Singapore
    told: Outgoing  # by Singapore, to Thailand
    answer: Outgoing  # by Thailand, to China, made of that
    chief: User

    def relabel(self, by: str, sent: Outgoing, **changes: Any) -> Label:
        """The sender changes the label of what it has sent; not carried over yet."""
        label = replace(label_of(sent), **changes)
        with self.centres.at(by):
            relabelling.relabel(self.chief, sent.pk, label)
        return label

    def label_at(self, sent: Outgoing) -> Label:
        """The label of a message where it was received."""
        row = Incoming.objects.get(pk=sent.pk)
        assert row.state == IncomingState.APPLIED
        return labelling.from_json(row.label)

    def told_by_relabel(self, sender: str, recipient: str) -> list[dict[str, Any]]:
        return self.centres.said(sender, recipient, MessageKind.RELABEL)


@pytest.fixture
def chain(day: SteppedClock, tmp_path: Path, officer: User, supervisor: User) -> Iterator[Chain]:
    world = SmallWorld()
    world.pay("T0", 0, VICTIM, "b-1", 1_000)
    world.pay("T1", 1, "b-1", "c-1", 400)
    day.advance_to(at(10))
    with closing(world.banks(tmp_path)) as banks:
        pairs = ((CN, TH), (CN, SG), (TH, SG))
        centres = Centres(banks, COVERS, {pair: terms_between(*pair, onward=OnwardRule.NAMED) for pair in pairs})
        with centres.at(CN):
            report = reports.take_report(officer, call_of(payee="b-1"))
            claim = claims.open_claim(officer, report.pk, Money(1_000, "CNY"), Rule.FIFO)
            claims.go_onward(claim.pk, [SG])
            claims.start_at(NODE, claim.pk, "BANKB", Credit("T0", 1_000, "CNY", ((0, 1_000),)))
        centres.settle()
        day.advance_to(at(11))
        centres.settle()
        yield Chain(
            centres,
            claim,
            _sent(centres, CN, TH, MessageKind.ENQUIRY),
            _sent(centres, TH, SG, MessageKind.ENQUIRY),
            _sent(centres, SG, TH, MessageKind.ENQUIRY_ANSWER),
            _sent(centres, TH, CN, MessageKind.ENQUIRY_ANSWER),
            supervisor,
        )


def _sent(centres: Centres, sender: str, recipient: str, kind: MessageKind) -> Outgoing:
    rows = Outgoing.objects.filter(partner_id=recipient, kind=kind).order_by("queued_at", "sequence")
    return [row for row in rows if centres.senders[row.pk] == sender][-1]


def test_what_is_asked_and_answered_onward_bears_everybodys_label(chain: Chain) -> None:
    assert [chain.label_at(sent).originator for sent in (chain.asked, chain.onward)] == [CN, f"{CN}+{TH}"]
    assert [chain.label_at(sent).originator for sent in (chain.told, chain.answer)] == [SG, f"{SG}+{TH}"]


def test_a_third_centre_learns_that_the_originator_is_stricter(chain: Chain) -> None:
    until = clock.now() + timedelta(days=9)
    chain.relabel(CN, chain.asked, tlp=Tlp.RED, pap=Pap.AMBER, handling=(Handling.H0, Handling.H1), retain_until=until)
    chain.centres.settle()
    third = chain.label_at(chain.onward)
    assert (third.tlp, third.pap, third.handling, third.retain_until) == (Tlp.RED, Pap.AMBER, (Handling.H0, Handling.H1), until)
    assert third.originator == f"{CN}+{TH}"
    row, followed = Incoming.objects.get(pk=chain.onward.pk), ForeignEnquiry.objects.get(message=chain.onward.pk)
    assert (row.retain_until, followed.label) == (until, row.label)
    assert AuditEntry.objects.filter(action="label passed on").count() == 1
    assert not chain.told_by_relabel(TH, CN), "nobody is told its own label"
    assert not chain.told_by_relabel(CN, SG), "each tells its own partner"


def test_the_originator_learns_that_a_third_centre_is_stricter_about_its_answer(chain: Chain) -> None:
    chain.relabel(SG, chain.told, pap=Pap.RED, handling=(Handling.H0, Handling.H2))
    chain.centres.settle()
    told = chain.label_at(chain.answer)
    assert (told.pap, told.handling, told.originator) == (Pap.RED, (Handling.H0, Handling.H2), f"{SG}+{TH}")
    assert chain.label_at(chain.onward).pap is Pap.GREEN, "what was asked was not made of it"


def test_a_recall_goes_on_and_each_tells_the_one_it_had_it_from(chain: Chain) -> None:
    chain.relabel(CN, chain.asked, retain_until=clock.now())
    chain.centres.settle()
    for sent in (chain.asked, chain.onward):
        row = Incoming.objects.get(pk=sent.pk)
        assert (row.state, row.body, row.signed) == (IncomingState.DELETED, {}, "")
    receipts = {
        (by, to): [body["messages"] for body in chain.centres.said(by, to, MessageKind.RECEIPT)]
        for by in COVERS
        for to in COVERS
    }
    assert {pair: told for pair, told in receipts.items() if told} == {
        (TH, CN): [[str(chain.asked.pk)]],
        (SG, TH): [[str(chain.onward.pk)]],
    }


def test_whom_the_originator_names_no_longer_keeps_nothing(chain: Chain) -> None:
    with chain.centres.at(CN):
        assert consent.let_go_onward(chain.chief, chain.claim.pk, []) == 1
    chain.centres.settle()
    assert chain.label_at(chain.asked).recipients == (TH,)
    assert Incoming.objects.get(pk=chain.onward.pk).state == IncomingState.DELETED
    assert chain.centres.said(SG, TH, MessageKind.RECEIPT)[0]["why"] == "recalled"


def test_who_may_know_but_not_be_gone_on_to_keeps_it_and_goes_no_further(chain: Chain) -> None:
    chain.relabel(CN, chain.asked, onward=(), recipients=(TH, SG))
    chain.centres.settle()
    third = chain.label_at(chain.onward)
    assert third.onward == ()
    assert labelling.may_show(third, SG)


def test_a_relaxation_is_passed_on_by_nobody(chain: Chain, day: SteppedClock) -> None:
    before = chain.label_at(chain.asked)
    chain.relabel(CN, chain.asked, pap=Pap.AMBER)
    chain.centres.settle()
    day.advance_to(at(12))
    chain.relabel(CN, chain.asked, pap=Pap.GREEN)
    chain.centres.settle()
    assert chain.label_at(chain.asked) == before
    assert chain.label_at(chain.onward).pap is Pap.AMBER
    assert len(chain.told_by_relabel(TH, SG)) == 1


def forged(chain: Chain, label: Label) -> Incoming:
    """Thailand's node says to Singapore whatever it likes."""
    with chain.centres.at(TH):
        body = RelabelBody(message=chain.onward.pk, label=labelling.to_json(label))
        sent = sending.queue(SG, MessageKind.RELABEL, body, about=chain.onward.pk)
    return chain.centres.deliver(sent)


def test_what_another_says_of_the_originators_label_counts_where_it_is_stricter(chain: Chain) -> None:
    chain.relabel(CN, chain.asked, tlp=Tlp.RED, pap=Pap.AMBER)
    chain.centres.settle()
    before = chain.label_at(chain.onward)
    for originator in (CN, TH, before.originator):
        wider = forged(chain, replace(before, originator=originator, pap=Pap.GREEN))
        assert (wider.state, f"only {CN}+{TH} may relax" in wider.reason) == (IncomingState.REFUSED, True)
        assert chain.label_at(chain.onward) == before
    mixed = forged(chain, replace(before, originator=CN, pap=Pap.GREEN, handling=(Handling.H0, Handling.H1)))
    assert mixed.state == IncomingState.APPLIED
    assert chain.label_at(chain.onward) == replace(before, handling=(Handling.H0, Handling.H1))


def test_a_change_that_had_to_wait_does_not_undo_a_later_one(chain: Chain, day: SteppedClock) -> None:
    chain.relabel(CN, chain.asked, pap=Pap.AMBER)
    day.advance_to(at(12))
    chain.relabel(CN, chain.asked, pap=Pap.GREEN)
    day.advance_to(at(13))
    last = chain.relabel(CN, chain.asked, pap=Pap.RED)
    first, wider, strict = _waiting(chain)
    for row in (strict, first, wider):
        assert chain.centres.deliver(row).state == IncomingState.APPLIED
        assert chain.label_at(chain.asked) == last


def test_changes_that_arrive_the_other_way_round_leave_what_is_strictest(chain: Chain, day: SteppedClock) -> None:
    chain.relabel(TH, chain.onward, pap=Pap.AMBER)
    day.advance_to(at(12))
    last = chain.relabel(TH, chain.onward, pap=Pap.RED)
    for row in reversed(_waiting(chain)):
        assert chain.centres.deliver(row).state == IncomingState.APPLIED
        assert chain.label_at(chain.onward) == last


def thai_order(chain: Chain, officer: User, kind: OrderKind, target: UUID | None = None) -> OrderMessage:
    """An order of Thailand's to Singapore, on the claim that it follows for China."""
    row = ordered(officer)
    claim = ForeignEnquiry.objects.get(pk=chain.asked.pk).claim_id
    Order.objects.filter(pk=row.pk).update(claim=claim, kind=kind, target=target)
    return OrderMessage(
        row.pk, row.reference, kind, "authority", SG, "total:CNY", 400, "CNY", Rule.FIFO, at(600), (ON_THERE,), target=target
    )


def test_an_order_on_another_centres_claim_bears_its_label_and_follows_it(chain: Chain, officer: User) -> None:
    hold = thai_order(chain, officer, OrderKind.HOLD)
    with chain.centres.at(TH):
        sent_orders.send(SG, hold)
    sent = Outgoing.objects.get(pk=hold.order_id)
    assert label_of(sent).originator == f"{CN}+{TH}"
    chain.relabel(CN, chain.asked, pap=Pap.AMBER)
    for change in _waiting(chain):
        chain.centres.deliver(change)
    told = {body["message"]: body["label"]["pap"] for body in chain.told_by_relabel(TH, SG)}
    assert told == {str(chain.onward.pk): "amber", str(hold.order_id): "amber"}


def test_what_a_label_stops_is_an_order_and_never_a_release(chain: Chain, officer: User) -> None:
    hold = thai_order(chain, officer, OrderKind.HOLD)
    with chain.centres.at(TH):
        sent_orders.send(SG, hold)
    with chain.centres.at(CN):
        consent.let_go_onward(chain.chief, chain.claim.pk, [])
    for change in _waiting(chain):
        chain.centres.deliver(change)
    another = thai_order(chain, officer, OrderKind.HOLD)
    with chain.centres.at(TH), pytest.raises(Refused) as refused:
        sent_orders.send(SG, another)
    assert refused.value.clause in ("onward", "recipients")
    release = thai_order(chain, officer, OrderKind.RELEASE, hold.order_id)
    with chain.centres.at(TH):
        sent_orders.send(SG, release)
    assert Outgoing.objects.get(pk=release.order_id).partner_id == SG


def test_a_third_centre_that_cannot_be_told_raises_an_alarm(chain: Chain) -> None:
    Partner.objects.filter(pk=SG).update(state=PartnerState.REVOKED)
    chain.relabel(CN, chain.asked, tlp=Tlp.RED)
    chain.centres.settle()
    assert chain.label_at(chain.asked).tlp is Tlp.RED
    assert not chain.told_by_relabel(TH, SG)
    alarm = Alarm.objects.get(what="label_not_told")
    assert (alarm.partner_id, str(chain.onward.pk) in alarm.detail) == (SG, True)


def _waiting(chain: Chain) -> list[Outgoing]:
    """Changes of labels that have not been carried over yet, in order."""
    rows = Outgoing.objects.filter(kind=MessageKind.RELABEL).order_by("queued_at", "sequence")
    return [row for row in rows if not Incoming.objects.filter(pk=row.pk).exists()]


words = st.fixed_dictionaries(
    {},
    optional={
        "tlp": st.sampled_from([Tlp.RED, Tlp.AMBER_STRICT]),
        "pap": st.sampled_from([Pap.RED, Pap.AMBER, Pap.GREEN]),
        "handling": st.sampled_from([(Handling.H0,), (Handling.H0, Handling.H1), (Handling.H0, Handling.H2)]),
        "onward": st.sampled_from([(SG,), (SG,), ()]),
        "recipients": st.sampled_from([(TH, SG), (TH, SG), (TH,)]),
        "retain_until": st.integers(1, 20).map(lambda days: at(60) + timedelta(days=days)),
    },
)
steps = st.lists(st.tuples(st.sampled_from([CN, CN, TH]), words) | st.integers(0, 9), min_size=2, max_size=12)


@contextmanager
def undone() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def test_no_label_along_a_chain_is_ever_more_open_than_its_originators_said(chain: Chain) -> None:
    """Whatever China and Thailand say, and in whatever order it arrives: a number carries over one change that waits."""
    known = dict(chain.centres.senders)

    @examples(
        25,
        deep=400,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.explicit, Phase.reuse, Phase.generate),  # making a failure small takes minutes over a store
    )
    @given(steps)
    def run(taken: list[Any]) -> None:
        chain.centres.senders.clear()
        chain.centres.senders.update(known)
        with undone():
            _play(chain, [*taken, *[0] * 2 * len(taken)])

    run()


def _play(chain: Chain, taken: list[Any]) -> None:
    arrived = {chain.asked.sequence: label_of(chain.asked)}
    second = [chain.label_at(chain.asked)]
    third = [chain.label_at(chain.onward)]
    for step in taken:
        if isinstance(step, tuple):
            by, changes = step
            sent = chain.asked if by == CN else chain.onward
            with suppress(Refused):  # Thailand may not relax, and neither may name nobody
                chain.relabel(by, sent, **changes)
            continue
        waiting = _waiting(chain)
        if not waiting:
            continue
        change = waiting[step % len(waiting)]
        assert chain.centres.deliver(change).state == IncomingState.APPLIED
        if chain.centres.senders[change.pk] == CN:
            arrived[change.sequence] = labelling.from_json(change.body["label"])
            second.append(chain.label_at(chain.asked))
            assert second[-1] == arrived[max(arrived)], "the originator's latest word counts, and nothing else"
        row = Incoming.objects.get(pk=chain.onward.pk)
        if row.state == IncomingState.DELETED:
            continue
        third.append(labelling.from_json(row.label))
        assert labelling.is_no_looser(third[-1], third[-2]), "a label of two originators loosens for neither"
    assert not _waiting(chain)
    if Incoming.objects.get(pk=chain.onward.pk).state != IncomingState.DELETED:
        assert all(labelling.is_no_looser(third[-1], stated) for stated in second)
        assert labelling.may_show(third[-1], SG)
