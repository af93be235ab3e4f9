"""What the capabilities declare fits together."""

from __future__ import annotations

from collections import Counter

from accord.capabilities.exchange.channel.handlers import handler_of
from accord.capabilities.exchange.kinds import MessageKind
from accord.capabilities.people.policy import permissions
from accord.capabilities.people.roles import ROLES
from accord.capabilities.permissions import Permission
from accord.capabilities.plugin import Declaration, declared
from accord.sites.accounts.templatetags.accounts import permission_of


def declarations() -> list[Declaration]:
    return [declaration for _, declaration in declared()]


def test_every_permission_is_granted_once_and_to_roles_that_exist() -> None:
    grants = [grant for declaration in declarations() for grant in declaration.grants]
    assert [code for code, times in Counter(grant.permission for grant in grants).items() if times > 1] == []
    assert {role for grant in grants for role in grant.roles} <= set(ROLES)
    written = {member for kind in Permission.__subclasses__() if kind.__module__.startswith("accord.") for member in kind}
    assert {str(member) for member in written} == {str(permission) for permission in permissions()}


def test_somebody_answers_at_every_port() -> None:
    """At those of a capability a later one, once; at those to the world outside the node, which wires it."""
    needed = {port.name: port for declaration in declarations() for port in declaration.needs}
    offered = Counter(offer.port for declaration in declarations() for offer in declaration.offers)
    assert {name for name, port in needed.items() if not port.by_node} == offered.keys()
    assert set(offered.values()) == {1}


def test_links_lead_somewhere_for_people_who_may_follow_them() -> None:
    entries = [entry for declaration in declarations() for entry in declaration.navigation]
    assert entries
    for entry in entries:
        for code in entry.needs:
            assert permission_of(code)
    for kind in ("centre", "bank"):
        ranks = Counter(entry.rank for entry in entries if kind in entry.kinds)
        assert [rank for rank, times in ranks.items() if times > 1] == []


def test_every_kind_of_message_has_its_handler() -> None:
    assert [kind for kind in MessageKind if handler_of(kind) is None] == []
