"""Any number of centres whose rows lie in one store, over the banks of one small world: for tests of what crosses borders.

Each bank belongs to one centre. What one centre queues for another is applied there by the real receiving code, agreement and
all; only seals and lines are left out, and all centres sign with one key. A claim without origin is the first centre's, any
other that of the centre whose bank its money reached. Everything runs in the test's own thread and transaction.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import groupby
from typing import TYPE_CHECKING, Any

import msgspec
from django.conf import settings
from django.test import override_settings

from accord.adapters.partner_line.holder import PartnerHolder
from accord.capabilities.claims import services as claims
from accord.capabilities.claims import tasks as claim_tasks
from accord.capabilities.claims import territory
from accord.capabilities.claims.models import Claim, Enquiry, EnquiryState
from accord.capabilities.claims.ports import EnquiryAnswer, LedgerHolder
from accord.capabilities.exchange.agreements import documents
from accord.capabilities.exchange.channel.services import applying
from accord.capabilities.exchange.crossborder.services.enquiries import answers
from accord.capabilities.exchange.kinds import UNDER_NO_AGREEMENT
from accord.capabilities.exchange.models import (
    Agreement,
    AgreementState,
    ForeignEnquiry,
    Incoming,
    KeyUse,
    Outgoing,
    OwnKey,
    Partner,
    PartnerKey,
    PartnerState,
)
from accord.capabilities.exchange.partners import keyring
from accord.core import clock
from accord.core.errors import AccordError

if TYPE_CHECKING:
    from accord.adapters.sandbox_bank import SandboxBanks
    from accord.capabilities.exchange.agreements.terms import AgreementTerms

Pair = tuple[str, str]


class Centres:
    """`covers` says which banks are whose, the victim's centre first; `agreements` are those between pairs of them."""

    def __init__(
        self, banks: SandboxBanks, covers: Mapping[str, Sequence[str]], agreements: Mapping[Pair, AgreementTerms]
    ) -> None:
        self.banks = banks
        self.covers = {code: tuple(named) for code, named in covers.items()}
        self.first = next(iter(covers))
        self.senders: dict[Any, str] = {}
        self._agreements: dict[str, list[Any]] = {code: [] for code in covers}
        self._now_at = ""
        key = keyring.ring().make(KeyUse.SIGNING)
        now = clock.now()
        OwnKey.objects.create(kid=key["kid"], use=KeyUse.SIGNING, public=key, made_at=now)
        for code in covers:
            partner = Partner.objects.create(
                code=code,
                name=f"Centre {code}",
                jurisdiction=code[:2],
                institutions=list(self.covers[code]),
                card={},
                state=PartnerState.CONFIRMED,
                added_at=now,
            )
            PartnerKey.objects.create(partner=partner, kid=key["kid"], use=KeyUse.SIGNING, public=key, valid_from=now)
        for pair, stated in agreements.items():
            for own, other in (pair, pair[::-1]):
                self._agreements[own].append(_signed(other, stated))

    @contextmanager
    def at(self, code: str) -> Iterator[None]:
        """Be the node of this centre."""
        assert not self._now_at, f"still at {self._now_at}"
        Agreement.objects.update(state=AgreementState.DRAFT)
        Agreement.objects.filter(pk__in=self._agreements[code]).update(state=AgreementState.SIGNED)
        own = {"ACCORD_AGENCY": code, "ACCORD_JURISDICTION": code[:2], "ACCORD_COVERS_COUNTRIES": (code[:2],)}
        self._now_at = code
        try:
            with override_settings(**own, ACCORD_COVERS_INSTITUTIONS=(*self.covers[code], code)):
                yield
                for row in Outgoing.objects.exclude(pk__in=self.senders):
                    self.senders[row.pk] = code
        finally:
            self._now_at = ""

    def centre_of(self, claim: Claim) -> str:
        """Whose node a claim is kept at."""
        if not claim.origin:
            return self.first
        start = claim.starts.get_queryset().first()
        assert start is not None
        return next(code for code, banks in self.covers.items() if start.institution in banks)

    def settle(self, most: int = 400) -> None:
        """Ask, answer and carry over until nothing is due any more."""
        for _ in range(most):
            if not (self.ask() or self.answer() or self.carry()):
                return
        raise AssertionError(f"still not settled after {most} rounds")

    def ask(self) -> int:
        """Every centre asks whom it has to ask next."""
        waiting = Enquiry.objects.filter(state__in=(EnquiryState.QUEUED, EnquiryState.ACKNOWLEDGED))
        due = list(waiting.filter(next_attempt_at__lte=clock.now()).select_related("claim"))
        for enquiry in due:
            with self.at(self.centre_of(enquiry.claim)):
                self._ask(enquiry)
        return len(due)

    def _ask(self, enquiry: Enquiry) -> None:
        holder = self._holder(enquiry.institution)
        reply: Any
        try:
            reply = claim_tasks._ask(enquiry, lambda _institution: holder, settings.ACCORD_AGENCY)
        except AccordError as error:
            reply = error
        if isinstance(reply, EnquiryAnswer):
            claims.take_answers({enquiry.pk: reply})
        else:
            claim_tasks._note(enquiry, reply)

    def _holder(self, institution: str) -> LedgerHolder:
        if territory.is_abroad(institution):
            return PartnerHolder(territory.holder_of(institution))
        return self.banks.holder(institution)

    def answer(self) -> int:
        """Every centre answers the enquiries of others that are due there."""
        due = ForeignEnquiry.objects.exclude(claim=None).filter(next_attempt_at__lte=clock.now()).select_related("claim")
        done = 0
        for row in list(due):
            assert row.claim is not None
            with self.at(self.centre_of(row.claim)):
                answers._answer(row.pk)
            done += 1
        return done

    def carry(self) -> int:
        """Carry over what was said, in order."""
        rows = [row for row in Outgoing.objects.order_by("queued_at", "sequence") if row.kind not in UNDER_NO_AGREEMENT]
        fresh = [row for row in rows if not Incoming.objects.filter(pk=row.pk).exists()]
        for _, batch in groupby(fresh, key=lambda row: (self.senders[row.pk], row.partner_id)):
            self.deliver_all(list(batch))
        return len(fresh)

    def deliver(self, row: Outgoing) -> Incoming:
        """Apply one message where it was sent to."""
        (come,) = self.deliver_all([row])
        return come

    def deliver_all(self, rows: Sequence[Outgoing]) -> list[Incoming]:
        """Apply messages of one centre where they were sent to, together as far as their kinds allow it."""
        sender = self.senders[rows[0].pk]
        with self.at(rows[0].partner_id):
            come = [self.received(row) for row in rows]
            left = len(rows)
            while left:
                applied, _ = applying.apply_first(sender, left)
                assert applied, "what has come is applied"
                left -= applied
        for row in come:
            row.refresh_from_db()
        return come

    def received(self, row: Outgoing) -> Incoming:
        """A message as the centre keeps it that it was sent to, not applied yet."""
        return Incoming.objects.create(
            pk=row.pk,
            partner_id=self.senders[row.pk],
            epoch=row.epoch,
            sequence=row.sequence * 1_000 + list(self.covers).index(row.partner_id),
            kind=row.kind,
            agreement=row.agreement,
            label=row.label,
            in_reply_to=row.in_reply_to,
            about=row.about,
            body=msgspec.json.decode(msgspec.json.encode(row.body)),
            signed="",
            content_hash=row.content_hash,
            received_at=clock.now(),
        )

    def said(self, sender: str, recipient: str, kind: str = "enquiry_answer") -> list[dict[str, Any]]:
        """The bodies of what one centre has said to another, in order."""
        rows = Outgoing.objects.filter(partner_id=recipient, kind=kind).order_by("queued_at", "sequence")
        return [row.body for row in rows if self.senders.get(row.pk) == sender]


def _signed(partner: str, stated: AgreementTerms) -> Any:
    document = documents.document(stated)
    return Agreement.objects.create(
        partner_id=partner,
        hash=documents.hash_of(document),
        document=document,
        state=AgreementState.SIGNED,
        own_signature="ours",
        partner_signature="theirs",
        drafted_at=clock.now(),
        starts_at=stated.starts_at,
        ends_at=stated.ends_at,
    ).pk
