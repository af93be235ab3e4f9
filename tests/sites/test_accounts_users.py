"""The administrator's pages, who else may not see them, and that being an administrator shows no case."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from desk_at_work import PASSWORD, SignedIn, TakeCall
from django.test import Client
from django.urls import URLPattern

from accord.capabilities.people import services as people
from accord.capabilities.people.models import Agency, AgencyKind, AuditEntry, ReadEntry, Role, ServiceToken, Team, User
from accord.capabilities.people.policy import OPERATOR
from accord.capabilities.people.tokens import service_account_of
from accord.sites.accounts import urls as account_urls
from accord.sites.desk import urls as desk_urls

pytestmark = pytest.mark.database

FIRST = "given in person today"
OWN = {"own", "password", "session-end", "sessions-end-others", "sign-in", "sign-out", "language", "purpose"}
ADMINISTRATION = [
    pattern
    for pattern in account_urls.urlpatterns
    if pattern.name not in OWN and not str(pattern.pattern).startswith(("second-factor/", "sign-in/"))
]


@pytest.fixture
def desk(node_administrator: User, signed_in: SignedIn) -> Client:
    return signed_in(node_administrator)


@pytest.fixture
def police(db: None) -> Agency:
    return people.add_agency(OPERATOR, "PSB", "City police", "市公安局", AgencyKind.POLICE)


def addresses_of(patterns: list[URLPattern], **ids: object) -> Iterator[str]:
    for pattern in patterns:
        address = str(pattern.pattern)
        for name, value in ids.items():
            address = address.replace(f"<uuid:{name}>", str(value)).replace(f"<int:{name}>", str(value))
        yield re.sub(r"<\w+:\w+>", "01900000-0000-7000-8000-000000000000", address)


def test_a_user_is_added_found_changed_and_on_record(desk: Client, police: Agency) -> None:
    team = people.add_team(OPERATOR, "PSB", "Night watch")
    stated = {"username": "zhao", "password": FIRST, "full_name": "赵敏", "role": "officer", "language": "zh-hans"}
    answer = desk.post("/account/users/add/", stated | {"agency": "PSB", "team": str(team.pk)})
    user = User.objects.get(username="zhao")
    assert answer.headers["Location"] == f"/account/users/{user.pk}/"
    assert (user.agency, user.team, user.must_change_password) == (police, team, True)
    for text in ("zhao", "赵", "night", "公安"):
        assert [shown.username for shown in desk.get("/account/users/", {"q": text}).context["page"]] == ["zhao"]
    change = {"full_name": "赵敏", "role": "supervisor", "agency": "PSB", "team": "", "language": "en", "must_enrol": "on"}
    assert desk.post(f"/account/users/{user.pk}/", change).status_code == 302
    user.refresh_from_db()
    assert (user.role, user.team, user.must_enrol) == ("supervisor", None, True)
    entry = AuditEntry.objects.get(action="user changed")
    assert (entry.actor, entry.details["role_before"], entry.details["role"]) == ("root", "officer", "supervisor")
    assert (entry.purpose, entry.object_id) == ("maintenance", str(user.pk))


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"username": "lin"}, "username"),
        ({"username": "node"}, "username"),
        ({"username": "has space"}, "username"),
        ({"username": ""}, "username"),
        ({"password": "short"}, "password"),
        ({"role": "minister"}, "role"),
        ({"agency": "NOBODY"}, "agency"),
        ({"language": "xx"}, "language"),
    ],
)
def test_what_cannot_be_is_told_at_its_field(desk: Client, duty_officer: User, changed: dict[str, str], field: str) -> None:
    stated = {"username": "zhao", "password": FIRST, "role": "officer", "language": "en"}
    answer = desk.post("/account/users/add/", stated | changed)
    assert answer.status_code == 400
    assert list(answer.context["form"].errors) == [field]
    assert not User.objects.filter(username="zhao").exists()


def test_a_team_of_another_agency_is_refused(desk: Client, police: Agency) -> None:
    people.add_agency(OPERATOR, "ACME", "Acme Bank", "", AgencyKind.BANK)
    team = people.add_team(OPERATOR, "ACME", "Fraud desk")
    stated = {"username": "zhao", "password": FIRST, "role": "officer", "language": "en", "agency": "PSB", "team": str(team.pk)}
    assert list(desk.post("/account/users/add/", stated).context["form"].errors) == ["team"]


def test_nobody_changes_their_own_role_or_shuts_themselves_out(desk: Client, node_administrator: User) -> None:
    change = {"full_name": "Admin", "role": "supervisor", "language": "en"}
    assert desk.post(f"/account/users/{node_administrator.pk}/", change).status_code == 403
    assert desk.post(f"/account/users/{node_administrator.pk}/deactivate/").status_code == 403
    node_administrator.refresh_from_db()
    assert (node_administrator.role, node_administrator.is_active) == ("administrator", True)


def test_another_role_begins_with_another_sign_in(desk: Client, duty_officer: User, signed_in: SignedIn) -> None:
    theirs = signed_in(duty_officer)
    desk.post(f"/account/users/{duty_officer.pk}/", {"full_name": "Lin Mei", "role": "officer", "language": "zh-hans"})
    assert theirs.get("/help/").status_code == 200
    desk.post(f"/account/users/{duty_officer.pk}/", {"full_name": "Lin Mei", "role": "auditor", "language": "en"})
    assert theirs.get("/help/").status_code == 302


def test_the_buttons_of_a_user(desk: Client, duty_officer: User, signed_in: SignedIn) -> None:
    page = f"/account/users/{duty_officer.pk}/"
    theirs = signed_in(duty_officer)
    assert desk.post(page + "end-sessions/").status_code == 302
    assert theirs.get("/help/").status_code == 302
    assert desk.post(page + "deactivate/").status_code == 302
    assert desk.post(page + "deactivate/").status_code == 409
    assert desk.post(page + "reactivate/").status_code == 302
    assert desk.post(page + "password/", {"password": "short"}).status_code == 400
    assert desk.post(page + "password/", {"password": FIRST}).status_code == 302
    assert desk.post(page + "unlock/").status_code == 302
    assert desk.post(page + "reset-factor/").status_code == 302
    assert desk.post(page + "promote/").status_code == 404
    duty_officer.refresh_from_db()
    assert duty_officer.check_password(FIRST)
    assert not duty_officer.check_password(PASSWORD)


def test_agencies_and_teams_are_added_once(desk: Client) -> None:
    agency = {"code": "PSB", "name": "City police", "name_zh": "市公安局", "kind": "police"}
    assert desk.post("/account/teams/", agency).status_code == 302
    assert desk.post("/account/teams/", agency).status_code == 400
    assert desk.post("/account/teams/", agency | {"code": "不行"}).status_code == 400
    assert desk.post("/account/teams/", {"agency": "PSB", "team_name": "Night"}).status_code == 302
    assert desk.post("/account/teams/", {"agency": "PSB", "team_name": "night"}).status_code == 400
    assert desk.post("/account/teams/", {"agency": "NOBODY", "team_name": "Day"}).status_code == 400
    assert (Agency.objects.count(), Team.objects.count()) == (1, 1)


def test_a_token_is_issued_shown_once_and_revoked(desk: Client, police: Agency) -> None:
    assert desk.post("/account/service-accounts/", {"name": "psb-feed", "agency": "PSB"}).status_code == 302
    account = desk.get("/account/service-accounts/").context["rows"][0][0]
    page = f"/account/service-accounts/{account.pk}/"
    assert desk.post(page + "token/", {"permissions": ["orders:release"], "days": "90"}).status_code == 400
    assert desk.post(page + "token/", {"permissions": ["inbox:submit"], "days": "400"}).status_code == 400
    shown = desk.post(page + "token/", {"permissions": ["inbox:submit"], "days": "30"})
    secret = shown.context["secret"]
    assert service_account_of(f"Bearer {secret}").agency_code == "PSB"
    assert secret not in desk.get("/account/service-accounts/").content.decode()
    token = ServiceToken.objects.get()
    assert desk.post(f"/account/service-accounts/tokens/{token.prefix}/revoke/").status_code == 302
    assert desk.post(page + "active/", {"active": "no"}).status_code == 302


@pytest.mark.parametrize("role", [role for role in Role if role != Role.ADMINISTRATOR])
def test_pages_of_administration_refuse_every_other_role(role: Role, signed_in: SignedIn, db: None) -> None:
    stranger = people.create_user("stranger", PASSWORD, role)
    client = signed_in(stranger)
    entries = AuditEntry.objects.count()
    for address in addresses_of(ADMINISTRATION, user_id=stranger.pk):
        for action in ("deactivate", "password") if "01900000" in address else ("",):
            where = "/account/" + address.replace("01900000-0000-7000-8000-000000000000", action or "x")
            assert client.get(where).status_code in (403, 404, 405), where
            assert client.post(where, {"password": FIRST}).status_code in (403, 404, 405), where
    assert AuditEntry.objects.count() == entries
    assert 'href="/account/users/"' not in client.get("/help/").content.decode()


@pytest.mark.parametrize("role", [Role.ADMINISTRATOR, Role.AUDITOR])
def test_no_case_page_shows_a_case_to_who_keeps_or_checks_the_node(
    role: Role, duty_officer: User, signed_in: SignedIn, take_call: TakeCall
) -> None:
    taken = take_call(duty_officer)
    secrets = (
        "13900000001",
        "622200000000012345",
        taken.report.reference,
        taken.claim.reference,
        str(taken.order.reference),
        "50,000.00",
    )
    client = signed_in(people.create_user("keeper", PASSWORD, role))
    entries = AuditEntry.objects.count()
    ids = {"report_id": taken.report.pk, "claim_id": taken.claim.pk, "order_id": taken.order.pk, "identifier_id": 1}
    for address in addresses_of(desk_urls.urlpatterns, **ids):
        if address.startswith("audit/"):
            continue
        for answer in (client.get("/" + address), client.post("/" + address, {"reason": "because", "note": "note"})):
            text = answer.content.decode()
            assert answer.status_code < 500, address
            assert not [secret for secret in secrets if secret in text], address
    assert AuditEntry.objects.count() == entries
    assert not ReadEntry.objects.exists()


def test_the_header_offers_the_purposes_of_the_role_and_keeps_the_chosen_one(
    duty_officer: User, signed_in: SignedIn, take_call: TakeCall
) -> None:
    taken = take_call(duty_officer)
    client = signed_in(duty_officer)
    assert client.post("/account/purpose/", {"purpose": "audit"}).status_code == 400
    answer = client.post("/account/purpose/", {"purpose": "training", "next": "/help/"})
    assert answer.headers["Location"] == "/help/"
    assert '<option value="training" selected>' in client.get("/help/").content.decode()
    client.get(f"/reports/{taken.report.pk}/")
    assert set(ReadEntry.objects.values_list("purpose", flat=True)) == {"training"}
    assert {entry.actor for entry in ReadEntry.objects.all()} == {"lin"}


def test_a_page_whose_reads_cannot_be_written_is_not_served(
    duty_officer: User, signed_in: SignedIn, take_call: TakeCall
) -> None:
    taken = take_call(duty_officer)
    client = signed_in(duty_officer)
    ReadEntry.objects.create(seq=1, at=taken.report.created_at, actor="x", purpose="x", object_type="x", link="0" * 64)
    answer = client.get(f"/reports/{taken.report.pk}/")
    assert answer.status_code == 503
    assert taken.report.reference not in answer.content.decode()
