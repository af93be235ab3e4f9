"""Outcome figures over small worlds whose sums are worked out by hand."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from small_world import NOON, at, call_of
from written_orders import hours, kept, paid_back

from accord.capabilities.orders import services as orders
from accord.capabilities.orders.life_cycle import State
from accord.capabilities.orders.models import Appeal, Order
from accord.capabilities.orders.services.decide import FirstResponse
from accord.capabilities.people.models import Role, User
from accord.capabilities.people.policy import NODE
from accord.capabilities.supervision.figures import Delay, Duration, Figure, OfficerDay, OutcomeFigures, Share, duration_of
from accord.capabilities.supervision.queries import delay_of, outcome_figures
from accord.core.clock import SteppedClock
from accord.core.errors import BadInput, NotAllowed
from accord.core.money import Money

pytestmark = [pytest.mark.database, pytest.mark.django_db, pytest.mark.both_stores]

SINCE, UNTIL = NOON - timedelta(hours=12), NOON + timedelta(hours=36)
Call = Callable[..., FirstResponse]


@pytest.fixture
def auditor(db: None) -> User:
    return User.objects.create(username="auditor", role=Role.AUDITOR)


@pytest.fixture
def call(officer: User, day: SteppedClock) -> Call:
    """A call at the clock's moment about a payment `delay` earlier; each of another caller unless said otherwise."""
    numbers = iter(range(100))

    def take(amount: int | Money = 1_000, delay: timedelta = timedelta(minutes=5), **more: Any) -> FirstResponse:
        number = next(numbers)
        facts = {"callback_number": f"+86139000010{number:02}", "payer_account": f"v-{number}", **more}
        return orders.respond_to_call(officer, call_of(amount, about_when=day.now() - delay, **facts))

    return take


@pytest.fixture
def figures(auditor: User) -> Callable[[], OutcomeFigures]:
    return lambda: outcome_figures(auditor, SINCE, UNTIL)


def released(hold: Order, amount: int, decided: Any, confirmed: Any, **more: Any) -> Order:
    """A confirmed release of a hold, whole where the order that it is about has ended by it."""
    facts = {"kind": "release", "state": "done", "target": hold, "sent_at": decided, **more}
    return kept(hold.claim, amount, confirmed, **facts)  # type: ignore[arg-type]


class TestNothing:
    def test_no_data_give_no_shares_and_no_times(self, figures: Callable[[], OutcomeFigures], day: SteppedClock) -> None:
        told = figures()
        assert told.of(Figure.HELD) == told.of(Figure.RETURNED) == told.of(Figure.INNOCENT) == told.of(Figure.IN_TIME) == ()
        assert told.of(Figure.PEOPLE) == (Share(Figure.PEOPLE, 0, 0, 0),)
        assert told.of(Figure.REPEATS) == (Share(Figure.REPEATS, 0, 0, 0),)
        assert {(time.n, time.median, time.p95) for time in told.durations} == {(0, None, None)}
        assert told.load == ()
        assert all(share.percent is None for share in told.shares)

    @pytest.mark.parametrize(("since", "until"), [(UNTIL, SINCE), (SINCE, SINCE), (SINCE - timedelta(days=2_000), UNTIL)])
    def test_a_period_that_cannot_be_is_refused(self, auditor: User, since: Any, until: Any) -> None:
        with pytest.raises(BadInput, match="period"):
            outcome_figures(auditor, since, until)


class TestWhoMaySee:
    def test_an_officer_an_administrator_the_node_and_a_stranger_may_not(
        self, officer: User, administrator: User, day: SteppedClock
    ) -> None:
        stranger = User(username="stranger", role="nobody")
        for actor in (officer, administrator, NODE, stranger):
            with pytest.raises(NotAllowed):
                outcome_figures(actor, SINCE, UNTIL)

    def test_every_part_asks_by_itself(self, administrator: User, day: SteppedClock) -> None:
        """No part hands out figures only because the whole was allowed to ask."""
        from accord.capabilities.claims import figures as claim_figures
        from accord.capabilities.orders import figures as order_figures
        from accord.capabilities.reports import figures as report_figures

        period = (administrator, SINCE, UNTIL)
        parts: list[Callable[[], object]] = [
            lambda: report_figures.taken(*period),
            lambda: report_figures.repeats(*period),
            lambda: report_figures.takers(*period, by_minute=False),
            lambda: claim_figures.by_report(administrator, SINCE),
            lambda: order_figures.by_claim(administrator, SINCE),
            lambda: order_figures.returned_by_claim(administrator, SINCE),
            lambda: order_figures.wrongly_held(*period),
            lambda: order_figures.releases(*period),
            lambda: order_figures.kept_on_accounts(*period),
            lambda: order_figures.answering(*period),
            lambda: order_figures.drafters(*period, by_minute=False),
            lambda: order_figures.approvers(*period, by_minute=False),
            lambda: order_figures.deciders(*period, by_minute=False),
        ]
        for part in parts:
            with pytest.raises(NotAllowed):
                part()

    def test_figures_name_no_case(self, call: Call, figures: Callable[[], OutcomeFigures], day: SteppedClock) -> None:
        response = call()
        kept(response.claim, 700, day.now())
        told = repr(figures())
        facts = (response.report.reference, response.report.callback_number, response.claim.reference, "v-0", "6222-SECRET")
        for fact in facts:
            assert fact not in told


class TestHeld:
    def test_held_of_claimed_by_delay(self, call: Call, figures: Callable[[], OutcomeFigures], day: SteppedClock) -> None:
        quick, other, late = call(1_000, hours(1 / 6)), call(500, hours(0)), call(2_000, hours(30))
        kept(quick.claim, 600, day.now())
        kept(quick.claim, 300, day.now(), kind="recall")
        kept(late.claim, 100, day.now(), state="held_partly")
        kept(other.claim, 0, day.now(), state="refused")
        assert figures().of(Figure.HELD) == (
            Share(Figure.HELD, 900, 1_500, 2, "CNY", Delay.TEN_MINUTES),
            Share(Figure.HELD, 100, 2_000, 1, "CNY", Delay.LATER),
        )

    @pytest.mark.parametrize(
        ("delay", "bucket"),
        [
            (timedelta(0), Delay.TEN_MINUTES),
            (timedelta(minutes=10), Delay.TEN_MINUTES),
            (timedelta(minutes=10, microseconds=1), Delay.ONE_HOUR),
            (timedelta(hours=1), Delay.ONE_HOUR),
            (timedelta(hours=6), Delay.SIX_HOURS),
            (timedelta(hours=24), Delay.ONE_DAY),
            (timedelta(hours=24, microseconds=1), Delay.LATER),
        ],
    )
    def test_each_bound_belongs_to_its_bucket(self, delay: timedelta, bucket: Delay) -> None:
        assert delay_of(delay) is bucket

    def test_what_was_given_back_and_returned_since_was_held_all_the_same(
        self, call: Call, officer: User, figures: Callable[[], OutcomeFigures], day: SteppedClock
    ) -> None:
        """1,000 were held: 100 given back, 200 returned, then the rest of 700 given back at once."""
        claim = call(2_000).claim
        hold = kept(claim, 1_000, day.now())
        released(hold, 100, at(60), at(61))
        paid_back(claim, hold, 200, at(70), officer)
        Order.objects.filter(pk=hold.pk).update(state=State.HELD_PARTLY, held=700)
        assert figures().of(Figure.HELD)[0].numerator == 1_000
        released(hold, 700, at(80), at(81))
        Order.objects.filter(pk=hold.pk).update(state=State.RELEASED, held=700, ended_at=at(81))
        assert figures().of(Figure.HELD)[0].numerator == 1_000
        assert figures().of(Figure.RETURNED) == (Share(Figure.RETURNED, 200, 2_000, 1, "CNY"),)

    def test_a_freeze_in_the_place_of_a_hold_holds_nothing_new(
        self, call: Call, figures: Callable[[], OutcomeFigures], day: SteppedClock
    ) -> None:
        claim = call(2_000).claim
        hold = kept(claim, 1_000, day.now())
        kept(claim, 1_000, at(30), kind="freeze", replaces=hold)
        Order.objects.filter(pk=hold.pk).update(state=State.REPLACED, ended_at=at(30))
        assert figures().of(Figure.HELD)[0].numerator == 1_000
        assert figures().of(Figure.INNOCENT) == (Share(Figure.INNOCENT, 0, 1_000, 1, "CNY"),)

    def test_currencies_are_told_apart_and_never_added_up(
        self, call: Call, figures: Callable[[], OutcomeFigures], day: SteppedClock
    ) -> None:
        yuan, baht = call(1_000).claim, call(Money(5_000, "THB")).claim
        kept(yuan, 400, day.now())
        kept(yuan, 250, day.now(), currency="USD")
        kept(baht, 3_000, day.now(), currency="THB")
        told = figures()
        assert told.of(Figure.HELD) == (
            Share(Figure.HELD, 400, 1_000, 1, "CNY", Delay.TEN_MINUTES),
            Share(Figure.HELD, 3_000, 5_000, 1, "THB", Delay.TEN_MINUTES),
        )
        assert told.of(Figure.HELD_ELSEWHERE) == (Share(Figure.HELD_ELSEWHERE, 250, 0, 1, "USD", "CNY"),)

    def test_a_joined_report_counts_once(
        self, call: Call, colleague: User, figures: Callable[[], OutcomeFigures], day: SteppedClock
    ) -> None:
        first = call(1_000)
        facts = call_of(
            1_000,
            about_when=first.report.about_when,
            callback_number=first.report.callback_number,
            payer_account=first.report.payer_account,
        )
        assert orders.respond_to_call(colleague, facts).report.duplicate_of == first.report
        assert figures().of(Figure.HELD) == (Share(Figure.HELD, 0, 1_000, 1, "CNY", Delay.TEN_MINUTES),)

    def test_the_period_has_a_first_moment_and_no_last(self, call: Call, auditor: User, day: SteppedClock) -> None:
        call(1_000)
        assert outcome_figures(auditor, NOON, NOON + hours(1)).of(Figure.HELD)[0].n == 1
        assert outcome_figures(auditor, NOON - hours(1), NOON).of(Figure.HELD) == ()


class TestWrongly:
    def test_innocent_money_accounts_and_times(
        self, call: Call, figures: Callable[[], OutcomeFigures], day: SteppedClock
    ) -> None:
        """Three accounts hold 1,000, 500 and 300; the first gets 400 back after 3 h, the third all after 5 h."""
        claim = call(5_000).claim
        first = kept(claim, 1_000, NOON, account="a")
        kept(claim, 500, NOON, account="b")
        third = kept(claim, 300, NOON, account="c")
        released(first, 400, at(170), at(180))
        Order.objects.filter(pk=first.pk).update(state=State.HELD_PARTLY, held=600)
        released(third, 300, at(280), at(300))
        Order.objects.filter(pk=third.pk).update(state=State.RELEASED, ended_at=at(300))
        told = figures()
        assert told.of(Figure.INNOCENT) == (Share(Figure.INNOCENT, 700, 1_800, 3, "CNY"),)
        assert told.of(Figure.PEOPLE) == (Share(Figure.PEOPLE, 2, 3, 3),)
        assert told.time_of(Figure.TO_RELEASE) == Duration(Figure.TO_RELEASE, 2, 900.0, 1_200.0)
        assert told.time_of(Figure.HELD_WRONGLY_FOR) == Duration(Figure.HELD_WRONGLY_FOR, 2, 4 * 3_600.0, 5 * 3_600.0)

    def test_living_costs_are_no_mistake(self, call: Call, figures: Callable[[], OutcomeFigures], day: SteppedClock) -> None:
        hold = kept(call(5_000).claim, 900, NOON)
        released(hold, 100, at(10), at(11), terms={"for_living": True})
        Order.objects.filter(pk=hold.pk).update(held=800)
        told = figures()
        assert told.of(Figure.INNOCENT) == (Share(Figure.INNOCENT, 0, 900, 1, "CNY"),)
        assert told.of(Figure.PEOPLE) == (Share(Figure.PEOPLE, 0, 1, 1),)
        assert told.time_of(Figure.TO_RELEASE).n == 0

    def test_a_release_that_no_bank_confirmed_releases_nothing(
        self, call: Call, figures: Callable[[], OutcomeFigures], day: SteppedClock
    ) -> None:
        hold = kept(call(5_000).claim, 900, NOON)
        released(hold, 0, at(10), at(11), state="refused")
        assert figures().of(Figure.INNOCENT)[0].numerator == 0

    def test_an_order_that_was_found_wrong_after_its_end_counts_in_full(
        self, call: Call, supervisor: User, figures: Callable[[], OutcomeFigures], day: SteppedClock
    ) -> None:
        hold = kept(call(5_000).claim, 900, NOON, state="expired", ended_at=at(100))
        Appeal.objects.create(
            order=hold, state="closed", channel="public", appellant="A", statement="s", received_at=at(50), due_at=at(90),
            decision="release", decided_by=supervisor, decided_at=at(120),
        )  # fmt: skip
        told = figures()
        assert told.of(Figure.INNOCENT) == (Share(Figure.INNOCENT, 900, 900, 1, "CNY"),)
        assert told.of(Figure.PEOPLE) == (Share(Figure.PEOPLE, 1, 1, 1),)
        assert told.load[-1].appeals == 1

    def test_one_account_held_twice_is_one(self, call: Call, figures: Callable[[], OutcomeFigures], day: SteppedClock) -> None:
        claim = call(5_000).claim
        for _ in range(2):
            kept(claim, 100, NOON, account="a")
        assert figures().of(Figure.PEOPLE) == (Share(Figure.PEOPLE, 0, 1, 1),)


class TestTruth:
    """What an exercise knows besides."""

    def test_what_is_kept_beyond_the_stolen_money_is_innocent(self, call: Call, auditor: User, day: SteppedClock) -> None:
        claim = call(5_000).claim
        kept(claim, 600, NOON, account="a")
        kept(claim, 300, at(5), account="a")
        kept(claim, 200, NOON, account="b")
        kept(claim, 100, NOON, account="c", state="released", ended_at=at(9))
        stolen = {("a", at(5)): 700, ("b", NOON): 5_000}
        told = outcome_figures(auditor, SINCE, UNTIL, lambda account, moment: stolen[account, moment])
        assert told.of(Figure.INNOCENT_TRUTH) == (Share(Figure.INNOCENT_TRUTH, 200, 1_100, 2, "CNY"),)

    def test_without_an_exercise_it_is_not_told(self, call: Call, figures: Callable[[], OutcomeFigures]) -> None:
        kept(call(5_000).claim, 600, NOON)
        assert figures().of(Figure.INNOCENT_TRUTH) == ()


class TestRepeats:
    def test_the_same_number_or_account_within_ninety_days(
        self, call: Call, figures: Callable[[], OutcomeFigures], day: SteppedClock
    ) -> None:
        day.advance_to(NOON)
        call(1_000, callback_number="+86 139 0000 7777", payer_account="")
        call(2_000, callback_number="13900007777", payer_account="")
        call(3_000, payer_account="same")
        call(4_000, payer_account="same")
        call(5_000)
        assert figures().of(Figure.REPEATS) == (Share(Figure.REPEATS, 2, 5, 5),)

    def test_who_reported_before_the_period_repeats_in_it_and_who_did_so_long_ago_does_not(
        self, call: Call, auditor: User, day: SteppedClock
    ) -> None:
        call(1_000, payer_account="old")
        day.advance_to(NOON + timedelta(days=10))
        call(2_000, payer_account="recent")
        day.advance_to(NOON + timedelta(days=91))
        call(3_000, payer_account="old")
        call(4_000, payer_account="recent")
        told = outcome_figures(auditor, NOON + timedelta(days=90), NOON + timedelta(days=92))
        assert told.of(Figure.REPEATS) == (Share(Figure.REPEATS, 1, 2, 2),)


class TestSpeed:
    def test_from_the_call_to_the_first_order_and_the_first_hold(
        self, call: Call, figures: Callable[[], OutcomeFigures], day: SteppedClock
    ) -> None:
        first, second = call(1_000), call(2_000)
        Order.objects.filter(pk=first.order.pk).update(sent_at=at(0.5), state="refused")
        kept(first.claim, 300, at(12), sent_at=at(10))
        kept(first.claim, 200, at(11), sent_at=at(10))
        Order.objects.filter(pk=second.order.pk).update(sent_at=at(1.5), state="sent")
        told = figures()
        assert told.time_of(Figure.FIRST_SENT) == Duration(Figure.FIRST_SENT, 2, 60.0, 90.0)
        assert told.time_of(Figure.FIRST_HELD) == Duration(Figure.FIRST_HELD, 1, 660.0, 660.0, missing=1)

    def test_orders_answered_in_time_by_receiver(
        self, call: Call, figures: Callable[[], OutcomeFigures], day: SteppedClock
    ) -> None:
        """Due within an hour: BANKX answers one late of two; BANKY owes one and has a fresh one; BANKZ's was withdrawn."""
        claim = call(9_000).claim
        kept(claim, 1, NOON + hours(1), institution="BANKX", sent_at=NOON)
        kept(claim, 1, NOON + hours(1.5), institution="BANKX", sent_at=NOON)
        owed = {"answered_at": None, "state": "sent", "held": 0}
        for sent in (NOON, NOON + hours(2.5)):
            order = kept(claim, 1, NOON, institution="BANKY", sent_at=sent)
            Order.objects.filter(pk=order.pk).update(**owed)
        withdrawn = kept(claim, 1, NOON, institution="BANKZ", sent_at=NOON)
        Order.objects.filter(pk=withdrawn.pk).update(**owed | {"state": "released", "ended_at": NOON + hours(0.5)})
        day.advance_to(NOON + hours(3))
        assert figures().of(Figure.IN_TIME) == (
            Share(Figure.IN_TIME, 1, 2, 2, group="BANKX"),
            Share(Figure.IN_TIME, 0, 1, 1, group="BANKY"),
        )


def test_load_is_counted_by_the_days_of_the_nodes_zone(
    call: Call, officer: User, colleague: User, supervisor: User, figures: Callable[[], OutcomeFigures], day: SteppedClock
) -> None:
    """16:30 UTC is half past midnight of the next day in Shanghai."""
    response = call()
    kept(response.claim, 1, NOON, drafted_by=officer, approved_by=colleague)
    day.advance_to(NOON + hours(4.5))
    call()
    first, second = date(2026, 3, 20), date(2026, 3, 21)
    assert figures().load == (
        OfficerDay(first, "colleague", approved=1),
        OfficerDay(first, "officer", calls=1, drafted=2, approved=1),
        OfficerDay(second, "officer", calls=1, drafted=1, approved=1),
    )


class TestShapes:
    @pytest.mark.parametrize(
        ("seconds", "median", "p95"),
        [
            ([7.0], 7.0, 7.0),
            ([1.0, 3.0], 2.0, 3.0),
            ([float(n) for n in range(1, 101)], 50.5, 95.0),
            ([2.0] * 19 + [9.0], 2.0, 2.0),
        ],
    )
    def test_median_and_95th_percentile(self, seconds: list[float], median: float, p95: float) -> None:
        told = duration_of(Figure.FIRST_SENT, seconds)
        assert (told.n, told.median, told.p95) == (len(seconds), median, p95)

    def test_few_cases_are_no_percentage(self) -> None:
        assert Share(Figure.PEOPLE, 1, 9, 9).percent is None
        assert Share(Figure.PEOPLE, 1, 10, 10).percent == 10.0
        assert Share(Figure.HELD, 1, 3, 12, "CNY").percent == 33.3
        assert Share(Figure.HELD, 1, 0, 12, "CNY").percent is None
