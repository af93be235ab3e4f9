"""A centre with keys of its own, for tests of what centres say to each other."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pytest_django.fixtures import SettingsWrapper

    from accord.capabilities.people.models import User


@pytest.fixture
def centre(db: None, settings: SettingsWrapper) -> Iterator[None]:
    """This node is CN-ASC, which answers for China; its private keys last as long as the test."""
    from accord.capabilities.exchange.partners import keyring

    settings.ACCORD_AGENCY = "CN-ASC"
    settings.ACCORD_AGENCY_NAME = "The centre of CN"
    settings.ACCORD_AGENCY_NAME_ZH = "中国反诈中心"
    settings.ACCORD_JURISDICTION = "CN"
    settings.ACCORD_CONTACT = "+86 10 6000 0000"
    settings.ACCORD_PARTNER_URL = ""
    settings.ACCORD_COVERS_COUNTRIES = ("CN",)
    settings.ACCORD_COVERS_INSTITUTIONS = ()
    with keyring.using(keyring.SoftwareRing()):
        yield


@pytest.fixture
def liaison(db: None) -> User:
    from accord.capabilities.people import services as people
    from accord.capabilities.people.models import Role

    return people.create_user("liaison", "a-long-password", Role.LIAISON)
