"""What other systems call takes tokens and signatures: to every role that is signed in, and to a stranger, it says nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from django.urls import URLPattern, URLResolver, get_resolver

if TYPE_CHECKING:
    from django.test import Client
    from pytest_django.fixtures import SettingsWrapper

pytestmark = [pytest.mark.database, pytest.mark.django_db]

NODES = {"centre": ("accord.node.urls", "/api/centre/v1/"), "bank": ("accord.node.bank_urls", "/api/bank/v1/")}
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
ROLES = ("officer", "supervisor", "administrator", "auditor", "bank_officer", "bank_supervisor", "stranger")
OPEN = "openapi.json"
"""Says what may be sent, and nothing of anybody."""


def _addresses(urlconf: str, prefix: str) -> Iterator[str]:
    """Every address of the API, with ids that exist nowhere."""
    for resolver in get_resolver(urlconf).url_patterns:
        if isinstance(resolver, URLResolver) and str(resolver.pattern) == prefix.removeprefix("/"):
            for pattern in resolver.url_patterns:
                assert isinstance(pattern, URLPattern)
                yield prefix + str(pattern.pattern).split("<")[0] + (str(uuid4()) if "<" in str(pattern.pattern) else "")


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("kind", NODES)
def test_a_session_opens_nothing(kind: str, role: str, client: Client, settings: SettingsWrapper) -> None:
    from accord.capabilities.people.models import AuditEntry, User

    urlconf, prefix = NODES[kind]
    settings.ROOT_URLCONF, settings.ACCORD_AGENCY_KIND = urlconf, kind
    if role != "stranger":
        client.force_login(User.objects.create(username=role, role=role))
    before = AuditEntry.objects.count()
    addresses = list(_addresses(urlconf, prefix))
    assert len(addresses) >= 4
    for address in addresses:
        for method in METHODS:
            response: Any = client.generic(method, address, b"{}", "application/json")
            told = f"{role}: {method} {address}: {response.status_code}"
            if address.endswith(OPEN) and method in ("GET", "HEAD"):
                assert response.status_code == 200, told
                continue
            assert response.status_code in (400, 401, 404, 405), told
            assert method == "HEAD" or response["Content-Type"] == "application/problem+json", told
    assert AuditEntry.objects.count() == before


@pytest.mark.parametrize("kind", NODES)
def test_a_node_offers_the_api_of_its_kind_alone(kind: str, client: Client, settings: SettingsWrapper) -> None:
    settings.ROOT_URLCONF = NODES[kind][0]
    for other, (_, prefix) in NODES.items():
        assert client.get(prefix + OPEN).status_code == (200 if other == kind else 404)
