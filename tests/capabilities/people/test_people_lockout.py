"""Which address a failure is counted for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.test import RequestFactory

from accord.capabilities.people.lockout import client_address

if TYPE_CHECKING:
    from pytest_django.fixtures import SettingsWrapper


@pytest.mark.parametrize(
    ("behind_tls", "forwarded", "address"),
    [
        (False, "203.0.113.9", "127.0.0.1"),  # anybody can write that header
        (True, "203.0.113.9", "203.0.113.9"),
        (True, "198.51.100.1, 203.0.113.9", "203.0.113.9"),  # the proxy adds what it saw at the end
        (True, "2001:db8::1", "2001:db8::1"),
        (True, "nonsense", "127.0.0.1"),
        (True, "", "127.0.0.1"),
    ],
)
def test_the_address_is_that_of_the_caller(settings: SettingsWrapper, behind_tls: bool, forwarded: str, address: str) -> None:
    settings.ACCORD_BEHIND_TLS = behind_tls
    assert client_address(RequestFactory().get("/", headers={"X-Forwarded-For": forwarded})) == address


def test_an_address_that_is_none_is_counted_as_unknown() -> None:
    assert client_address(RequestFactory().get("/", REMOTE_ADDR="unix:")) == "0.0.0.0"
