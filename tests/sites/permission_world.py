"""A centre in the middle of its work: what people may or may not see of it, and who they are.

What is secret stands in `World.secrets`: no answer to somebody without permission may hold any of it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any, Final
from uuid import UUID

from desk_claims_world import JOINT, MULE, SECOND, VICTIM, Chase, answer, called, held, next_answer
from desk_orders_world import drafted
from django.contrib.auth.hashers import make_password
from liaison_world import liaison_world
from permission_remedies import add_remedies

from accord.adapters.iso20022.recall import read_recall, write_recall
from accord.adapters.iso20022.recalls import KnownReferences, recall_draft
from accord.adapters.iso20022.resolution import RecallResolution, write_resolution
from accord.capabilities.claims import services as claims
from accord.capabilities.claims.models import Claim, PlanItem
from accord.capabilities.controls.permissions import InboxPermission
from accord.capabilities.orders import services as orders
from accord.capabilities.orders.kinds import OrderKind
from accord.capabilities.orders.messages import message_of
from accord.capabilities.orders.models import Escalation, Order
from accord.capabilities.orders.services import ContactFacts
from accord.capabilities.orders.services.decide import FirstResponse
from accord.capabilities.people import services as people
from accord.capabilities.people.models import AgencyKind, FactorKind, Role, SecondFactor, User, UserSession
from accord.capabilities.people.policy import ROLE_PURPOSES
from accord.capabilities.reports import services as reports
from accord.capabilities.reports.models import Report, ReportIdentifier, Shift, StatementLine
from accord.core import clock
from accord.core.money import Money

PASSWORD: Final = "a password of the tests alone"

_NARRATIVE: Final = "The caller named himself Inspector Zhao and gave the site secure-refund-desk.example.net."
_STATEMENT: Final = b"id,time,debtor,creditor,amount,currency\nE2E-1,2026-03-05T11:00:00+08:00,1,2,10.00,CNY\n"
_AMOUNT: Final = Money(1_234_567, "CNY")
_BANK: Final = "PAPERBANK"
_UETR: Final = "8a562c67-ca16-48ba-b074-65581be6f011"


@dataclass
class World:
    """`things` are ids, files and words by name, as the table names them; `own` are those that each role has for itself."""

    users: dict[str, User]
    things: dict[str, Any] = field(default_factory=dict)
    own: dict[str, dict[str, Any]] = field(default_factory=dict)
    secrets: set[str] = field(default_factory=set)

    def thing(self, name: str, role: str) -> Any:
        """The thing called `name`: one's own where each has one; a stranger names an officer's."""
        own = self.own.get(role, self.own["officer"])
        return own[name] if name in own else self.things[name]


def people_of(roles: Iterable[str]) -> dict[str, User]:
    password = make_password(PASSWORD)
    return {role: User.objects.create(username=f"a-{role}", role=role, password=password) for role in roles}


def centre_world(users: dict[str, User]) -> World:
    """A colleague has done everything there, so that nobody of any role meets drafts of their own."""
    world = World(users)
    colleague = User.objects.create(username="colleague", role=Role.OFFICER)
    _claim(world, colleague)
    _first_orders(world, colleague)
    _drafts(world, colleague)
    _desk(world, colleague)
    add_remedies(world, colleague)
    _partners(world, colleague)
    accounts(world)
    return world


def _partners(world: World, colleague: User) -> None:
    found = liaison_world(colleague, Claim.objects.get(pk=world.things["claim"]))
    world.things |= found.things
    world.secrets |= found.secrets


def _claim(world: World, colleague: User) -> None:
    """Two banks have answered; one hold is in force, one is proposed, and one exit waits for somebody to act."""
    chase = called(colleague)
    claims.answered(chase.asked.pk, answer(chase))
    claims.answered(chase.enquiry_to("NEXTBANK").pk, next_answer(chase))
    (order,) = orders.approve_plan(colleague, chase.claim.pk, [_line(chase, MULE)])
    held(order, 30_000)
    report = Report.objects.get(pk=chase.claim.report_id)
    world.things |= {
        "report": report.pk,
        "claim": chase.claim.pk,
        "order": order.pk,
        "line": _line(chase, SECOND),
        "exit": PlanItem.objects.filter(claim=chase.claim).exclude(transfer="").values_list("pk", flat=True)[0],
    }
    world.secrets |= {MULE, SECOND, JOINT, VICTIM, chase.claim.reference, order.reference, report.reference, report.code}
    world.secrets |= {report.callback_number, "1,000.00", "500.00", "MULEBANK", "NEXTBANK"}


def _line(chase: Chase, account: str) -> UUID:
    identity: UUID = PlanItem.objects.get(claim=chase.claim, account=account).pk
    return identity


def _first_orders(world: World, colleague: User) -> None:
    """A recall that a bank works on, an order whose answer was of no use, a report that is closed."""
    recall = _call(colleague, "6222000000000077", pending=True)
    orders.mark_sent([recall.order])
    unusable = _call(colleague, "6222000000000088", pending=False)
    orders.mark_sent([unusable.order])
    orders.fail(unusable.order.pk, "the answer could not be read")
    closed = _call(colleague, "6222000000000099", pending=False)
    reports.close_report(colleague, closed.report.pk, "money returned")
    world.things |= {
        "recall": recall.order.pk,
        "unusable order": unusable.order.pk,
        "closed report": closed.report.pk,
        "answer to the recall": ("answer.xml", _resolution(Order.objects.get(pk=recall.order.pk))),
    }
    for response in (recall, unusable, closed):
        world.secrets |= {response.report.payee_account, response.order.reference, response.report.reference}
    world.secrets |= {str(_AMOUNT.decimal()), f"{_AMOUNT.decimal():,}"}


def _call(colleague: User, account: str, *, pending: bool) -> FirstResponse:
    facts = reports.CallFacts(
        callback_number=f"+86 139 0000 {account[-4:]}",
        payer_bank="HOMEBANK",
        payer_account=VICTIM,
        payee_bank="MULEBANK",
        payee_account=account,
        amount=_AMOUNT,
        about_when=clock.now(),
        still_pending=pending,
    )
    return orders.respond_to_call(colleague, facts)


def _resolution(recall: Order) -> bytes:
    """The file with which a bank says that it is looking at the recall."""
    draft = read_recall(write_recall(recall_draft(message_of(recall), clock.now(), KnownReferences(_UETR, "", "", ""))))
    asked = draft.assignment
    back = replace(asked, id="B-1", assigner=asked.assignee, assignee=asked.assigner)
    return write_resolution(RecallResolution(back, draft.payment, "PDCR", reasons=()))


def _drafts(world: World, colleague: User) -> None:
    """A draft that waits for a second person, an order sent in an emergency, one that nobody answers."""
    chief = User.objects.create(username="chief", role=Role.SUPERVISOR)
    contact = orders.add_contact(chief, ContactFacts("NEXTBANK", 1, 0, "Sister Luo", "+65 6000 0001"))
    draft = drafted(colleague, OrderKind.LIMIT)
    emergency = drafted(colleague, OrderKind.NUMBER_BLOCK)
    orders.send_in_emergency(colleague, emergency.pk, "he is calling now")
    silent = drafted(colleague, OrderKind.PRESERVATION)
    orders.approve(chief, [silent.pk])
    orders.mark_sent([silent])
    escalation = Escalation.objects.create(
        order=silent, step=1, contact_name=contact.name, contact_reach=contact.reach, at=clock.now()
    )
    world.things |= {
        "draft": draft.pk,
        "emergency": emergency.pk,
        "silent order": silent.pk,
        "escalation": escalation.pk,
        "contact": contact.pk,
        "kind of order": "number-block",
    }
    world.secrets |= {"Sister Luo", "70-9999", "13900000009", *(each.reference for each in (draft, emergency, silent))}


def _desk(world: World, colleague: User) -> None:
    report = world.things["report"]
    reports.add_narrative(colleague, report, _NARRATIVE)
    reports.hand_over(colleague, "ask MULEBANK again at one")
    line = StatementLine.objects.create(
        report_id=report, transfer="E2E-9", time=clock.now(), debtor=VICTIM, creditor=MULE, amount=100_000, currency="CNY"
    )
    world.things |= {
        "identifier": ReportIdentifier.objects.filter(report=report).values_list("pk", flat=True)[0],
        "shift": Shift.objects.exclude(handed_over_at=None).get().pk,
        "statement line": line.pk,
        "statement": ("statement.csv", _STATEMENT),
    }
    world.secrets |= {"Inspector Zhao", "secure-refund-desk", "again at one"}


def accounts(world: World) -> None:
    """What an administrator keeps, and what everyone has of their own."""
    administrator = world.users[Role.ADMINISTRATOR]
    people.add_agency(administrator, _BANK, "Paper Bank", "", AgencyKind.BANK)
    account = people.add_service_account(administrator, "line-of-a-bank", _BANK)
    token, secret = people.issue_token(administrator, account, [InboxPermission.SUBMIT])
    somebody = User.objects.create(username="somebody-else", role=Role.OFFICER)
    world.things |= {"user": somebody.pk, "service account": account.pk, "token": token.prefix, "agency": _BANK}
    world.secrets |= {secret, "somebody-else", "line-of-a-bank"}
    for role, user in world.users.items():
        world.own[role] = {
            "session": _other_session(user).pk,
            "factor": _app(user).pk,
            "purpose": str(ROLE_PURPOSES.get(role, ("case_work",))[-1]),
        }


def _other_session(user: User) -> UserSession:
    now = clock.machine_now()
    return UserSession.objects.create(user=user, session_key=f"other-{user.username}", started_at=now, last_seen_at=now)


def _app(user: User) -> SecondFactor:
    return SecondFactor.objects.create(user=user, kind=FactorKind.TOTP, created_at=clock.machine_now())
