"""How many statements it needs to ask a partner's centre, and to take its enquiries down: few, and no more in a grown store."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Final

import pytest
from federation_kit.one_store import Centres
from federation_kit.terms import terms_between
from small_world import VICTIM, SmallWorld, at, call_of
from statements import BOOK_OF_PARTNERS, counted

from accord.capabilities.claims import services as claims
from accord.capabilities.claims.messages import request_of
from accord.capabilities.claims.models import Claim, Enquiry
from accord.capabilities.claims.ports import Credit
from accord.capabilities.exchange.channel.services import applying
from accord.capabilities.exchange.crossborder.services.enquiries import sent_enquiries
from accord.capabilities.exchange.models import ForeignEnquiry, Outgoing
from accord.capabilities.people.models import User
from accord.capabilities.people.policy import NODE
from accord.capabilities.reports import services as reports
from accord.core.clock import SteppedClock
from accord.core.money import Money
from accord.engine.tracing.model import Rule

pytestmark = [pytest.mark.database, pytest.mark.django_db, pytest.mark.usefixtures("centre")]

CN, TH = "CN-ASC", "TH-AOC"
MOST_TO_TAKE: Final = 6
"""Statements for one more enquiry of a partner among others: its claim, where that starts, and whom we ask in turn."""
MOST_TO_ASK: Final = 9
"""Statements for one more question to a partner, with the name of its case there and its place in the stream."""


def exchange(centres: Centres, officer: User, numbers: range) -> tuple[int, int]:
    """Statements to ask TH about so many claims at once, and to take these enquiries down there."""
    with centres.at(CN):
        for number in numbers:
            report = reports.take_report(officer, call_of(payee=f"b-{number}", callback_number=f"+86139{number:08}"))
            claim = claims.open_claim(officer, report.pk, Money(1_000, "CNY"), Rule.FIFO)
            claims.start_at(NODE, claim.pk, "BANKB", Credit(f"T{number}", 1_000, "CNY", ((0, 1_000),)))
        queued = list(Enquiry.objects.filter(state="queued", claim__origin="").select_related("claim"))
        assert len(queued) == len(numbers)
        with counted() as asking:
            replies = sent_enquiries.ask_all([request_of(enquiry, CN) for enquiry in queued])
        claims.acknowledge_all({row.pk: reply for row, reply in zip(queued, replies, strict=True)})  # type: ignore[misc]
    sent = list(Outgoing.objects.filter(pk__in=[enquiry.pk for enquiry in queued]).order_by("sequence"))
    with centres.at(TH):
        for row in sent:
            centres.received(row)
        with counted() as taking:
            assert applying.apply_first(CN, len(sent))[0] == len(sent)
    return len(asking), taking.but(*BOOK_OF_PARTNERS)


def test_each_further_enquiry_needs_few_statements(officer: User, day: SteppedClock, tmp_path: Path) -> None:
    day.advance_to(at(30))
    world = SmallWorld()
    for number in range(20):
        world.pay(f"T{number}", 0, VICTIM, f"b-{number}", 1_000)
    with closing(world.banks(tmp_path)) as banks:
        centres = Centres(banks, {CN: ("BANKV",), TH: ("BANKB",)}, {(CN, TH): terms_between(CN, TH)})
        one = exchange(centres, officer, range(1))
        nine = exchange(centres, officer, range(1, 10))
        again = exchange(centres, officer, range(10, 19))
    assert ForeignEnquiry.objects.exclude(claim=None).count() == 19
    assert Claim.objects.exclude(origin="").count() == 19
    assert nine == again, "no more of them as the store grows"
    assert nine[0] - one[0] <= 8 * MOST_TO_ASK
    assert nine[1] - one[1] <= 8 * MOST_TO_TAKE
