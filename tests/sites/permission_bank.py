"""A bank's node in the middle of its work: orders that wait, are in force or are stuck, enquiries, agreements and rules."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final
from uuid import UUID

from bank_at_work import AUTHORITY, BANK, CENTRE, channel, enquiry, hold, town
from permission_world import World, accounts, people_of
from small_world import at

from accord.adapters.sandbox_core import SandboxCore
from accord.capabilities.controls import core_line, services, tasks
from accord.capabilities.controls.life_cycle import State
from accord.capabilities.controls.models import Agreement, EnquiryState, ReceivedEnquiry, ReceivedOrder
from accord.capabilities.controls.services.rules import KINDS_FOR_BANKS, AgreementFacts
from accord.capabilities.people.models import Role, User
from accord.core import clock
from accord.core.money import Money

if TYPE_CHECKING:
    from collections.abc import Iterable

    from accord.capabilities.orders.ports import OrderMessage

OPENED: Final = at(70)
"""After the moment from which the holder may be told."""
_OTHER: Final = "SG-CENTRE"
"""Its enquiries wait for a person."""
SETTINGS: Final = {
    "ACCORD_AGENCY": BANK,
    "ACCORD_AGENCY_KIND": "bank",
    "LOGIN_REDIRECT_URL": "bank:inbox",
    "ACCORD_LANDING": {"administrator": "accounts:users", "auditor": "bank:audit"},
}


@contextmanager
def bank_world(roles: Iterable[str], folder: Path) -> Iterator[World]:
    """Its core system stays connected for as long as the world is in use."""
    world = World(people_of(roles))
    head = User.objects.create(username="head", role=Role.BANK_SUPERVISOR)
    kinds = [kind.value for kind in KINDS_FOR_BANKS]
    banks = town().banks(folder, overdraft=False)
    with core_line.using(SandboxCore(banks, BANK)):
        services.agree(head, AgreementFacts(CENTRE, "Centre", kinds, 4_416, [AUTHORITY]))
        services.agree(head, AgreementFacts(_OTHER, "Other", kinds, 4_416, [AUTHORITY], answers_enquiries=False))
        rule = services.set_rule(head, CENTRE, "stop_payment", Money(1_000_000, "CNY"))
        _orders(world)
        _enquiries(world)
        world.things |= {"agreement": Agreement.objects.get(sender=CENTRE).pk, "rule": rule.pk}
        world.secrets |= {CENTRE, "10,000.00"}
        accounts(world)
        yield world
    banks.close()


def _orders(world: World) -> None:
    in_force = _taken(hold(reference="O-FORCE-0001"))
    waiting = _taken(hold(amount=77, reference="O-WAITS-0002", verified=False))
    stuck = _taken(hold(amount=88, reference="O-STUCK-0003", verified=False))
    tasks.run_due(clock.now())
    ReceivedOrder.objects.filter(pk=stuck).update(state=State.EXECUTING, next_attempt_at=None)
    world.things |= {"order in force": in_force, "order": waiting, "stuck order": stuck}
    world.secrets |= {"O-FORCE-0001", "O-WAITS-0002", "O-STUCK-0003", "A. Nobody", ">a-1<", "6.00"}


def _taken(order: OrderMessage) -> UUID:
    services.take_order(channel(), order)
    return order.order_id


def _enquiries(world: World) -> None:
    waiting, stuck = enquiry(), enquiry()
    for asked in (waiting, stuck):
        services.take_enquiry(channel(_OTHER), asked)
    ReceivedEnquiry.objects.filter(pk=stuck.enquiry_id).update(state=EnquiryState.ANSWERING, next_attempt_at=None)
    world.things |= {"enquiry": waiting.enquiry_id, "stuck enquiry": stuck.enquiry_id}
    world.secrets |= {_OTHER, "stolen"}
