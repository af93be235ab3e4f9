"""The pages of a liaison officer, from the overview to an answer that leaves."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from desk_at_work import SignedIn
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import translation

from accord.core import clock
from accord.core.clock import SteppedClock

if TYPE_CHECKING:
    from django.test import Client
    from liaison_world import LiaisonWorld
    from pytest_django.fixtures import SettingsWrapper

    from accord.capabilities.people.models import User

pytestmark = pytest.mark.django_db


@pytest.fixture
def liaison_officer(db: None) -> User:
    from accord.capabilities.people.models import Role, User

    made: User = User.objects.create(username="lia", role=Role.LIAISON)
    return made


@pytest.fixture
def world(settings: SettingsWrapper, desk_clock: SteppedClock, liaison_officer: User) -> Iterator[LiaisonWorld]:
    from liaison_world import OWN_CENTRE, liaison_world

    from accord.capabilities.claims.models import Claim
    from accord.capabilities.exchange.partners import keyring

    for name, value in OWN_CENTRE.items():
        setattr(settings, name, value)
    claim = Claim.objects.create(amount=500_000, currency="CNY", rule="fifo", opened_at=clock.now())
    with keyring.using(keyring.SoftwareRing()):
        yield liaison_world(liaison_officer, claim)


@pytest.fixture
def desk(world: LiaisonWorld, liaison_officer: User, signed_in: SignedIn) -> Client:
    return signed_in(liaison_officer)


def text(response: Any) -> str:
    assert response.status_code in (200, 400), response.status_code
    content: str = response.content.decode()
    return content


def at(world: LiaisonWorld, path: str) -> str:
    return path.format(**{name.replace(" ", "_"): value for name, value in world.things.items()})


PATHS = (
    "/partners/",
    "/partners/rows/",
    "/partners/own/",
    "/partners/at/{partner}/",
    "/partners/at/{pending_partner}/",
    "/partners/agreements/",
    "/partners/agreements/new/",
    "/partners/agreements/{signed_agreement}/",
    "/partners/agreements/{received_agreement}/",
    "/partners/agreements/{draft_agreement}/",
    "/partners/requests/",
    "/partners/requests/rows/?show=all",
    "/partners/requests/new/?claim={asked_about}",
    "/partners/requests/new/?claim={asked_about}&partner={partner}",
    "/partners/requests/{asked_request}/",
    "/partners/requests/{received_request}/",
    "/partners/waiting/",
    "/partners/enquiries/{foreign_enquiry}/",
    "/partners/orders/{foreign_order}/",
    "/partners/orders/{automatic_order}/",
    "/partners/envelopes/",
    "/partners/envelopes/?direction=in&kind=request",
    "/partners/parity/",
)


@pytest.mark.parametrize("language", ["en", "zh-hans"])
@pytest.mark.parametrize("path", PATHS)
def test_every_page_opens(desk: Client, world: LiaisonWorld, path: str, language: str) -> None:
    with translation.override(language):
        content = text(desk.get(at(world, path)))
    assert "<h1>" in content or "rows" in path
    assert "{%" not in content


def test_a_partner_is_confirmed_by_an_administrator_with_the_words_that_are_not_shown(
    world: LiaisonWorld, node_administrator: User, signed_in: SignedIn
) -> None:
    from accord.capabilities.exchange.models import Partner
    from accord.capabilities.exchange.partners import cards
    from accord.capabilities.exchange.partners.services.partners import asked_words, fingerprint_of

    desk, path = signed_in(node_administrator), at(world, "/partners/at/{pending_partner}/")
    partner = Partner.objects.get(pk=world.things["pending partner"])
    words = cards.words(fingerprint_of(partner), "en")
    asked = asked_words(partner, node_administrator)
    page = text(desk.get(path))
    assert [f"<li>{words[place - 1]}</li>" in page for place in asked] == [False, False], "the partner has to say these two"
    wrong = desk.post(f"{path}confirm/", {f"word-{place}": "zoo" for place in asked})
    assert wrong.status_code == 400
    partner.refresh_from_db()
    assert partner.state == "pending"
    done = desk.post(f"{path}confirm/", {f"word-{place}": words[place - 1] for place in asked})
    assert done.status_code == 302
    partner.refresh_from_db()
    assert (partner.state, partner.confirmed_by) == ("confirmed", node_administrator.username)


def test_an_agreement_is_signed_only_after_a_second_look(
    world: LiaisonWorld, desk_supervisor: User, signed_in: SignedIn, desk: Client
) -> None:
    from accord.capabilities.exchange.models import Agreement, Outgoing

    path = at(world, "/partners/agreements/{received_agreement}/")
    assert desk.post(f"{path}sign/", {"confirmed": "yes"}).status_code == 403, "a liaison officer only prepares agreements"
    chief = signed_in(desk_supervisor)
    asked = text(chief.post(f"{path}sign/"))
    assert 'name="confirmed" value="yes"' in asked
    row = Agreement.objects.get(pk=world.things["received agreement"])
    assert row.state == "received"
    assert chief.post(f"{path}sign/", {"confirmed": "yes"}).status_code == 302
    row.refresh_from_db()
    assert (row.state, row.signed_by) == ("signed", desk_supervisor.username)
    assert Outgoing.objects.filter(kind="agreement", partner=row.partner).exists()


def test_a_change_of_an_agreement_shows_what_changes(desk: Client, world: LiaisonWorld) -> None:
    page = text(desk.get(at(world, "/partners/agreements/{received_agreement}/")))
    assert "<del>Agreement between CN-ASC and SG-ASC</del>" in page
    assert "<ins>The next one</ins>" in page
    assert "The centre of CN: deals with by itself" in page or "CN-ASC: deals with by itself" in page
    assert "<ins>Enquiry\nOrder</ins>" in page, "codes of messages are words"
    assert "parties[CN-ASC].automatic" in page, "the place in the document stands beside them"


def test_every_field_that_may_be_disclosed_has_words() -> None:
    from accord.capabilities.exchange.agreements.fields import disclosable
    from accord.capabilities.exchange.messages import BODIES
    from accord.sites.liaison.field_words import FIELDS

    assert {kind: set(FIELDS.get(kind, {})) for kind in BODIES} == {kind: set(disclosable(kind)) for kind in BODIES}


def test_every_place_of_an_agreement_has_its_clause() -> None:
    from federation_kit.terms import terms_between

    from accord.capabilities.exchange.agreements import documents
    from accord.sites.liaison.difference_words import changes

    stated = documents.document(terms_between("CN-ASC", "SG-ASC", title="All of it"))
    found = list(changes(documents.diff({"title": "Before"}, stated)))
    assert [change.path for change in found if change.clause == change.path] == []


def test_figures_say_names_and_refusals_in_words(desk: Client, world: LiaisonWorld) -> None:
    page = text(desk.get("/partners/parity/", {"partner": "SG-ASC"}))
    assert 'The centre of SG-ASC <span class="quiet nowrap">SG-ASC</span>' in page
    nothing = text(desk.get("/partners/parity/", {"partner": "SG-ASC", "since": "2000-01-01", "until": "2000-01-02"}))
    assert "Neither side asked anything in this time." in nothing


def test_a_draft_comes_from_the_template_that_was_filled_in(desk: Client, world: LiaisonWorld) -> None:
    from federation_kit.terms import terms_between

    from accord.capabilities.exchange.agreements import documents
    from accord.capabilities.exchange.models import Agreement

    example = desk.get("/partners/agreements/template/", {"partner": "SG-ASC"})
    assert example.content.startswith(b"#") or b"REPLACE" in example.content
    stated = documents.document(terms_between("CN-ASC", "SG-ASC", title="From a file", retention_days=7))
    file = SimpleUploadedFile("agreement.json", json.dumps(stated).encode())
    done = desk.post("/partners/agreements/new/", {"document": file})
    assert done.status_code == 302
    row = Agreement.objects.get(state="draft", document__title="From a file")
    assert done.headers["Location"].endswith(f"{row.pk}/")
    broken = desk.post("/partners/agreements/new/", {"document": SimpleUploadedFile("a.json", b'{"title": 5}')})
    assert broken.status_code == 400
    assert Agreement.objects.count() == 4


def test_a_request_begins_with_the_template_and_offers_what_is_agreed(desk: Client, world: LiaisonWorld) -> None:
    from accord.capabilities.exchange.models import Outgoing, PartnerRequest

    path = at(world, "/partners/requests/new/?claim={asked_about}&partner=SG-ASC")
    page = text(desk.get(path))
    assert 'value="amber+strict"' in page
    assert "TLP:GREEN" not in page
    assert "TLP:AMBER<" not in page, "a label is as strict as agreed, or stricter"
    sent = {
        "kind": "information",
        "offence": "fraud",
        "purpose": "fraud_funds",
        "language": "en",
        "wanted": "Where does the money go?",
        "tlp": "red",
        "pap": "green",
    }
    assert desk.post(path, sent | {"wanted": ""}).status_code == 400
    assert desk.post(path, sent | {"tlp": "clear"}).status_code == 400
    assert desk.post(path, sent | {"kind": "hold"}).status_code == 400
    assert PartnerRequest.objects.filter(outgoing=True).count() == 1
    done = desk.post(path, sent)
    assert done.status_code == 302
    request = PartnerRequest.objects.exclude(pk=world.things["asked request"]).get(outgoing=True)
    assert request.label["tlp"] == "red"
    assert Outgoing.objects.filter(pk=request.pk, kind="request").exists()


def test_a_hold_that_people_ask_for_is_ordered_from_a_form_that_is_filled_in(
    world: LiaisonWorld, duty_officer: User, liaison_officer: User, signed_in: SignedIn
) -> None:
    from accord.capabilities.exchange.models import ForeignOrder, PartnerRequest

    request = PartnerRequest.objects.get(pk=world.things["received request"])
    request.kind = "hold"
    request.body |= {"kind": "hold", "account": "70-1234", "institution": "MULEBANK", "amount": 12_300, "currency": "CNY"}
    request.save()
    path = f"/partners/requests/{request.pk}/"
    assert "order-hold" not in text(signed_in(liaison_officer).get(path)), "who may not draft orders orders nothing"
    assert signed_in(liaison_officer).get(f"{path}hold/").status_code == 403
    desk = signed_in(duty_officer)
    assert "order-hold" in text(desk.get(path))
    page = text(desk.get(f"{path}hold/"))
    for known in ("70-1234", "MULEBANK", "123.00", "CNY"):
        assert f'value="{known}"' in page
    facts = {"institution": "MULEBANK", "account": "70-1234", "amount": "123.00", "currency": "CNY", "reason": "a clear case"}
    assert desk.post(f"{path}hold/", facts | {"amount": "much"}).status_code == 400
    shown = text(desk.post(f"{path}hold/", facts))
    assert 'name="confirmed"' in shown, "shown once more before it is done"
    refused = text(desk.post(f"{path}hold/", facts | {"confirmed": "yes"}))
    assert "which payment reached it" in refused
    assert not ForeignOrder.objects.filter(message=request.pk).exists()


def test_an_answer_leaves_and_a_refusal_needs_a_ground(desk: Client, world: LiaisonWorld) -> None:
    from accord.capabilities.exchange.models import Outgoing, PartnerRequest

    path = at(world, "/partners/requests/{received_request}/")
    assert desk.post(f"{path}answer/", {"outcome": "refused", "text": "no"}).status_code == 400
    assert desk.post(f"{path}answer/", {"outcome": "sometimes", "text": "no"}).status_code == 400
    assert not Outgoing.objects.filter(kind="request_answer").exists()
    assert desk.post(f"{path}take/").status_code == 302
    assert desk.post(f"{path}note/", {"text": "Soon.", "escalate": "yes"}).status_code == 302
    assert desk.post(f"{path}answer/", {"outcome": "refused", "ground": "political", "text": "no"}).status_code == 302
    request = PartnerRequest.objects.get(pk=world.things["received request"])
    assert (request.state, request.taken_by, request.escalated) == ("refused", "lia", True)
    assert "The offence is a political one" in text(desk.get(path))


def test_lists_go_out_as_files_without_what_was_said(desk: Client, world: LiaisonWorld) -> None:
    from liaison_world import SECRET

    from accord.capabilities.people.models import AuditEntry

    for path in ("/partners/requests/export.csv?show=all", "/partners/envelopes/export.csv", "/partners/parity/export.csv"):
        content = desk.get(path).content.decode("utf-8-sig")
        rows = list(csv.reader(io.StringIO(content)))
        assert len(rows) > 1, path
        assert SECRET not in content, path
    assert AuditEntry.objects.filter(action="partner messages exported").exists()


def test_messages_are_found_by_direction_kind_and_what_they_are_about(desk: Client, world: LiaisonWorld) -> None:
    asked = world.things["asked request"]
    page = text(desk.get("/partners/envelopes/", {"direction": "out", "about": str(asked)}))
    assert "1 message" in page
    assert "0 messages" in text(desk.get("/partners/envelopes/", {"direction": "in", "about": str(asked)}))
    assert "1 message" in text(desk.get("/partners/envelopes/", {"kind": "note"}))
    assert desk.get("/partners/envelopes/", {"about": "nonsense"}).status_code == 400


def test_a_partners_order_is_decided_once_more_before_it_is_done(
    world: LiaisonWorld, duty_officer: User, signed_in: SignedIn, desk: Client
) -> None:
    from accord.capabilities.exchange.models import ForeignOrder

    path = at(world, "/partners/orders/{foreign_order}/")
    decision = {"decision": "refuse", "reason": "the account is a court's", "ground": "disproportionate"}
    assert desk.post(f"{path}decide/", decision).status_code == 403, "who may not draft orders decides on none"
    officer = signed_in(duty_officer)
    assert officer.post(f"{path}decide/", decision | {"reason": ""}).status_code == 400
    asked = text(officer.post(f"{path}decide/", {"decision": "accept", "reason": "traced"}))
    assert 'name="confirmed" value="yes"' in asked
    row = ForeignOrder.objects.get(pk=world.things["foreign order"])
    assert row.state == "proposed"
    assert officer.post(f"{path}decide/", decision).status_code == 302
    row.refresh_from_db()
    assert (row.state, row.decided_by) == ("refused", duty_officer.username)


def test_an_automatic_hold_is_confirmed_by_who_may_approve(
    world: LiaisonWorld, duty_officer: User, signed_in: SignedIn, desk: Client
) -> None:
    from accord.capabilities.exchange.models import ForeignOrder

    path = at(world, "/partners/orders/{automatic_order}/")
    assert desk.post(f"{path}confirm/", {"confirmed": "yes"}).status_code == 403
    officer = signed_in(duty_officer)
    assert 'name="confirmed" value="yes"' in text(officer.post(f"{path}confirm/"))
    assert officer.post(f"{path}confirm/", {"confirmed": "yes"}).status_code == 302
    row = ForeignOrder.objects.get(pk=world.things["automatic order"])
    assert (row.confirmed_by, row.confirm_by) == (duty_officer.username, None)


def test_an_alarm_stays_until_somebody_has_looked_at_it(desk: Client, world: LiaisonWorld) -> None:
    assert "somebody asks" in text(desk.get("/partners/"))
    assert desk.post(at(world, "/partners/alarms/{alarm}/seen/")).status_code == 302
    assert "somebody asks" not in text(desk.get("/partners/rows/"))


def test_who_looks_after_partners_sees_no_case(world: LiaisonWorld, node_administrator: User, signed_in: SignedIn) -> None:
    desk = signed_in(node_administrator)
    for path in ("/partners/", "/partners/at/{partner}/"):
        page = text(desk.get(at(world, path)))
        assert [secret for secret in world.secrets if secret in page] == []
    for path in (
        "/partners/requests/",
        "/partners/envelopes/",
        "/partners/parity/",
        "/partners/waiting/",
        "/partners/agreements/",
    ):
        assert desk.get(path).status_code == 403


def test_the_desk_says_that_a_claim_is_a_partners(desk: Client, world: LiaisonWorld) -> None:
    from accord.capabilities.claims.models import Claim
    from accord.capabilities.exchange.models import ForeignEnquiry

    claim = Claim.objects.create(amount=120_000, currency="CNY", rule="fifo", origin="SG-ASC", opened_at=clock.now())
    ForeignEnquiry.objects.filter(pk=world.things["foreign enquiry"]).update(claim=claim)
    page = text(desk.get(f"/claims/{claim.pk}/"))
    assert "CASE-7" in page
    assert "TLP:AMBER · H0 · H1 · PAP:GREEN" in page
    assert claim.reference in text(desk.get("/"))


def test_an_order_says_which_partner_asked_for_it_and_what_a_partners_centre_waits_for(
    desk: Client, world: LiaisonWorld
) -> None:
    from datetime import timedelta

    from accord.capabilities.exchange.models import ForeignOrderPart, SentOrder

    own = ForeignOrderPart.objects.get(foreign=world.things["automatic order"]).order
    assert "O-SG-9" in text(desk.get(f"/orders/{own.pk}/"))
    SentOrder.objects.create(order=own, partner_id="SG-ASC", waits_for="officer")
    assert "an officer there has to decide" in text(desk.get(f"/orders/{own.pk}/"))
    confirm_by = clock.now() + timedelta(hours=20)
    SentOrder.objects.update(waits_for="", automatic=True, confirm_by=confirm_by)
    page = text(desk.get(f"/orders/{own.pk}/"))
    assert "Held automatically at" in page
    assert "an officer there has to decide" not in page


def test_a_centre_without_keys_says_how_to_make_them(
    liaison_officer: User, signed_in: SignedIn, desk_clock: SteppedClock
) -> None:
    assert "accord partners keys make" in text(signed_in(liaison_officer).get("/partners/own/"))
