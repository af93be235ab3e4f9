"""People who sit at the desk, and a call that one of them takes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from desk_at_work import NOON, PASSWORD, SignedIn, TakeCall
from django.test import Client
from django.utils import translation

from accord.core import clock
from accord.core.clock import SteppedClock
from accord.core.money import Money

if TYPE_CHECKING:
    from pytest_django.fixtures import SettingsWrapper

    from accord.capabilities.orders.services.decide import FirstResponse
    from accord.capabilities.people.models import User


def _user(name: str, role: str, full_name: str, language: str = "en") -> User:
    from accord.capabilities.people.models import Role  # models can be imported only once Django is set up
    from accord.capabilities.people.services import create_user

    return create_user(name, PASSWORD, Role(role), full_name, language)


@pytest.fixture
def desk_clock() -> Iterator[SteppedClock]:
    """A clock that stands at noon until a test moves it."""
    with clock.using(SteppedClock(NOON)) as stepped:
        assert isinstance(stepped, SteppedClock)
        yield stepped


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    """A page in Chinese leaves no language behind for the next test."""
    yield
    translation.deactivate()


@pytest.fixture(autouse=True)
def _passwords_alone(request: pytest.FixtureRequest, settings: SettingsWrapper) -> None:
    """Most pages have nothing to do with second factors; tests marked `second_factors` do."""
    if request.node.get_closest_marker("second_factors") is None:
        settings.ACCORD_SECOND_FACTOR = "off"


@pytest.fixture
def duty_officer(db: None) -> User:
    return _user("lin", "officer", "Lin Mei")


@pytest.fixture
def second_officer(db: None) -> User:
    return _user("wang", "officer", "Wang Fang", "zh-hans")


@pytest.fixture
def desk_supervisor(db: None) -> User:
    return _user("chen", "supervisor", "Chen Jun")


@pytest.fixture
def node_administrator(db: None) -> User:
    return _user("root", "administrator", "Admin")


@pytest.fixture
def signed_in() -> SignedIn:
    """A browser in which the given user is signed in."""

    def browser(user: User) -> Client:
        client = Client()
        client.force_login(user)
        return client

    return browser


@pytest.fixture
def take_call(desk_clock: SteppedClock) -> TakeCall:
    """Take a call as an officer would; the first order is approved but has not left."""
    from accord.capabilities.orders.services import respond_to_call
    from accord.capabilities.reports.services import CallFacts

    def take(officer: User, **changed: object) -> FirstResponse:
        facts: dict[str, object] = {
            "callback_number": "13900000001",
            "payer_bank": "ACMECNBJ",
            "payee_account": "622200000000012345",
            "amount": Money(5_000_000, "CNY"),
            "about_when": clock.now() - timedelta(minutes=15),
            "still_pending": False,
            "payee_bank": "DEMOCNSH",
        }
        return respond_to_call(officer, CallFacts(**(facts | changed)))  # type: ignore[arg-type]

    return take
