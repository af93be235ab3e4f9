"""Who lets an order leave: one officer or two, a court, or one alone in an emergency, which leaves a mark."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from small_world import VICTIM, SmallWorld, at, call_of, worker_of

from accord.capabilities.claims.models import HoldShare, PlanItem
from accord.capabilities.orders import queries
from accord.capabilities.orders import services as orders
from accord.capabilities.orders.kinds import OrderKind
from accord.capabilities.orders.life_cycle import State
from accord.capabilities.orders.models import Order
from accord.capabilities.people.models import AuditEntry, User
from accord.core.clock import SteppedClock
from accord.core.errors import BadInput, Conflict, NotAllowed, NotFound
from accord.core.object_ids import new_id

if TYPE_CHECKING:
    from pytest_django.fixtures import SettingsWrapper

pytestmark = [pytest.mark.database, pytest.mark.django_db]


@pytest.fixture
def two_officers(settings: SettingsWrapper) -> None:
    """A regime that nobody has checked: whatever it says, a second person must agree."""
    settings.ACCORD_JURISDICTION = "SG"


@pytest.mark.usefixtures("two_officers")
class TestTwoOfficers:
    def test_the_first_order_waits_for_a_colleague(self, officer: User, colleague: User, day: SteppedClock) -> None:
        order = orders.respond_to_call(officer, call_of()).order
        assert (order.state, order.approved_by, order.next_attempt_at) == (State.DRAFT, None, None)
        assert list(queries.drafts_to_approve(colleague)) == [order]
        assert not queries.drafts_to_approve(officer), "one's own draft is not offered"
        day.advance_to(at(7))
        (approved,) = orders.approve(colleague, [order.pk], "seen the report")
        assert (approved.state, approved.drafted_by, approved.approved_by) == (State.APPROVED, officer, colleague)
        assert approved.until - approved.approved_at == approved.until - at(7), "it lasts from its approval"
        assert approved.next_attempt_at == at(7)

    def test_nobody_approves_their_own_draft(self, officer: User, supervisor: User, day: SteppedClock) -> None:
        order = orders.respond_to_call(supervisor, call_of()).order
        with pytest.raises(Conflict, match="your own draft"):
            orders.approve(supervisor, [order.pk])
        orders.approve(officer, [order.pk])
        with pytest.raises(Conflict, match="approved cannot approve"):
            orders.approve(officer, [order.pk])

    def test_all_or_none(self, officer: User, colleague: User, day: SteppedClock) -> None:
        first = orders.respond_to_call(officer, call_of()).order
        own = orders.respond_to_call(colleague, call_of(2_000, callback_number="+8613900000002")).order
        with pytest.raises(Conflict):
            orders.approve(colleague, [first.pk, own.pk])
        first.refresh_from_db()
        assert first.state == State.DRAFT
        for nothing, error in (([], BadInput), ([new_id()], NotFound)):
            with pytest.raises(error):
                orders.approve(colleague, nothing)

    def test_others_may_not(self, officer: User, administrator: User, day: SteppedClock) -> None:
        order = orders.respond_to_call(officer, call_of()).order
        for act in (
            lambda: orders.approve(administrator, [order.pk]),
            lambda: orders.send_in_emergency(administrator, order.pk, "now"),
            lambda: orders.discard(administrator, order.pk, "no"),
            lambda: orders.clear_override(officer, order.pk, "fine"),
        ):
            with pytest.raises(NotAllowed):
                act()

    def test_an_emergency_leaves_a_mark_that_a_supervisor_clears(
        self, officer: User, supervisor: User, day: SteppedClock
    ) -> None:
        order = orders.respond_to_call(officer, call_of(), emergency="money leaves now, nobody else on duty").order
        assert (order.state, order.approved_by, order.needs_clearing) == (State.APPROVED, officer, True)
        assert list(queries.overrides_to_clear(supervisor)) == [order]
        with pytest.raises(BadInput, match="what you found"):
            orders.clear_override(supervisor, order.pk, " ")
        cleared = orders.clear_override(supervisor, order.pk, "the clip proves it")
        assert (cleared.needs_clearing, cleared.cleared_by) == (False, supervisor)
        with pytest.raises(Conflict, match="no mark"):
            orders.clear_override(supervisor, order.pk, "twice")
        assert {"order overridden", "override cleared"} <= set(AuditEntry.objects.values_list("action", flat=True))

    def test_nobody_clears_their_own_emergency(self, supervisor: User, day: SteppedClock) -> None:
        order = orders.respond_to_call(supervisor, call_of()).order
        with pytest.raises(BadInput, match="why it cannot wait"):
            orders.send_in_emergency(supervisor, order.pk, "")
        orders.send_in_emergency(supervisor, order.pk, "alone on the night shift")
        with pytest.raises(Conflict, match="yourself"):
            orders.clear_override(supervisor, order.pk, "all good")

    def test_a_recall_of_ones_own_payment_needs_no_second_person(self, officer: User, day: SteppedClock) -> None:
        assert orders.respond_to_call(officer, call_of(still_pending=True)).order.state == State.APPROVED

    def test_one_officers_recall_covers_no_hold_that_needs_two(
        self, officer: User, colleague: User, day: SteppedClock, tmp_path: Path
    ) -> None:
        day.advance_to(at(10))
        world = SmallWorld(openings={VICTIM: 5_000})
        world.pay("T0", 0, VICTIM, "a-1", 1_000)
        banks = world.banks(tmp_path)
        worker = worker_of(banks)
        orders.respond_to_call(officer, call_of(payee_bank=""))
        worker.run_until_idle()
        recall, hold = Order.objects.order_by("id")
        assert (recall.kind, recall.state) == (OrderKind.RECALL, State.REFUSED)
        assert (hold.kind, hold.state, hold.drafted_by) == (OrderKind.HOLD, State.DRAFT, None)
        orders.approve(officer, [hold.pk])  # the node drafted it, so anyone who may approve can
        worker.run_until_idle()
        hold.refresh_from_db()
        assert (hold.state, hold.held) == (State.HELD, 1_000)
        worker.close()
        banks.close()

    def test_a_plan_is_drafted_approved_as_one_and_discarded_one_by_one(
        self, officer: User, colleague: User, day: SteppedClock, tmp_path: Path
    ) -> None:
        day.advance_to(at(10))
        world = SmallWorld(openings={VICTIM: 5_000})
        world.pay("T0", 0, VICTIM, "a-1", 1_000)
        world.pay("T1", 5, "a-1", "b-1", 400)
        world.pay("T2", 6, "a-1", "c-1", 300)
        banks = world.banks(tmp_path)
        worker = worker_of(banks)
        response = orders.respond_to_call(officer, call_of(), emergency="now")
        worker.run_until_idle()
        lines = {line.account: line for line in PlanItem.objects.filter(state="proposed")}
        drafts = orders.approve_plan(officer, response.claim.pk, [line.pk for line in lines.values()])
        assert {(draft.account, draft.state) for draft in drafts} == {("b-1", State.DRAFT), ("c-1", State.DRAFT)}
        assert not PlanItem.objects.filter(state="proposed").exists(), "what a draft sets aside is not proposed again"
        kept, thrown = sorted(drafts, key=lambda draft: draft.account)
        orders.discard(officer, thrown.pk, "a shop, not a mule")
        assert [line.account for line in PlanItem.objects.filter(state="proposed")] == ["c-1"]
        assert not HoldShare.objects.get(order_id=thrown.pk).active
        orders.approve(colleague, [kept.pk])
        worker.run_until_idle()
        kept.refresh_from_db()
        assert (kept.state, kept.held) == (State.HELD, 400)
        with pytest.raises(Conflict, match="held cannot discard"):
            orders.discard(officer, kept.pk, "too late")
        worker.close()
        banks.close()


class TestOneOfficerAndACourt:
    def test_where_one_is_enough_drafting_is_approving(self, officer: User, day: SteppedClock) -> None:
        order = orders.respond_to_call(officer, call_of()).order
        assert (order.state, order.drafted_by, order.approved_by) == (State.APPROVED, officer, officer)
        assert not order.override_reason

    def test_an_emergency_is_no_mark_where_one_is_enough(self, officer: User, day: SteppedClock) -> None:
        assert not orders.respond_to_call(officer, call_of(), emergency="quick").order.needs_clearing

    def test_a_courts_order_needs_its_reference(
        self, officer: User, colleague: User, day: SteppedClock, settings: SettingsWrapper, tmp_path: Path
    ) -> None:
        settings.ACCORD_JURISDICTION = "GB"
        day.advance_to(at(10))
        world = SmallWorld(openings={VICTIM: 5_000})
        world.pay("T0", 0, VICTIM, "a-1", 1_000)
        banks = world.banks(tmp_path)
        worker = worker_of(banks)
        hold = orders.respond_to_call(officer, call_of(), emergency="now").order
        worker.run_until_idle()
        with pytest.raises(BadInput, match="court's decision"):
            orders.freeze(officer, hold.pk, "charges are coming")
        freeze = orders.freeze(officer, hold.pk, "charges are coming", "AFO 12/2026")
        assert freeze.state == State.DRAFT
        with pytest.raises(Conflict, match="a court's order cannot be sent in an emergency"):
            orders.send_in_emergency(officer, freeze.pk, "now")
        orders.approve(colleague, [freeze.pk])
        worker.run_until_idle()
        freeze.refresh_from_db()
        hold.refresh_from_db()
        assert (freeze.state, freeze.held, hold.state) == (State.HELD, 1_000, State.REPLACED)
        worker.close()
        banks.close()
