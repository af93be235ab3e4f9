"""Parity figures: both nodes show the same numbers, from the messages alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from accord.capabilities.exchange.crossborder.figures import Said, Side, computed, parity
from accord.capabilities.exchange.kinds import MessageKind, Outcome, RequestKind
from accord.capabilities.exchange.messages import (
    Budget,
    EnquiryAnswerBody,
    EnquiryBody,
    OrderAnswerBody,
    OrderBody,
    RequestAnswerBody,
    RequestBody,
)
from accord.core.errors import NotAllowed

if TYPE_CHECKING:
    from pytest_django.fixtures import SettingsWrapper

    from accord.capabilities.people.models import User

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = (datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 3, 2, tzinfo=UTC))
CN, SG = "CN-ASC", "SG-ASC"


def after(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


def request(asker: str, about: UUID, at: float, due: float = 60) -> Said:
    body = RequestBody(
        request_id=about,
        case="P-1",
        kind=RequestKind.INFORMATION,
        offence="fraud",
        purpose="fraud_funds",
        language="en",
        wanted="x",
        asked_at=after(at),
        due_at=after(at + due),
    )
    return Said(asker, MessageKind.REQUEST, about, msgspec.to_builtins(body))


def answered(by: str, about: UUID, at: float, outcome: Outcome = Outcome.ANSWERED, ground: str = "") -> Said:
    body = RequestAnswerBody(request_id=about, outcome=outcome, ground=ground, text="y", answered_at=after(at))
    return Said(by, MessageKind.REQUEST_ANSWER, about, msgspec.to_builtins(body))


def only(sides: tuple[Side, ...]) -> Side:
    (side,) = sides
    return side


def test_what_was_asked_answered_refused_and_how_fast() -> None:
    ids = [uuid4() for _ in range(5)]
    said = [request(CN, number, place) for place, number in enumerate(ids)]
    said += [
        answered(SG, ids[0], 10),
        answered(SG, ids[1], 21, Outcome.PARTLY),
        answered(SG, ids[1], 90),
        answered(SG, ids[2], 102, Outcome.REFUSED, "political"),
        answered(SG, ids[3], 33, Outcome.PARTLY),
    ]
    side = only(computed((CN, SG), said, *DAY).sides)
    assert (side.asker, side.kind, side.asked) == (CN, MessageKind.REQUEST, 5)
    assert (side.answered, side.partly, side.refused, side.waiting) == (2, 1, 1, 1)
    assert side.in_time == 3, "the first answer counts for the clock, and one came after its due time"
    assert (side.median, side.p95) == (20 * 60, 100 * 60)
    assert side.grounds == (("political", 1),)


def test_enquiries_and_orders_count_by_their_own_answers() -> None:
    enquiry, order, promised = uuid4(), uuid4(), uuid4()
    budget = Budget(depth=1, answer_by=after(15))
    asks = EnquiryBody(enquiry_id=enquiry, case="P", offence="fraud", rule="fifo", credits=(), budget=budget, asked_at=after(0))
    tells = EnquiryAnswerBody(enquiry_id=enquiry, outcome=Outcome.ANSWERED, answered_at=after(20))
    said = [
        Said(CN, MessageKind.ENQUIRY, enquiry, msgspec.to_builtins(asks)),
        Said(SG, MessageKind.ENQUIRY_ANSWER, enquiry, msgspec.to_builtins(tells)),
    ]
    hour = timedelta(minutes=60)
    for number in (order, promised):
        body = OrderBody(order_id=number, reference="O", case="P", offence="fraud", kind="hold", rule="fifo", until=after(60))
        said.append(
            Said(CN, MessageKind.ORDER, number, msgspec.to_builtins(msgspec.structs.replace(body, asked_at=after(1))), hour)
        )
    promise = OrderAnswerBody(order_id=promised, expected_at=after(30), state="officer")
    refusal = OrderAnswerBody(order_id=order, answered_at=after(2), refusal="nothing_stands")
    said += [
        Said(SG, MessageKind.ORDER_ANSWER, promised, msgspec.to_builtins(promise)),
        Said(SG, MessageKind.ORDER_ANSWER, order, msgspec.to_builtins(refusal)),
    ]
    found = computed((SG, CN), said, *DAY)
    by_kind = {side.kind: side for side in found.sides}
    assert by_kind[MessageKind.ENQUIRY].in_time == 0, "it came after the time that the asker gave"
    assert (by_kind[MessageKind.ORDER].refused, by_kind[MessageKind.ORDER].waiting) == (1, 1), "a promise is no answer"
    assert by_kind[MessageKind.ORDER].in_time == 1, "an order is to be answered by the agreement's clock"
    assert ("SG-ASC", "order_answer", 2) in found.messages


def test_what_was_asked_outside_the_period_does_not_count() -> None:
    inside, before, later = uuid4(), uuid4(), uuid4()
    said = [request(CN, inside, 0), request(CN, before, -721), request(CN, later, 720), answered(SG, before, 5)]
    found = computed((CN, SG), said, *DAY)
    assert only(found.sides).asked == 1
    assert found.messages == ((CN, "request", 1),)


def test_content_that_was_deleted_or_that_a_later_version_writes_is_left_out() -> None:
    about = uuid4()
    said = [Said(CN, MessageKind.REQUEST, about, {}), Said(CN, MessageKind.REQUEST, uuid4(), {"request_id": 5})]
    assert computed((CN, SG), said, *DAY).sides == ()


def test_a_clock_that_is_ahead_makes_no_answer_come_before_its_question() -> None:
    about = uuid4()
    assert only(computed((CN, SG), [request(CN, about, 5), answered(SG, about, 1)], *DAY).sides).median == 0


@given(
    st.lists(st.tuples(st.sampled_from((CN, SG)), st.integers(0, 500), st.integers(0, 300), st.sampled_from((None, *Outcome))))
)
def test_whichever_node_asks_and_in_whatever_order_its_rows_lie(asked: list[tuple[str, int, int, Outcome | None]]) -> None:
    said = []
    for asker, at, took, outcome in asked:
        about = uuid4()
        said.append(request(asker, about, at))
        if outcome is not None:
            said.append(answered(SG if asker == CN else CN, about, at + took, outcome))
    here, there = computed((CN, SG), said, *DAY), computed((SG, CN), reversed(said), *DAY)
    assert here == there
    for side in here.sides:
        assert side.asked == side.answered + side.partly + side.refused + side.waiting
        assert side.median is None or side.p95 is None or side.median <= side.p95


@pytest.mark.django_db
def test_both_nodes_show_the_same_from_their_own_rows(settings: SettingsWrapper, liaison: User) -> None:
    """The rows of both nodes lie in one store here: what one has sent is what the other has received."""
    ids = [uuid4() for _ in range(3)]
    said = [
        request(CN, ids[0], 0),
        request(CN, ids[1], 5),
        request(SG, ids[2], 7),
        answered(SG, ids[0], 30),
        answered(CN, ids[2], 9),
    ]
    _kept_by_both(said)
    found = []
    for own, other in ((CN, SG), (SG, CN)):
        settings.ACCORD_AGENCY = own
        found.append(parity(liaison, other, *DAY))
    assert found[0] == found[1]
    assert {(side.asker, side.asked, side.answered) for side in found[0].sides} == {(CN, 2, 1), (SG, 1, 1)}


def _kept_by_both(said: list[Said]) -> None:
    from accord.capabilities.exchange.models import Incoming, Outgoing, Partner

    for code in (CN, SG):
        Partner.objects.create(code=code, name=code, jurisdiction=code[:2], card={}, state="confirmed", added_at=NOON)
    for place, one in enumerate(said, 1):
        number, receiver = uuid4(), SG if one.sender == CN else CN
        common: dict[str, Any] = {
            "id": number,
            "epoch": UUID(int=len(one.sender)),
            "sequence": place,
            "kind": one.kind,
            "about": one.about,
            "body": dict(one.body),
            "content_hash": "0",
        }
        Outgoing.objects.create(**common, partner_id=receiver, queued_at=NOON, state="delivered")
        Incoming.objects.create(**common, partner_id=one.sender, signed="", received_at=after(400), state="applied")


def test_figures_are_for_those_who_work_with_partners(administrator: User) -> None:
    with pytest.raises(NotAllowed):
        parity(administrator, SG, *DAY)
