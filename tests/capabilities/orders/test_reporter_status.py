"""What a reporter sees: the own money and nothing else, and nothing that moves within a day."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st
from levels import examples
from small_world import call_of
from written_orders import MIDNIGHT, hours, kept, paid_back

from accord.capabilities.orders import services as orders
from accord.capabilities.orders.kinds import OrderKind
from accord.capabilities.orders.life_cycle import State
from accord.capabilities.orders.models import Order
from accord.capabilities.orders.reporter_status import ReporterStatus, reporter_status
from accord.capabilities.orders.services.decide import FirstResponse
from accord.capabilities.people.models import User
from accord.capabilities.reports import services as reports
from accord.capabilities.reports.models import Report
from accord.core import clock
from accord.core.clock import SteppedClock
from accord.core.errors import NotFound
from accord.core.money import Money

pytestmark = [pytest.mark.database, pytest.mark.django_db]

DAY = date(2026, 3, 20)


def seen(report: Report) -> ReporterStatus:
    return reporter_status(report.reference, report.code)


@pytest.fixture
def called(officer: User, day: SteppedClock) -> FirstResponse:
    """A call at noon UTC of 20 March, 20:00 in Shanghai; its first order waits to be sent."""
    return orders.respond_to_call(officer, call_of(100_000))


def next_day(day: SteppedClock, days: int = 1) -> None:
    day.advance_to(MIDNIGHT + timedelta(days=days, hours=9))


class TestSteps:
    def test_a_fresh_report_is_received_and_nothing_more(self, called: FirstResponse) -> None:
        status = seen(called.report)
        assert (status.reference, status.claimed, status.own_bank) == (
            called.report.reference,
            Money(100_000, "CNY"),
            "BANKV",
        )
        assert status.received_on == DAY
        assert (status.asked_on, status.traced_on, status.held_on, status.returned_on) == (None, None, None, None)
        assert status.held == status.stopped == status.returned == ()

    def test_what_was_asked_today_is_shown_tomorrow(self, called: FirstResponse, day: SteppedClock) -> None:
        orders.mark_sent([called.order])
        assert seen(called.report).asked_on is None
        next_day(day)
        assert seen(called.report).asked_on == DAY

    def test_a_hold_of_today_is_shown_tomorrow_with_its_amount(self, called: FirstResponse, day: SteppedClock) -> None:
        kept(called.claim, 30_000, day.now())
        kept(called.claim, 20_000, day.now(), state="held_partly")
        assert seen(called.report).held == ()
        next_day(day)
        status = seen(called.report)
        assert (status.held, status.held_on) == ((Money(50_000, "CNY"),), DAY)

    def test_currencies_are_not_added_up(self, called: FirstResponse, day: SteppedClock) -> None:
        kept(called.claim, 30_000, day.now())
        kept(called.claim, 500, day.now(), currency="THB")
        next_day(day)
        assert seen(called.report).held == (Money(30_000, "CNY"), Money(500, "THB"))

    def test_a_stopped_payment_never_left(self, called: FirstResponse, day: SteppedClock) -> None:
        order = kept(called.claim, 100_000, day.now(), kind="recall")
        next_day(day)
        assert seen(called.report).stopped == (Money(100_000, "CNY"),)
        Order.objects.filter(pk=order.pk).update(state=State.RELEASED, ended_at=day.now())
        assert seen(called.report).stopped == (Money(100_000, "CNY"),), "still what the day began with"
        next_day(day, 2)
        assert seen(called.report).stopped == (), "the payment went on after all"

    def test_what_is_given_back_or_runs_out_today_is_gone_tomorrow(self, called: FirstResponse, day: SteppedClock) -> None:
        hold = kept(called.claim, 30_000, day.now())
        next_day(day)
        Order.objects.filter(pk=hold.pk).update(state=State.EXPIRED, ended_at=day.now())
        assert seen(called.report).held == (Money(30_000, "CNY"),)
        next_day(day, 2)
        status = seen(called.report)
        assert (status.held, status.held_on) == ((), DAY), "that it was held once is not hidden"

    def test_a_part_returned_today_is_shown_tomorrow(self, called: FirstResponse, day: SteppedClock, officer: User) -> None:
        hold = kept(called.claim, 30_000, day.now())
        next_day(day)
        paid_back(called.claim, hold, 12_000, day.now(), officer)
        Order.objects.filter(pk=hold.pk).update(state=State.HELD_PARTLY, held=18_000)
        before = seen(called.report)
        assert (before.held, before.returned) == ((Money(30_000, "CNY"),), ())
        next_day(day, 2)
        after = seen(called.report)
        assert (after.held, after.returned) == ((Money(18_000, "CNY"),), (Money(12_000, "CNY"),))
        assert after.returned_on == DAY + timedelta(days=1)

    def test_all_of_it_returned_in_two_parts_of_one_day(self, called: FirstResponse, day: SteppedClock, officer: User) -> None:
        hold = kept(called.claim, 30_000, day.now())
        next_day(day)
        paid_back(called.claim, hold, 12_000, day.now(), officer)
        paid_back(called.claim, hold, 18_000, day.now() + hours(1), officer)
        Order.objects.filter(pk=hold.pk).update(state=State.RETURNED, held=18_000, ended_at=day.now() + hours(1))
        assert seen(called.report).held == (Money(30_000, "CNY"),)
        next_day(day, 2)
        assert (seen(called.report).held, seen(called.report).returned) == ((), (Money(30_000, "CNY"),))

    def test_what_is_returned_to_another_victim_from_ones_own_hold_is_not_shown(
        self, called: FirstResponse, colleague: User, officer: User, day: SteppedClock
    ) -> None:
        other = orders.respond_to_call(colleague, call_of(70_000, callback_number="+8613900000009"))
        hold = kept(called.claim, 30_000, day.now())
        paid_back(other.claim, hold, 12_000, day.now(), officer)
        Order.objects.filter(pk=hold.pk).update(state=State.HELD_PARTLY, held=18_000)
        next_day(day)
        assert (seen(called.report).returned, seen(called.report).held) == ((), (Money(18_000, "CNY"),))
        assert (seen(other.report).returned, seen(other.report).held) == ((Money(12_000, "CNY"),), ())
        assert (seen(called.report).return_under_way, seen(other.report).return_under_way) == (False, True)

    def test_a_hold_that_its_holder_may_not_be_told_of_is_not_shown(self, called: FirstResponse, day: SteppedClock) -> None:
        kept(called.claim, 30_000, day.now(), tell_from=day.now() + timedelta(days=3))
        next_day(day)
        assert (seen(called.report).held, seen(called.report).held_on) == ((), None)
        next_day(day, 4)
        assert seen(called.report).held == (Money(30_000, "CNY"),)

    def test_a_bank_whose_clock_is_slow_makes_nothing_visible_sooner(self, called: FirstResponse, day: SteppedClock) -> None:
        kept(called.claim, 30_000, day.now() - timedelta(days=2), sent_at=day.now())
        assert seen(called.report).held == ()
        next_day(day)
        assert seen(called.report).held_on == DAY

    def test_a_joined_report_shows_what_became_of_the_first(
        self, called: FirstResponse, colleague: User, day: SteppedClock
    ) -> None:
        again = orders.respond_to_call(colleague, call_of(100_000)).report
        assert again.duplicate_of == called.report
        kept(called.claim, 30_000, day.now())
        next_day(day)
        first, joined = asdict(seen(called.report)), asdict(seen(again))
        assert joined.pop("reference") == again.reference
        assert first.pop("reference") == called.report.reference
        assert joined == first

    def test_a_report_that_was_separated_again_shows_its_own(
        self, called: FirstResponse, colleague: User, day: SteppedClock
    ) -> None:
        again = orders.respond_to_call(colleague, call_of(100_000)).report
        reports.reopen_report(colleague, again.pk, "another payment")
        kept(called.claim, 30_000, day.now())
        next_day(day)
        assert seen(Report.objects.get(pk=again.pk)).held == ()

    def test_a_report_closed_today_is_closed_tomorrow(self, called: FirstResponse, officer: User, day: SteppedClock) -> None:
        reports.close_report(officer, called.report.pk, "all done")
        assert not seen(called.report).is_closed
        next_day(day)
        assert (seen(called.report).is_closed, seen(called.report).closed_on) == (True, DAY)

    def test_unknown_reference_and_wrong_code_are_told_alike(self, called: FirstResponse) -> None:
        told = []
        for reference, code in ((called.report.reference, "0000-0000"), ("R-0000-000Z", called.report.code), ("", "")):
            with pytest.raises(NotFound) as refused:
                reporter_status(reference, code)
            told.append(str(refused.value))
        assert len(set(told)) == 1


ANYTHING = st.lists(
    st.fixed_dictionaries(
        {
            "kind": st.sampled_from([kind.value for kind in OrderKind]),
            "state": st.sampled_from([state.value for state in State]),
            "held": st.integers(0, 40_000),
            "hours": st.floats(0, 14, allow_nan=False),
            "others": st.booleans(),
        }
    ),
    max_size=8,
)


@given(happenings=ANYTHING)
@examples(60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_happens_within_a_day_the_page_stands_still_and_names_nothing_of_others(
    happenings: list[dict[str, object]], officer: User
) -> None:
    """Every kind and state of order, of this claim and another's, at any hour of one day: the page tells of none of them."""
    with clock.using(SteppedClock(MIDNIGHT + hours(9))) as stepped:
        mine, theirs = (
            orders.respond_to_call(
                officer, call_of(100_000, callback_number=f"+86139{Report.objects.count():08}", about_when=MIDNIGHT)
            )
            for _ in range(2)
        )
        before = seen(mine.report)
        for happening in happenings:
            moment = MIDNIGHT + hours(9 + float(happening["hours"]))  # type: ignore[arg-type]
            ended = moment if happening["state"] in ("expired", "released", "returned", "replaced", "refused") else None
            kept(
                theirs.claim if happening["others"] else mine.claim,
                int(happening["held"]),  # type: ignore[call-overload]
                moment,
                kind=happening["kind"],
                state=happening["state"],
                sent_at=moment,
                ended_at=ended,
            )
        assert isinstance(stepped, SteppedClock)
        stepped.advance_to(MIDNIGHT + hours(23.9))
        assert seen(mine.report) == before
        stepped.advance_to(MIDNIGHT + hours(30))
        after = seen(mine.report)
        told = repr(after)
        assert "SECRET" not in told
        assert all(order.reference not in told for order in Order.objects.all())
        own = Order.objects.filter(claim=mine.claim)
        assert sum(money.minor for money in after.held) <= sum(order.held for order in own if order.keeps_money)
        assert sum(money.minor for money in after.returned) <= sum(order.held for order in own if order.kind == "return")
