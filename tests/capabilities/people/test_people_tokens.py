"""Tokens of other systems: shown once, scoped, ending; and one refusal for every token that is not valid."""

from __future__ import annotations

from datetime import timedelta

import pytest

from accord.capabilities.controls.permissions import InboxPermission
from accord.capabilities.orders.permissions import OrderPermission
from accord.capabilities.people import services as people
from accord.capabilities.people.models import AgencyKind, AuditEntry, ServiceAccount, ServiceToken, User
from accord.capabilities.people.policy import OPERATOR, allowed
from accord.capabilities.people.policy import permissions as every_permission
from accord.capabilities.people.services.service_accounts import set_service_account_active
from accord.capabilities.people.tokens import service_account_of
from accord.core import clock
from accord.core.clock import SteppedClock, using_machine
from accord.core.errors import BadInput, Conflict, NotAllowed, NotFound

pytestmark = [pytest.mark.database, pytest.mark.django_db]

LIFE = timedelta(days=30)


@pytest.fixture
def account(db: None) -> ServiceAccount:
    people.add_agency(OPERATOR, "ACMECNBJ", "Acme Bank", "顶点银行", AgencyKind.BANK)
    return people.add_service_account(OPERATOR, "acme-inbox", "ACMECNBJ")


def test_a_token_grants_what_it_carries_and_nothing_else(account: ServiceAccount) -> None:
    row, secret = people.issue_token(OPERATOR, account, [InboxPermission.SUBMIT], LIFE)
    actor = service_account_of(f"Bearer {secret}")
    assert (actor.name, actor.agency_code, actor.is_active) == ("acme-inbox", "ACMECNBJ", True)
    assert actor.username == "service:acme-inbox"
    assert {permission for permission in every_permission() if allowed(actor, permission)} == {InboxPermission.SUBMIT}
    assert not any(allowed(account, permission) for permission in every_permission()), "a row without its token may do nothing"
    assert secret not in str(ServiceToken.objects.values().get())
    assert row.expires_at - row.issued_at == LIFE


def test_every_invalid_token_gets_the_same_refusal(account: ServiceAccount) -> None:
    now = clock.machine_now()
    _, good = people.issue_token(OPERATOR, account, [InboxPermission.SUBMIT], LIFE)
    row, revoked = people.issue_token(OPERATOR, account, [InboxPermission.SUBMIT], LIFE)
    people.revoke_token(OPERATOR, row.prefix)
    wrong_end = good[:-1] + ("A" if good[-1] != "A" else "B")
    refusals = set()
    for header in ("", good, f"bearer {good}", f"Bearer {good} ", "Bearer x", f"Bearer {wrong_end}", f"Bearer {revoked}"):
        with pytest.raises(NotAllowed) as refused:
            service_account_of(header)
        refusals.add(str(refused.value))
    with using_machine(SteppedClock(now + LIFE + timedelta(seconds=1))), pytest.raises(NotAllowed) as refused:
        service_account_of(f"Bearer {good}")
    refusals.add(str(refused.value))
    set_service_account_active(OPERATOR, account.pk, False)
    with pytest.raises(NotAllowed) as refused:
        service_account_of(f"Bearer {good}")
    refusals.add(str(refused.value))
    assert len(refusals) == 1
    set_service_account_active(OPERATOR, account.pk, True)
    assert service_account_of(f"Bearer {good}").is_active


def test_what_a_stored_token_names_beyond_what_tokens_may_carry_is_not_granted(account: ServiceAccount) -> None:
    row, secret = people.issue_token(OPERATOR, account, [InboxPermission.SUBMIT], LIFE)
    ServiceToken.objects.filter(pk=row.pk).update(permissions=["orders:release", "something:else", "inbox:submit"])
    assert service_account_of(f"Bearer {secret}").permissions == {InboxPermission.SUBMIT}


def test_use_is_noted_at_most_once_a_minute(account: ServiceAccount) -> None:
    start = clock.machine_now()
    row, secret = people.issue_token(OPERATOR, account, [InboxPermission.SUBMIT], LIFE)
    with using_machine(SteppedClock(start)) as stepped:
        assert isinstance(stepped, SteppedClock)
        for seconds, noted in ((0, 0), (59, 0), (61, 61), (70, 61)):
            stepped.advance_to(start + timedelta(seconds=seconds))
            service_account_of(f"Bearer {secret}")
            row.refresh_from_db()
            assert row.last_used_at == start + timedelta(seconds=noted)


def test_who_may_not_manage_tokens_cannot(account: ServiceAccount, officer: User, supervisor: User) -> None:
    row, _ = people.issue_token(OPERATOR, account, [InboxPermission.SUBMIT], LIFE)
    for actor in (officer, supervisor, account):
        with pytest.raises(NotAllowed):
            people.add_service_account(actor, "other", "ACMECNBJ")
        with pytest.raises(NotAllowed):
            people.issue_token(actor, account, [InboxPermission.SUBMIT], LIFE)
        with pytest.raises(NotAllowed):
            people.revoke_token(actor, row.prefix)
    assert ServiceToken.objects.count() == 1


def test_bad_requests_leave_nothing_behind(account: ServiceAccount, administrator: User) -> None:
    entries = AuditEntry.objects.count()
    for permissions, life, told in (
        ([], LIFE, "at least one"),
        ([OrderPermission.RELEASE], LIFE, "cannot carry orders:release"),
        ([InboxPermission.SUBMIT], timedelta(days=367), "366"),
        ([InboxPermission.SUBMIT], timedelta(0), "366"),
    ):
        with pytest.raises(BadInput, match=told):
            people.issue_token(administrator, account, permissions, life)
    for name, agency in (("acme-inbox", "ACMECNBJ"), ("has space", "ACMECNBJ"), ("fine", "NOBODY")):
        with pytest.raises(BadInput):
            people.add_service_account(administrator, name, agency)
    with pytest.raises(NotFound):
        people.revoke_token(administrator, "000000000000")
    row, _ = people.issue_token(administrator, account, [InboxPermission.SUBMIT])
    people.revoke_token(administrator, row.prefix)
    with pytest.raises(Conflict):
        people.revoke_token(administrator, row.prefix)
    assert ServiceToken.objects.count() == 1
    assert AuditEntry.objects.count() == entries + 2
