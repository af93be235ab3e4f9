"""A bank's node and a centre's, spoken to through WSGI, as a caller does who has a token or a secret of theirs."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

from bank_at_work import AUTHORITY, BANK, CENTRE, town
from small_world import at, call_of

from accord.adapters.bank_wire import signatures
from accord.core import clock

if TYPE_CHECKING:
    import pytest

    from accord.capabilities.orders.models import Order

Application = Callable[..., Iterable[bytes]]
OPENED: Final = at(15)
PARTNER: Final = "SG-ASC"


@dataclass
class Api:
    """One kind of node. `application` completes each call with what only a real caller can know: a key, a signature."""

    document: str
    application: Application
    headers: dict[str, str]
    order: Order | None = None
    envelope: str = ""


@contextmanager
def connection_kept() -> Iterator[None]:
    """A server ends idle connections between calls; here the test's own transaction stands around all of them."""
    from django.core.signals import request_finished, request_started
    from django.db import close_old_connections

    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    try:
        yield
    finally:
        for signal in (request_started, request_finished):
            signal.connect(close_old_connections)


def django_application() -> Application:
    from django.core.handlers.wsgi import WSGIHandler

    return WSGIHandler()


@contextmanager
def bank_api(folder: Path) -> Iterator[Api]:
    """A bank that has an agreement with a centre and given it a token; its core system is connected."""
    from accord.adapters.sandbox_core import SandboxCore
    from accord.capabilities.controls import core_line, services
    from accord.capabilities.controls.permissions import InboxPermission
    from accord.capabilities.controls.services.rules import KINDS_FOR_BANKS, AgreementFacts
    from accord.capabilities.people.models import Role, User
    from accord.core.money import Money

    head = User.objects.create(username="head", role=Role.BANK_SUPERVISOR)
    services.agree(head, AgreementFacts(CENTRE, "Centre", [kind.value for kind in KINDS_FOR_BANKS], 4_416, [AUTHORITY]))
    services.set_rule(head, CENTRE, "stop_payment", Money(1_000_000, "CNY"))
    banks = town().banks(folder, overdraft=False)
    with core_line.using(SandboxCore(banks, BANK)):
        headers = {"Authorization": f"Bearer {token_for(CENTRE, InboxPermission.SUBMIT)}"}
        yield Api("/api/bank/v1/openapi.json", _with_key(django_application()), headers)
    banks.close()


def token_for(agency: str, *permissions: Any, **issued: Any) -> str:
    """A token of a new service account of the agency; `issued` as `issue_token` takes it."""
    from accord.capabilities.people import services as people
    from accord.capabilities.people.models import Agency
    from accord.capabilities.people.policy import OPERATOR

    Agency.objects.get_or_create(code=agency, defaults={"name": agency, "kind": "police"})
    account = people.add_service_account(OPERATOR, f"line-{uuid4()}", agency)
    _, secret = people.issue_token(OPERATOR, account, permissions, **issued)
    return secret


@contextmanager
def centre_api(folder: Path, patch: pytest.MonkeyPatch) -> Iterator[Api]:
    """A centre that has sent an order to a bank, which signs what it tells with the secret that the two share."""
    from accord.capabilities.orders import services as orders
    from accord.capabilities.people.models import Role, User
    from accord.node.api import centre
    from accord.node.api.seen import SeenLetters
    from accord.node.home import Home
    from accord.node.lines import LineBook

    home, secret = Home(folder), signatures.new_secret()
    for name, text in (("token", "t"), ("secret", secret)):
        path = home.root / name
        path.write_text(text)
        path.chmod(0o600)
    line = f'[lines.{BANK}]\nkind = "https"\nurl = "https://bank.example/v1"\n'
    home.lines.write_text(line + 'token_file = "token"\nwebhook_secret_file = "secret"\n')
    patch.setattr(centre, "_lines", lambda: LineBook(home))
    patch.setattr(centre, "_seen", lambda: SeenLetters(home.seen_letters))
    officer = User.objects.create(username="officer", role=Role.OFFICER)
    order = orders.respond_to_call(officer, call_of()).order
    orders.mark_sent([order])
    (key,) = signatures.read_secrets(secret, BANK)
    yield Api("/api/centre/v1/openapi.json", _signed(django_application(), key), {}, order)


@contextmanager
def partner_api() -> Iterator[Api]:
    """A centre with keys and a confirmed partner, which has sealed an envelope for it."""
    from federation_kit.partner_centre import OtherCentre, confirmed_partner

    from accord.capabilities.exchange.channel.envelopes import Place, Seal, new_content
    from accord.capabilities.exchange.models import KeyUse
    from accord.capabilities.exchange.partners import keyring
    from accord.capabilities.exchange.partners.services import own_keys
    from accord.capabilities.people.policy import OPERATOR

    with keyring.using(keyring.SoftwareRing()):
        own_keys.make_keys(OPERATOR)
        partner = OtherCentre(PARTNER)
        confirmed_partner(partner)
        said = new_content(id=uuid4(), kind="test_call", sender=PARTNER, recipient=CENTRE, body={"asked_at": "x"})
        seal = Seal(partner.ring, partner.signing_kids()[0], own_keys.current(KeyUse.ENCRYPTION).public)
        now = clock.now()
        envelope = seal.close(said.canonical(), Place(uuid4(), 1), now, now + timedelta(minutes=15))
        yield Api("/api/partner/v1/openapi.json", django_application(), {}, envelope=envelope)


def _with_key(application: Application) -> Application:
    """Every message under its own id, so that it is not refused for its key alone."""

    def call(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        try:
            message = json.loads(_body(environ))
        except (ValueError, RecursionError):
            message = None
        if isinstance(message, dict):
            own = message.get("order_id") or message.get("enquiry_id")
            if isinstance(own, str) and own.isascii() and own.isprintable():
                environ["HTTP_IDEMPOTENCY_KEY"] = own
        return application(environ, start_response)

    return call


def _signed(application: Application, key: bytes) -> Application:
    """Every letter signed by the bank, so that it is read."""

    def call(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        headers = signatures.signed_headers((key,), f"l-{uuid4()}", clock.machine_now(), _body(environ))
        environ |= {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in headers.items()}
        return application(environ, start_response)

    return call


def _body(environ: dict[str, Any]) -> bytes:
    length = int(environ.get("CONTENT_LENGTH") or 0)
    body: bytes = environ["wsgi.input"].read(length)
    environ["wsgi.input"] = io.BytesIO(body)
    return body
