"""Every address of a node, asked by every role and by a stranger: who may, and that nobody else sees or changes anything.

What each may do stands in permission_matrix.toml. An address that the table does not name fails, and so does a row whose
address is gone. Each request runs in a transaction that is rolled back, so that all of them meet the same world.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from urllib.parse import urlencode
from uuid import uuid4

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.test import Client, override_settings
from django.urls import URLPattern, URLResolver, get_resolver

from accord.core import clock
from accord.core.clock import SteppedClock
from accord.sites.accounts.middleware.gate import FACTOR_KEY

if TYPE_CHECKING:
    from permission_world import World

    from accord.capabilities.people.models import User

pytestmark = [pytest.mark.database, pytest.mark.django_db]

_TABLE: Final = tomllib.loads((Path(__file__).parent / "permission_matrix.toml").read_text(encoding="utf-8"))
_NODES: Final = {"centre": "accord.node.urls", "bank": "accord.node.bank_urls"}
_CASE_WORKERS: Final = {"centre": _TABLE["groups"]["casework"], "bank": _TABLE["groups"]["bank"]}
"""They see what they may not decide. To everybody else, what exists and what does not are the same."""
METHODS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE")
ROLES: Final = ("officer", "supervisor", "liaison", "administrator", "auditor", "bank_officer", "bank_supervisor", "retired")
"""All roles of policy.py, and one that it does not know."""
STRANGER: Final = "stranger"
NOT_ENROLLED: Final = "not enrolled"
"""A supervisor whose password was right and who has no second factor."""

ARGUMENTS: Final = {
    "report_id": "report",
    "claim_id": "claim",
    "order_id": "order",
    "item_id": "line",
    "shift_id": "shift",
    "identifier_id": "identifier",
    "user_id": "user",
    "account_id": "service account",
    "prefix": "token",
    "session_id": "session",
    "factor_id": "factor",
    "action": "deactivation",
    "appeal_id": "appeal",
    "compensation_id": "compensation",
    "restitution_id": "return",
    "claimant_id": "claimant",
    "objection_id": "objection",
    "enquiry_id": "enquiry",
    "agreement_id": "agreement",
    "rule_id": "rule",
    "contact_id": "contact",
    "escalation_id": "escalation",
    "kind": "kind of order",
    "alarm_id": "alarm",
    "code": "partner",
    "kid": "key of the partner",
    "request_id": "received request",
}
"""The thing of the world that an argument of an address names, where its row says nothing else."""

_BOOKKEEPING: Final = {"django_session", "people_usersession", "people_readentry", "people_readhead", "people_audithead"}
"""Tables that a request may write to although it changes nothing: that somebody is here, and what was looked at."""
_ON_RECORD: Final = {"people_auditentry"}
"""Where a file that was taken away is noted."""
_NAMED: Final = re.compile(r"\{([a-z ]+)\}")
_WRITES: Final = re.compile(r'^\s*(?:INSERT INTO|UPDATE|DELETE FROM)\s+"?(\w+)', re.IGNORECASE)


@dataclass(frozen=True)
class Address:
    """One pattern of the URL configuration. `parts` are (text, arguments) of its shape as the resolver gives them."""

    name: str
    shape: str
    arguments: tuple[str, ...]
    open_before_the_gate: bool

    def path(self, values: dict[str, Any]) -> str:
        return "/" + self.shape % values


def _addresses(urlconf: str) -> dict[str, Address]:
    return {address.name: address for address in _walk(get_resolver(urlconf), "")}


def _walk(resolver: URLResolver, space: str) -> Iterator[Address]:
    for pattern in resolver.url_patterns:
        if str(pattern.pattern).lstrip("^").startswith("api/"):
            continue  # what other systems call takes no session at all: tests/node/test_api_roles.py
        if isinstance(pattern, URLResolver):
            inner = f"{space}{pattern.namespace}:" if pattern.namespace else space
            for address in _walk(pattern, inner):
                yield _below(pattern, address)
        elif isinstance(pattern, URLPattern):
            name = pattern.name or str(pattern.pattern) or "root"
            yield _below(pattern, Address(space + name, "", (), _is_open(pattern.callback)))


def _below(pattern: Any, address: Address) -> Address:
    ((shape, arguments),) = _shape(pattern)
    return Address(address.name, shape + address.shape, (*arguments, *address.arguments), address.open_before_the_gate)


def _shape(pattern: Any) -> list[tuple[str, list[str]]]:
    from django.utils.regex_helper import normalize

    return normalize(pattern.pattern.regex.pattern)[:1]


def _is_open(view: Any) -> bool:
    return bool(getattr(view, "open_before_the_gate", False)) or not getattr(view, "login_required", True)


def _rows(kind: str) -> dict[str, dict[str, Any]]:
    return {**_TABLE["common"], **_TABLE[kind]}


def _who(row: dict[str, Any], method: str) -> set[str]:
    named: set[str] = set()
    for word in row.get(method, "").split():
        named |= set(_TABLE["groups"].get(word, word).split())
    return named


class Endpoint(NamedTuple):
    """A row of the table. It names its kind of node, so that pytest, which brings equal parameters together, does not go from
    one kind to the other and back, making each world anew."""

    kind: str
    name: str


_ENDPOINTS: Final = [
    pytest.param(kind, Endpoint(kind, name), id=f"{kind}-{name}") for kind in _NODES for name in sorted(_rows(kind))
]


@dataclass
class Stage:
    """One kind of node with its world. `sessions` are the cookies of everyone who is signed in."""

    kind: str
    world: World
    sessions: dict[str, str]
    addresses: dict[str, Address]
    browser: Client = field(default_factory=Client)

    def ask(self, who: str, name: str, method: str, *, elsewhere: bool = False, strict: bool = False) -> Answer:
        """One request, and what it wrote. `elsewhere`: about things that do not exist; `strict`: as browsers are treated."""
        row = _rows(self.kind)[name]
        path, form = self._path(who, name, row, elsewhere), self._form(who, row)
        self.browser.cookies.clear()
        self.browser.handler.enforce_csrf_checks = strict
        if who in self.sessions:
            self.browser.cookies[settings.SESSION_COOKIE_NAME] = self.sessions[who]
        wrote: set[str] = set()
        with transaction.atomic(), connection.execute_wrapper(_noting(wrote)):
            response = self.browser.post(path, form) if method == "POST" else self.browser.generic(method, path)
            content = b"".join(response) if response.streaming else response.content
            transaction.set_rollback(True)
        return Answer(response.status_code, response.headers.get("Location", ""), content.decode(errors="replace"), wrote)

    def _path(self, who: str, name: str, row: dict[str, Any], elsewhere: bool) -> str:
        address = self.addresses[name]
        values = {}
        for argument in address.arguments:
            thing = self.world.thing(row.get("at", {}).get(argument) or ARGUMENTS[argument], who)
            values[argument] = _unknown(thing) if elsewhere else thing
        asked = {name: self._filled(who, value) for name, value in row.get("query", {}).items()}
        return address.path(values) + (f"?{urlencode(asked)}" if asked else "")

    def _form(self, who: str, row: dict[str, Any]) -> dict[str, Any]:
        return {self._filled(who, name): self._filled(who, value) for name, value in row.get("form", {}).items()}

    def _filled(self, who: str, text: str) -> Any:
        """With things in place of their names in braces; a file where a thing is one."""
        found = _NAMED.search(text)
        if found is None:
            return text
        thing = self.world.thing(found.group(1), who)
        return SimpleUploadedFile(*thing) if isinstance(thing, tuple) else text.replace(found.group(0), str(thing))


@dataclass(frozen=True)
class Answer:
    status: int
    location: str
    text: str
    wrote: set[str]

    @property
    def asks_to_sign_in(self) -> bool:
        return self.status == 302 and self.location.startswith("/account/sign-in/?next=")


def _unknown(thing: Any) -> Any:
    return 999_999_999 if isinstance(thing, int) else thing if isinstance(thing, str) else uuid4()


def _noting(wrote: set[str]) -> Any:
    def note(execute: Any, sql: str, parameters: Any, many: bool, context: Any) -> Any:
        if found := _WRITES.match(sql):
            wrote.add(found.group(1))
        return execute(sql, parameters, many, context)

    return note


@pytest.fixture(scope="module")
def on(
    request: pytest.FixtureRequest, django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stage]:
    """The stage of one kind of node, in a transaction that is rolled back at the end."""
    kind: str = request.param
    node = override_settings(ROOT_URLCONF=_NODES[kind], ACCORD_SECOND_FACTOR="off")
    with django_db_blocker.unblock(), node, transaction.atomic():
        from permission_world import PASSWORD

        from accord.capabilities.people.models import User

        with _centre() if kind == "centre" else _bank(tmp_path_factory.mktemp("core")) as world:
            world.things |= {"password": PASSWORD, "deactivation": "deactivate"}
            world.users[NOT_ENROLLED] = User.objects.create(username="not-enrolled", role="supervisor")
            sessions = {who: _session(user, factor=who != NOT_ENROLLED) for who, user in world.users.items()}
            yield Stage(kind, world, sessions, _addresses(_NODES[kind]))
        transaction.set_rollback(True)


@contextmanager
def _centre() -> Iterator[World]:
    from desk_claims_world import NOON
    from liaison_world import OWN_CENTRE
    from permission_world import centre_world, people_of

    from accord.capabilities.exchange.partners import keyring

    with clock.using(SteppedClock(NOON)), keyring.using(keyring.SoftwareRing()), override_settings(**OWN_CENTRE):
        yield centre_world(people_of(ROLES))


@contextmanager
def _bank(folder: Path) -> Iterator[World]:
    from permission_bank import OPENED, SETTINGS, bank_world

    with clock.using(SteppedClock(OPENED)), override_settings(**SETTINGS), bank_world(ROLES, folder) as world:
        yield world


def _session(user: User, *, factor: bool) -> str:
    """The cookie of a session; with `factor`, one in which a second factor was shown."""
    browser = Client()
    browser.force_login(user)
    session = browser.session
    session[FACTOR_KEY] = factor
    session.save()
    return str(session.session_key)


@pytest.mark.parametrize("kind", _NODES)
def test_the_table_names_every_address_and_no_other(kind: str) -> None:
    addresses, rows = set(_addresses(_NODES[kind])), set(_rows(kind))
    assert addresses - rows == set(), "addresses without a row: say who may do what there"
    assert rows - addresses == set(), "rows whose address is gone"


def test_every_role_of_the_node_is_asked() -> None:
    from accord.capabilities.people.models import Role

    assert set(Role.values) == set(ROLES) - {"retired"} == set(_TABLE["groups"]["staff"].split())
    assert set(_TABLE["groups"]["anyone"].split()) == {*ROLES, STRANGER}


@pytest.mark.parametrize("kind", _NODES)
def test_what_is_open_before_the_second_factor_is_what_the_table_says(kind: str) -> None:
    found = {name for name, address in _addresses(_NODES[kind]).items() if address.open_before_the_gate}
    assert found == {name for name, row in _rows(kind).items() if row.get("before") == "the gate"}


@pytest.mark.parametrize(("on", "endpoint"), _ENDPOINTS, indirect=["on"], scope="module")
def test_each_may_do_what_the_table_says_and_nothing_else(on: Stage, endpoint: Endpoint) -> None:
    name = endpoint.name
    row = _rows(on.kind)[name]
    for method in METHODS:
        if method not in row:
            continue
        may = _who(row, method)
        for who in (*ROLES, STRANGER):
            answer = on.ask(who, name, method)
            told = f"{who}: {method} {name}: {answer.status} {answer.location}"
            if who in may:
                _check_allowed(row, method, answer, told)
            elif who == STRANGER:
                assert answer.asks_to_sign_in, told
                _check_nothing(on, answer, told)
            else:
                _check_refused(on, row, method, answer, told)
                if on.addresses[name].arguments and who not in _CASE_WORKERS[on.kind]:
                    assert on.ask(who, name, method, elsewhere=True).status == answer.status, f"{told}: tells what exists"


def _check_allowed(row: dict[str, Any], method: str, answer: Answer, told: str) -> None:
    expected = row.get("answers", {}).get(method)
    assert answer.status == expected if expected else answer.status < 400 and not answer.asks_to_sign_in, told
    if method == "GET":
        assert answer.wrote <= _BOOKKEEPING | _ON_RECORD, f"{told}: a page that is only looked at changed something"


def _check_refused(on: Stage, row: dict[str, Any], method: str, answer: Answer, told: str) -> None:
    if method == "GET" and row.get("others") == "nothing":
        assert answer.status == 200, told
    else:
        assert answer.status in ({row["refuses"]} if "refuses" in row else {403, 404}), told
    _check_nothing(on, answer, told)


def _check_nothing(on: Stage, answer: Answer, told: str) -> None:
    assert [secret for secret in on.world.secrets if secret in answer.text + answer.location] == [], told
    assert answer.wrote <= _BOOKKEEPING, f"{told}: something was written"


@pytest.mark.parametrize(("on", "endpoint"), _ENDPOINTS, indirect=["on"], scope="module")
def test_no_other_method_does_anything(on: Stage, endpoint: Endpoint) -> None:
    """Asked by one who may do most there, and by a stranger."""
    name = endpoint.name
    row = _rows(on.kind)[name]
    may = set().union(*(_who(row, method) for method in METHODS)) - {STRANGER}
    for method in METHODS:
        if method in row:
            continue
        for who in (sorted(may)[0], STRANGER):
            answer = on.ask(who, name, method)
            assert answer.status in (302, 405), f"{who}: {method} {name}"
            assert answer.wrote <= _BOOKKEEPING


@pytest.mark.parametrize(("on", "endpoint"), _ENDPOINTS, indirect=["on"], scope="module")
def test_without_the_second_factor_no_page_opens(on: Stage, endpoint: Endpoint) -> None:
    """Whoever decides about money and has enrolled none is led to doing so, whatever they ask for."""
    name = endpoint.name
    row = _rows(on.kind)[name]
    if row.get("before") == "the gate":
        return
    for method in ("GET", "POST"):
        with override_settings(ACCORD_SECOND_FACTOR="required"):
            answer = on.ask(NOT_ENROLLED, name, method)
        assert (answer.status, answer.location) == (302, "/account/second-factor/"), f"{method} {name}"
        assert answer.wrote <= _BOOKKEEPING


@pytest.mark.parametrize(("on", "endpoint"), _ENDPOINTS, indirect=["on"], scope="module")
def test_a_form_of_another_site_changes_nothing(on: Stage, endpoint: Endpoint) -> None:
    name = endpoint.name
    row = _rows(on.kind)[name]
    if "POST" not in row:
        return
    for who in _who(row, "POST") - {STRANGER}:
        answer = on.ask(who, name, "POST", strict=True)
        assert answer.status == 403, f"{who}: POST {name} without the form's token"
        assert answer.wrote <= _BOOKKEEPING
