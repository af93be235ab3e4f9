"""Whatever agencies send, in whatever order and however often: the bank's record and its core agree, and nobody is overheld."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID

import pytest
from bank_at_work import BANK, CENTRE, HOUR, about, channel, hold, town
from hypothesis import HealthCheck, given
from hypothesis import strategies as st
from levels import examples
from small_world import at

from accord.adapters.sandbox_core import SandboxCore
from accord.capabilities.controls import core_line, services, tasks
from accord.capabilities.controls.life_cycle import State
from accord.capabilities.orders.kinds import OrderKind
from accord.capabilities.orders.ports import OrderMessage
from accord.core import clock
from accord.core.clock import SteppedClock
from accord.core.errors import Conflict

pytestmark = pytest.mark.django_db

STOLEN_LEFT = 600
OTHER = "SG-CENTRE"

_STEPS = st.lists(
    st.tuples(
        st.sampled_from(["hold", "release", "renewal", "freeze", "again", "wait", "refuse", "execute"]),
        st.integers(0, 5),
        st.integers(1, 700),
        st.sampled_from([CENTRE, OTHER]),
    ),
    min_size=3,
    max_size=14,
)


class _Bank:
    """One history: what was sent by whom, on a bank of its own."""

    def __init__(self, day: SteppedClock, core: SandboxCore) -> None:
        self.day, self.core = day, core
        self.sent: list[tuple[str, OrderMessage]] = []

    def send(self, sender: str, order: OrderMessage) -> None:
        services.take_order(channel(sender), order)
        self.sent.append((sender, order))

    def _next(self) -> str:
        """References in the order of sending: ids are random, and a history must play the same twice."""
        return f"O-{len(self.sent):03}"

    def earlier(self, number: int) -> OrderMessage | None:
        holds = [order for _, order in self.sent if order.kind in (OrderKind.STOP_PAYMENT, OrderKind.FREEZE)]
        return holds[number % len(holds)] if holds else None

    def step(self, what: str, number: int, amount: int, sender: str) -> None:
        target = self.earlier(number)
        until = clock.now() + (number + 1) * HOUR
        if what == "wait":
            self.day.advance_to(clock.now() + number * HOUR / 2)
            tasks.run_due(clock.now())
        elif what == "hold":
            self.send(sender, hold(amount, until=until, verified=number != 0, reference=self._next()))
        elif target is None:
            return
        elif what == "release":
            self.send(sender, about(target, OrderKind.RELEASE, amount, reference=self._next()))
        elif what == "renewal":
            self.send(sender, about(target, OrderKind.RENEWAL, 0, until, reference=self._next()))
        elif what == "freeze":
            freeze = hold(amount, kind=OrderKind.FREEZE, court_reference="(2026) 1", until=until, reference=self._next())
            self.send(sender, replace(freeze, replaces=target.order_id))
        elif what == "again":
            sender, order = self.sent[number % len(self.sent)]
            first = services.take_order(channel(sender), order)
            assert type(services.take_order(channel(sender), order)) is type(first)
        else:
            self._decide(what)

    def _decide(self, what: str) -> None:
        from accord.capabilities.controls.models import ReceivedOrder
        from accord.capabilities.people.models import User

        clerk = User.objects.get(username="head")
        row = ReceivedOrder.objects.filter(state=State.FOR_DECISION, until__gt=clock.now()).order_by("reference").first()
        if row is None:
            return
        if what == "execute":
            half = row.kind != OrderKind.RENEWAL and row.amount % 2
            with suppress(Conflict):  # a renewal of what is over
                services.execute(clerk, UUID(str(row.pk)), "looked at", max(row.amount // 2, 1) if half else None)
            tasks.run_due(clock.now())
        else:
            services.refuse(clerk, UUID(str(row.pk)), "legal_review", "looked at")

    def check(self) -> None:
        """What the record says is kept, the core keeps; together never more than stands; nothing beyond its end."""
        from accord.capabilities.controls.models import Control, ReceivedOrder

        tasks.run_due(clock.now())
        kept = 0
        for row in ReceivedOrder.objects.all():
            control = Control.objects.filter(pk=row.pk).first()
            in_force = control is not None and control.ended_at is None
            status = self.core.status(UUID(str(row.pk)))
            assert row.kept == (status.amount if status else 0), (row.kind, row.state)
            assert in_force == (row.state in (State.EXECUTED, State.EXECUTED_PARTLY) and control is not None)
            assert row.kept <= row.amount
            if in_force:
                assert control.until > clock.now()
                assert status is not None
                assert status.until == control.until == row.until
            kept += row.kept
        assert kept <= STOLEN_LEFT


@examples(30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=_STEPS)
def test_the_record_and_the_core_agree_whatever_comes(automatic: None, steps: list[tuple[str, int, int, str]]) -> None:
    from accord.capabilities.controls.models import Agreement, BankRule, Control, ReceivedOrder
    from accord.capabilities.controls.services.rules import AgreementFacts
    from accord.capabilities.people.models import User
    from accord.core.money import Money

    Control.objects.all().delete()
    ReceivedOrder.objects.all().delete()
    head = User.objects.get(username="head")
    if not Agreement.objects.filter(sender=OTHER).exists():
        services.agree(head, AgreementFacts(OTHER, "Another", ["stop_payment", "renewal", "freeze"], 48))
        services.set_rule(head, OTHER, "stop_payment", Money(1_000, "CNY"))
        services.set_rule(head, OTHER, "renewal")
    assert BankRule.objects.filter(ended_at=None).count() >= 5
    day = SteppedClock(at(15))
    with TemporaryDirectory() as folder, clock.using(day):
        banks = town().banks(Path(folder), overdraft=False)
        try:
            core = SandboxCore(banks, BANK)
            with core_line.using(core):
                bank = _Bank(day, core)
                for step in steps:
                    bank.step(*step)
                    bank.check()
                day.advance_to(clock.now() + 100 * HOUR)
                bank.check()
                assert not Control.objects.filter(ended_at=None).exists()
        finally:
            banks.close()


def test_a_moment_is_never_compared_without_its_zone() -> None:
    order = replace(hold(), until=datetime(2026, 3, 21))  # noqa: DTZ001 - what a broken line might send
    with pytest.raises(Exception, match="zone"):
        services.take_order(channel(), order)
