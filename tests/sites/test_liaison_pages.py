"""The pages of a liaison officer, from the overview to an answer that leaves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from desk_at_work import SignedIn
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
    from accord.capabilities.exchange import keyring

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
