"""Two centres whose rows lie in one store: CN-ASC, where victims call, and TH-AOC, whose banks are the small world's.

What one queues for the other is carried over as it would be applied there, agreement and all; only keys and lines are left
out. A row belongs to TH-AOC where its claim has an origin. Everything runs in the test's own thread and transaction.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import msgspec
from django.test import override_settings
from small_world import call_of

from accord.adapters.partner_line.taker import PartnerTaker
from accord.capabilities.claims import services as claims
from accord.capabilities.claims import tasks as claim_tasks
from accord.capabilities.claims import territory
from accord.capabilities.claims.models import Enquiry, EnquiryState, StandingAmount
from accord.capabilities.claims.ports import AccountStanding, CentreAnswer, Credit, EnquiryAnswer
from accord.capabilities.exchange.agreements import documents
from accord.capabilities.exchange.agreements.terms import AccountDetail
from accord.capabilities.exchange.channel.services import applying
from accord.capabilities.exchange.crossborder.services.enquiries import cases
from accord.capabilities.exchange.crossborder.services.orders import foreign_orders
from accord.capabilities.exchange.kinds import UNDER_NO_AGREEMENT
from accord.capabilities.exchange.models import (
    Agreement,
    AgreementState,
    ForeignEnquiry,
    Incoming,
    Outgoing,
    OutgoingState,
    Partner,
    PartnerState,
)
from accord.capabilities.orders import services as orders
from accord.capabilities.orders import tasks as order_tasks
from accord.capabilities.orders.life_cycle import WAITING
from accord.capabilities.orders.messages import message_of
from accord.capabilities.orders.models import Order
from accord.capabilities.people.policy import NODE
from accord.capabilities.reports import services as reports
from accord.core import clock
from accord.core.errors import AccordError
from accord.core.money import Money
from accord.core.object_ids import new_id
from accord.engine.tracing.model import Rule
from federation_kit.terms import terms_between, with_party

if TYPE_CHECKING:
    from accord.adapters.sandbox_bank import SandboxBanks
    from accord.capabilities.claims.models import Claim
    from accord.capabilities.exchange.agreements.terms import AgreementTerms
    from accord.capabilities.orders.ports import OrderTaker
    from accord.capabilities.people.models import User

A: Final = "CN-ASC"
B: Final = "TH-AOC"
COVERS: Final = {A: ("BANKV", "BANKA"), B: ("BANKB", "BANKC", "BANKD")}
COUNTRY: Final = {A: "CN", B: "TH"}


def terms(**changes: Any) -> AgreementTerms:
    return terms_between(A, B, **changes)


def asking_people_first(stated: AgreementTerms) -> AgreementTerms:
    """The same terms without anything that TH-AOC may do by itself."""
    return with_party(stated, B, automatic=())


class Border:
    """The two centres; `banks` are TH-AOC's, which answer its enquiries and obey its orders."""

    def __init__(self, banks: SandboxBanks, stated: AgreementTerms) -> None:
        self.banks = banks
        for code in (A, B):
            Partner.objects.create(
                code=code,
                name=f"Centre {code}",
                jurisdiction=COUNTRY[code],
                institutions=list(COVERS[code]),
                card={},
                state=PartnerState.CONFIRMED,
                added_at=clock.now(),
            )
        self.agree(stated)

    def agree(self, stated: AgreementTerms) -> None:
        """Put an agreement in force in the place of the one before."""
        now = clock.now()
        Agreement.objects.update(replaced_at=now)
        document = documents.document(stated)
        for code in (A, B):
            Agreement.objects.update_or_create(
                partner_id=code,
                hash=documents.hash_of(document),
                defaults={
                    "document": document,
                    "state": AgreementState.SIGNED,
                    "own_signature": "ours",
                    "partner_signature": "theirs",
                    "drafted_at": now,
                    "starts_at": stated.starts_at,
                    "ends_at": stated.ends_at,
                    "replaced_at": None,
                },
            )

    @contextmanager
    def at(self, agency: str) -> Iterator[None]:
        """Be the node of this agency."""
        named = {"ACCORD_AGENCY": agency, "ACCORD_JURISDICTION": COUNTRY[agency]}
        with override_settings(**named, ACCORD_COVERS_INSTITUTIONS=COVERS[agency], ACCORD_COVERS_COUNTRIES=(COUNTRY[agency],)):
            yield

    def traced(
        self, officer: User, amount: int = 1_000, rule: Rule = Rule.FIFO, detail: AccountDetail = AccountDetail.BANK
    ) -> Claim:
        """A claim of CN-ASC that has been followed at TH-AOC: it knows one total a bank, or one in all, of what is there."""
        transfer = "T0"
        with self.at(A):
            report = reports.take_report(officer, call_of(amount, payee="b-1", callback_number="+8613900000002"))
            claim = claims.open_claim(officer, report.pk, report.money, rule)
            case = cases.pseudonym_of(B, claim.pk)
        units = ((0, amount),) if rule.keeps_parcels else ()
        credit = Credit(transfer, amount, "CNY", units)
        with self.at(B):
            there = claims.open_foreign_claim(A, Money(amount, "CNY"), rule, [("BANKB", credit)])
            ForeignEnquiry.objects.create(
                id=new_id(),
                partner_id=A,
                agreement=Agreement.objects.get(partner=A, replaced_at=None).hash,
                case=case,
                rule=rule,
                credits=[{"transfer": transfer, "amount": amount, "currency": "CNY", "institution": "BANKB"}],
                budget={},
                label={},
                claim=there,
                message=new_id(),
                received_at=clock.now(),
                answer_due_at=clock.now() + timedelta(minutes=15),
            )
        self.settle()
        totals: Counter[tuple[str, str]] = Counter()
        for row in StandingAmount.objects.filter(claim=there):
            if detail is AccountDetail.BANK:
                totals[f"bank:{row.institution}:{row.currency}", row.institution] += row.amount
            else:
                totals[f"total:{row.currency}", ""] += row.amount
        standing = tuple(AccountStanding(place, total, "CNY", bank=bank) for (place, bank), total in totals.items())
        with self.at(A):
            asked = claims.start_at(NODE, claim.pk, "BANKB", credit)
            assert asked is not None
            claims.take_answers({asked.pk: CentreAnswer(clock.now(), (), standing, (), ())})
        return claim

    def settle(self) -> None:
        """Do whatever is due on both sides, and carry what they say, until nothing is."""
        while self.work() or self.carry():
            pass

    def work(self) -> int:
        """Orders and questions that are due go to whom they concern, and partners' orders are looked after."""
        done = 0
        for order in Order.objects.filter(state__in=WAITING, next_attempt_at__lte=clock.now()).select_related("claim"):
            done += self.send(order)
        due = Enquiry.objects.exclude(claim__origin="").filter(
            state__in=(EnquiryState.QUEUED, EnquiryState.ACKNOWLEDGED), next_attempt_at__lte=clock.now()
        )
        for enquiry in due:
            with self.at(B):
                told = claim_tasks._ask(enquiry, self.banks.holder, B)
                assert isinstance(told, EnquiryAnswer), "these banks answer at once"
                claims.take_answers({enquiry.pk: told})
            done += 1
        with self.at(B):
            return done + foreign_orders.answer_due_orders(clock.now()) + foreign_orders.lapse_due(clock.now())

    def send(self, order: Order) -> int:
        """Send an order: one of TH-AOC to its bank, one of CN-ASC to TH-AOC."""
        side = B if order.claim is not None and order.claim.origin else A
        with self.at(side):
            orders.mark_sent([order])
            reply: Any
            try:
                reply = order_tasks._send(message_of(order), self.taker_of)
            except AccordError as error:
                reply = error
            order_tasks._take_all({order.pk: (order, reply)})
        return 1

    def taker_of(self, institution: str) -> OrderTaker:
        """As seen by the centre that we are at: its own banks, and the other centre for all others."""
        return PartnerTaker(B) if territory.is_abroad(institution) else self.banks.bank(institution)

    def queued(self, sender: str) -> list[Outgoing]:
        """What one side has said and the other has not heard yet."""
        rows = Outgoing.objects.filter(partner_id=B if sender == A else A, state=OutgoingState.QUEUED)
        return [row for row in rows.order_by("sequence") if row.kind not in UNDER_NO_AGREEMENT]

    def carry(self) -> int:
        """Carry all that was said over, in order. How many messages."""
        return sum(self.deliver(row, sender) for sender in (A, B) for row in self.queued(sender))

    def deliver(self, row: Outgoing, sender: str) -> int:
        """Apply one message at the other side; a copy that comes later is known there by its id."""
        row.state = OutgoingState.DELIVERED
        row.save(update_fields=["state"])
        with self.at(B if sender == A else A):
            come, fresh = Incoming.objects.get_or_create(
                pk=row.pk,
                defaults={
                    "partner_id": sender,
                    "epoch": row.epoch,
                    "sequence": row.sequence,
                    "kind": row.kind,
                    "agreement": row.agreement,
                    "label": row.label,
                    "in_reply_to": row.in_reply_to,
                    "about": row.about,
                    "body": msgspec.json.decode(msgspec.json.encode(row.body)),
                    "signed": "",
                    "content_hash": row.content_hash,
                    "received_at": clock.now(),
                },
            )
            if fresh:
                applying.apply_next(sender)
                come.refresh_from_db()
        return 1

    def said(self, sender: str, kind: str) -> list[dict[str, Any]]:
        """The bodies of what one side has said of one kind, in order."""
        rows = Outgoing.objects.filter(partner_id=B if sender == A else A, kind=kind).order_by("sequence")
        return [row.body for row in rows]

    def kept_by_banks(self) -> int:
        """Minor units that the banks of TH-AOC keep now."""
        now = clock.to_micros(clock.now())
        return sum(hold.amount for hold in self.banks.placed_holds() if hold.active(now))
