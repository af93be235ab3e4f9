"""A day on a node that leaves something in every table and an order in every state: what a release's data look like.

Played once with each release's own code by make.py, and carried on after the migrations of later ones.
"""

from __future__ import annotations

import dataclasses
import zlib
from collections.abc import Callable
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from released_border import cross
from small_world import SmallWorld, at, call_of, worker_of

if TYPE_CHECKING:
    from accord.adapters.sandbox_bank import SandboxBanks
    from accord.capabilities.people.models import User
    from accord.node.worker import Worker

DAY = 2 * 24 * 60
"""Minutes between the first call, whose hold has run out by then, and the others."""

PAYEES = ["a-1", "a-1", "a-1", "f-1", "g-1", "d-1", "e-1", "a-3", "a-4", "a-5", "h-1", "a-7", "a-8"]
"""Whom each of the day's victims pays. Banks have letters; D is down, E slow, F refuses, G holds half, H talks nonsense."""


def world() -> SmallWorld:
    """Each victim pays 10.00; what reaches a-1, a-7 and a-8 goes on."""
    made = SmallWorld(kinds={"c-2": "joint"})
    made.pay("early", 0, "v-early", "a-2", 1_000)
    for number, payee in enumerate(PAYEES):
        pending = {"settles": DAY + 600} if payee == "a-5" else {}
        made.pay(f"V{number}", DAY + number / 10, f"v-{number}", payee, 1_000, **pending)
    made.pay("late", DAY + 20, "v-late", "a-6", 1_000)
    made.pay("half", DAY + 3, "a-1", "b-1", 1_500)
    made.pay("part", DAY + 4, "b-1", "c-1", 500)
    made.pay("joint", DAY + 4.5, "b-1", "c-2", 200)
    made.pay("cash", DAY + 5, "a-1", "a-9", 100, kind="cash")
    made.pay("gold", DAY + 5, "a-1", "a-10", 90, kind="merchant")
    made.pay("garbled", DAY + 5, "a-7", "h-2", 400)
    made.pay("slowly", DAY + 5, "a-8", "e-2", 300)
    return made


def call(actor: User, name: str, payee: str, minute: float, **more: Any) -> Any:
    from accord.capabilities.orders import services as orders

    number = f"+86139{zlib.crc32(name.encode()) % 10**8:08}"
    facts = call_of(payer_account=f"v-{name}", payee=payee, callback_number=number, about_when=at(minute))
    return orders.respond_to_call(actor, dataclasses.replace(facts, **more))


def play(folder: Path, move_to: Callable[[datetime], None]) -> None:
    """The whole day, on a node without a row, with the banks' state under `folder`. `move_to` sets the clock."""
    from accord.adapters.sandbox_bank import Faults
    from accord.capabilities.people import services as people
    from accord.capabilities.people.models import Role

    officer = people.create_user("li", "a-long-password", Role.OFFICER, "李警官", "zh-hans")
    colleague = people.create_user("morgan", "a-long-password", Role.OFFICER, "Morgan Tan")
    supervisor = people.create_user("vera", "a-long-password", Role.SUPERVISOR, "Vera Lim")
    administrator = people.create_user("admin", "a-long-password", Role.ADMINISTRATOR)
    contacts()
    agencies(administrator, officer)
    with closing(world().banks(folder)) as banks:
        worker = worker_of(banks)
        move_to(at(1))
        call(officer, "early", "a-2", 0)
        sweep(worker, banks)
        move_to(at(DAY + 15))
        sweep(worker, banks)
        for code, faults in (
            ("BANKD", Faults(down=True)),
            ("BANKE", Faults(slow_seconds=7_200)),
            ("BANKF", Faults(refuse_all=True)),
            ("BANKG", Faults(holds_percent=50)),
            ("BANKH", Faults(nonsense=True)),
        ):
            banks.bank(code).faults = faults
        for number, payee in enumerate(PAYEES):
            call(officer, str(number), payee, DAY + number / 10, still_pending=payee == "a-5")
        sweep(worker, banks)
        paperwork(officer, colleague, supervisor)
        decide(officer)
        release(supervisor, "a-3")
        move_to(at(DAY + 45))
        sweep(worker, banks)
        release(supervisor, "a-4")
        call(officer, "late", "a-6", DAY + 20)
        compare_rules(officer)
        appeal_and_return(officer, supervisor)
        never_sent(officer)
        cross(officer)
        worker.close()


def agencies(administrator: User, officer: User) -> None:
    """Another agency with a team and a service account, an officer with an authenticator app, a session, a sight of a case."""
    from accord.capabilities.claims.permissions import AnswerPermission
    from accord.capabilities.people import context, services, totp
    from accord.capabilities.people.models import AgencyKind
    from accord.capabilities.people.services import second_factors, sessions
    from accord.core import clock

    services.add_agency(administrator, "BANKA", "Bank A", "甲银行", AgencyKind.BANK)
    services.add_team(administrator, "BANKA", "Fraud desk")
    account = services.add_service_account(administrator, "bank-a", "BANKA")
    services.issue_token(administrator, account, [AnswerPermission.SUBMIT])
    secret = totp.new_secret()
    second_factors.enrol_app(officer, secret, totp.code_at(secret, totp.step_of(clock.machine_now())))
    sessions.begin_session(officer, "a-session-key", "192.0.2.7", "A browser")
    with context.within_request(context.RequestContext(purpose="response", session="b")) as request:
        services.note_read(officer, officer)
        services.write_reads(request)


def contacts() -> None:
    """Whom to call when a bank stays silent; the line to D is down long enough for it."""
    from accord.capabilities.orders.models import Contact

    Contact.objects.create(institution="BANKD", step=1, after_minutes=1, name="Duty desk of D", reach="+65 6000 0000")
    Contact.objects.create(institution="", step=2, after_minutes=600, name="The regulator", reach="+65 6111 1111")


def sweep(worker: Worker, banks: SandboxBanks) -> None:
    """What is due now, and no more: an answer that a slow bank promises stays open."""
    from accord.core import clock

    banks.advance(clock.now())
    worker.run_until_idle()


def paperwork(officer: User, colleague: User, supervisor: User) -> None:
    """Narratives, statements, call-backs, a second call about one payment, a closed report, shifts."""
    from accord.capabilities.reports import services as reports
    from accord.capabilities.reports.models import IdentifierState, Report, StatementLine

    told = list(Report.objects.order_by("created_at"))
    found = reports.add_narrative(
        officer, told[1].pk, "有人冒充公安，让我转账10元到 6222000011112222，电话 +86 139 1234 5678。"
    )
    for identifier, state in zip(found, (IdentifierState.CONFIRMED, IdentifierState.REJECTED), strict=False):
        reports.decide_identifier(officer, told[1].pk, identifier.pk, state)
    line = StatementLine(
        transfer="V0", time=at(DAY), debtor="v-0", creditor="a-1", creditor_bank="BANKA", amount=1_000, currency="CNY"
    )
    reports.add_statement(officer, told[1].pk, [line])
    reports.called_back(officer, told[2].pk, "told what is held")
    reports.unlock(supervisor, told[3].pk)
    reports.close_report(officer, told[4].pk, "handed to another agency")
    call(colleague, "0", "a-1", DAY)
    reports.begin_shift(officer)
    shift = reports.hand_over(officer, "three victims on a-1")
    reports.acknowledge_hand_over(colleague, shift.pk)


def decide(officer: User) -> None:
    """Approve the holds that are proposed, dismiss a line, mark an exit as done; what comes later stays proposed."""
    from accord.capabilities.claims import services as claims
    from accord.capabilities.claims.models import Claim, PlanItem
    from accord.capabilities.orders import services as orders

    cash = PlanItem.objects.filter(action="secure_cash", state="proposed").first()
    if cash is not None:
        claims.mark_done(officer, cash.pk, "the machine's film is secured")
    joint = PlanItem.objects.filter(action="enquire", state="proposed").first()
    if joint is not None:
        claims.decide_item(officer, joint.pk, None, "the other holder knows nothing of it")
    for claim in Claim.objects.all():
        items = list(PlanItem.objects.filter(claim=claim, action="hold", state="proposed").values_list("pk", flat=True))
        if items:
            orders.approve_plan(officer, claim.pk, items)


def release(supervisor: User, account: str) -> None:
    from accord.capabilities.orders import services as orders
    from accord.capabilities.orders.models import Order

    order = Order.objects.get(account=account, state="held")
    orders.ask_release(supervisor, order.pk, "the money is the holder's own")


def compare_rules(officer: User) -> None:
    """Enquiries that have not left yet, under another rule than the claim's."""
    from accord.capabilities.claims import services as claims
    from accord.capabilities.claims.models import Claim
    from accord.engine.tracing.model import Rule

    claims.trace_under(officer, Claim.objects.get(starts__transfer="V0").pk, Rule.HAIRCUT)


def appeal_and_return(officer: User, supervisor: User) -> None:
    """An appeal that was granted, with a compensation; and a return that was announced and objected to."""
    from accord.capabilities.orders.models import Order
    from accord.capabilities.orders.remedies.services import appeals, compensations, restitutions

    wrongly = Order.objects.filter(state="held", account="a-2").earliest("drafted_at")
    rightly = Order.objects.filter(state="held", account="b-1").earliest("drafted_at")
    facts = appeals.AppealFacts("A. Nobody", "these are my wages", "+65 6222 0000", "en")
    appeal = appeals.record(officer, wrongly.pk, "desk", facts)
    appeals.begin_review(supervisor, appeal.pk)
    appeals.decide(supervisor, appeal.pk, "release", None, "they are")
    compensations.note_compensation(supervisor, appeal.pk, 500, wrongly.currency, "two days without wages")
    restitution = restitutions.prepare(officer, [(rightly.pk, rightly.held)], "traced")
    victim = restitutions.ClaimantFacts("victim", "V. Nobody", rightly.held, "BANKV", "v-1", claim=rightly.claim_id)
    restitutions.add_claimant(officer, restitution.pk, victim)
    restitutions.give_notice(officer, restitution.pk, "The money goes back to whom it was taken from.", 30)
    restitutions.take_objection(officer, restitution.pk, "A. Nobody", "a part of it is mine")


def never_sent(officer: User) -> None:
    """An order in each state that the day did not come to (drafts, what was discarded), as copies of one that holds."""
    from accord.capabilities.orders.life_cycle import State
    from accord.capabilities.orders.models import Order, order_reference
    from accord.core.object_ids import new_id

    reached = set(Order.objects.values_list("state", flat=True))
    for state in sorted({state.value for state in State} - reached):
        order = Order.objects.filter(state="held").order_by("drafted_at").first()
        assert order is not None
        order.pk, order.reference, order.state, order.held, order.plan_item = new_id(), order_reference(), state, 0, None
        order.kind = "number_block" if state == "in_force" else order.kind
        order.approved_by = order.approved_at = order.sent_at = order.answered_at = order.next_attempt_at = None
        order.save(force_insert=True)


def soon_after(now: datetime) -> datetime:
    """When all that was open at the end of the day has fallen due."""
    return now + timedelta(hours=3)
