"""The bank's API in process: who may call, what is refused how, and that nothing is ever an error of ours."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st
from levels import examples
from small_world import SmallWorld, at

from accord.adapters.bank_wire import MOST_BYTES_ASKED, Problem, decode, encode
from accord.adapters.bank_wire.contract import Contract
from accord.capabilities.claims.ports import Acknowledged, Credit, EnquiryAnswer, EnquiryRequest
from accord.capabilities.orders.kinds import OrderKind
from accord.capabilities.orders.ports import OrderAnswer, OrderMessage, OrderStatus
from accord.core.clock import SteppedClock, using
from accord.core.money import Money
from accord.engine.tracing.model import Rule

if TYPE_CHECKING:
    from django.test import Client
    from pytest_django.fixtures import SettingsWrapper

pytestmark = [pytest.mark.database, pytest.mark.django_db]

BANK, CENTRE, OTHER = "BANKA", "CN-CENTRE", "SG-CENTRE"
API = "/api/bank/v1"


@pytest.fixture(autouse=True)
def bank_node(settings: SettingsWrapper) -> None:
    settings.ACCORD_AGENCY, settings.ACCORD_AGENCY_KIND, settings.ROOT_URLCONF = BANK, "bank", "accord.node.bank_urls"


@pytest.fixture
def core(tmp_path: Path, db: None) -> Iterator[None]:
    """The bank at a quarter past noon, with its core connected: it answers at once."""
    from accord.adapters.sandbox_core import SandboxCore
    from accord.capabilities.controls import core_line

    world = SmallWorld(openings={"v-1": 100_000})
    world.pay("stolen", 0, "v-1", "a-1", 1_000)
    with using(SteppedClock(at(15))):
        banks = world.banks(tmp_path / "sandbox", overdraft=False)
        with core_line.using(SandboxCore(banks, BANK)):
            yield
        banks.close()


@pytest.fixture
def tokens(db: None) -> dict[str, str]:
    """Tokens of two agencies that the bank has agreements with, and one that may only read."""
    from accord.capabilities.controls import services as controls
    from accord.capabilities.controls.permissions import InboxPermission
    from accord.capabilities.controls.services.rules import KINDS_FOR_BANKS, AgreementFacts
    from accord.capabilities.people import services as people
    from accord.capabilities.people.models import Agency, Role
    from accord.capabilities.people.policy import OPERATOR
    from accord.capabilities.people.services import service_accounts

    head = people.create_user("head", "a-long-password", Role.BANK_SUPERVISOR)
    made = {}
    for code, permission in ((CENTRE, InboxPermission.SUBMIT), (OTHER, InboxPermission.SUBMIT), ("R", InboxPermission.READ)):
        Agency.objects.create(code=code, name=code, kind="police")
        account = service_accounts.add_service_account(OPERATOR, f"line-{code}", code)
        _, made[code] = service_accounts.issue_token(OPERATOR, account, [permission])
        controls.agree(head, AgreementFacts(code, code, [kind.value for kind in KINDS_FOR_BANKS], 4_416))
        controls.set_rule(head, code, "stop_payment", Money(1_000_000, "CNY"))
    return made


def order(**changed: Any) -> OrderMessage:
    message = OrderMessage(
        uuid4(), "O-1", OrderKind.STOP_PAYMENT, "Anti-fraud centre", BANK, "a-1", 600, "CNY", Rule.FIFO, at(48 * 60),
        (Credit("stolen", 1_000, "CNY"),), legal_basis="checked", verified=True,
    )  # fmt: skip
    return replace(message, **changed)


def post(client: Client, token: str, path: str, body: bytes, key: object, **headers: str) -> Any:
    stated = {"Authorization": f"Bearer {token}", "Idempotency-Key": str(key), **headers}
    return client.post(f"{API}/{path}", body, content_type=stated.pop("type", "application/json"), headers=stated)


def send(client: Client, token: str, message: OrderMessage) -> Any:
    return post(client, token, "orders", encode(message), message.order_id)


def problem(response: Any, status: int) -> str:
    """The detail of a problem of that status."""
    assert response.status_code == status, response.content
    assert response["Content-Type"] == "application/problem+json"
    stated = decode(response.content, Problem, "problem")
    assert stated.status == status
    return stated.detail


def test_an_order_is_answered_and_its_status_told(client: Client, tokens: dict[str, str], core: None) -> None:
    message = order()
    response = send(client, tokens[CENTRE], message)
    assert response.status_code == 200
    assert response["Cache-Control"] == "no-store"
    answer = decode(response.content, OrderAnswer, "answer")
    assert (answer.amount, answer.transfer, answer.refusal) == (600, "stolen", None)
    again = send(client, tokens[CENTRE], message)
    assert again.content == response.content
    status = client.get(f"{API}/orders/{message.order_id}", headers={"Authorization": f"Bearer {tokens[CENTRE]}"})
    assert decode(status.content, OrderStatus, "status").amount == 600


def test_an_enquiry_is_answered(client: Client, tokens: dict[str, str], core: None) -> None:
    asked = EnquiryRequest(uuid4(), "Anti-fraud centre", BANK, (Credit("stolen", 1_000, "CNY"),), Rule.FIFO)
    response = post(client, tokens[CENTRE], "enquiries", encode(asked), asked.enquiry_id)
    assert response.status_code == 200
    assert decode(response.content, EnquiryAnswer, "answer").standing[0].amount == 1_000
    fetched = [
        client.get(f"{API}/enquiries/{asked.enquiry_id}", headers={"Authorization": f"Bearer {tokens[code]}"})
        for code in (CENTRE, OTHER)
    ]
    assert fetched[0].content == response.content
    problem(fetched[1], 404)


def test_what_a_person_decides_is_acknowledged_first(client: Client, tokens: dict[str, str], core: None) -> None:
    response = send(client, tokens[CENTRE], order(kind=OrderKind.HOLD))
    assert response.status_code == 202
    expected = decode(response.content, Acknowledged, "acknowledgement").expected_at
    assert int(response["Retry-After"]) == (expected - at(15)) // timedelta(seconds=1)


def test_a_node_without_its_core_acknowledges(client: Client, tokens: dict[str, str]) -> None:
    with using(SteppedClock(at(15))):
        assert send(client, tokens[CENTRE], order()).status_code == 202


def test_the_same_id_with_other_content(client: Client, tokens: dict[str, str], core: None) -> None:
    message = order()
    send(client, tokens[CENTRE], message)
    assert "another content" in problem(send(client, tokens[CENTRE], replace(message, amount=5)), 409)


def test_another_agency_sees_nothing(client: Client, tokens: dict[str, str], core: None) -> None:
    message = order()
    send(client, tokens[CENTRE], message)
    seen = client.get(f"{API}/orders/{message.order_id}", headers={"Authorization": f"Bearer {tokens[OTHER]}"})
    never = client.get(f"{API}/orders/{uuid4()}", headers={"Authorization": f"Bearer {tokens[OTHER]}"})
    assert problem(seen, 404) == problem(never, 404)
    taken = send(client, tokens[OTHER], message)
    assert taken.status_code in (403, 409)
    assert "600" not in taken.content.decode()
    release = order(kind=OrderKind.RELEASE, target=message.order_id, credits=())
    send(client, tokens[OTHER], release)
    status = client.get(f"{API}/orders/{message.order_id}", headers={"Authorization": f"Bearer {tokens[CENTRE]}"})
    assert decode(status.content, OrderStatus, "status").amount == 600


@pytest.mark.parametrize("authorization", ["", "Bearer", "Bearer x", "Basic QQ==", "Bearer accord_000000000000_" + "A" * 43])
def test_who_is_not_known_gets_nothing(authorization: str, client: Client, tokens: dict[str, str]) -> None:
    message = order()
    for response in (
        client.post(f"{API}/orders", encode(message), "application/json", headers={"Authorization": authorization}),
        client.get(f"{API}/orders/{message.order_id}", headers={"Authorization": authorization}),
        client.get(f"{API}/contract", headers={"Authorization": authorization}),
        client.post(f"{API}/enquiries", b"{}", "application/json", headers={"Authorization": authorization}),
    ):
        assert "not valid here" in problem(response, 401)
        assert response["WWW-Authenticate"] == "Bearer"


def test_a_token_without_the_permission(client: Client, tokens: dict[str, str]) -> None:
    assert "inbox:submit" in problem(send(client, tokens["R"], order()), 403)
    response = client.get(f"{API}/contract", headers={"Authorization": f"Bearer {tokens['R']}"})
    assert "inbox:submit" in problem(response, 403)


def test_a_session_of_a_person_opens_nothing(client: Client, tokens: dict[str, str]) -> None:
    from accord.capabilities.people.models import User

    client.force_login(User.objects.get(username="head"))
    assert client.get(f"{API}/contract").status_code == 401


def test_keys_types_and_lengths(client: Client, tokens: dict[str, str]) -> None:
    token, message = tokens[CENTRE], order()
    body = encode(message)
    assert "not the message's id" in problem(post(client, token, "orders", body, uuid4()), 422)
    assert "not the message's id" in problem(post(client, token, "orders", body, "no id"), 422)
    assert "is missing" in problem(post(client, token, "orders", body, ""), 400)
    assert "application/json" in problem(post(client, token, "orders", body, message.order_id, type="text/plain"), 415)
    assert "bytes" in problem(post(client, token, "orders", b" " * (MOST_BYTES_ASKED + 1), message.order_id), 413)
    assert "amount above 0" in problem(send(client, token, order(amount=0)), 400)
    assert "is for BANKB" in problem(send(client, token, order(institution="BANKB")), 400)


def test_what_is_not_there(client: Client, tokens: dict[str, str]) -> None:
    headers = {"Authorization": f"Bearer {tokens[CENTRE]}"}
    problem(client.get("/api/bank/v2/orders", headers=headers), 404)
    problem(client.get("/api/", headers=headers), 404)
    assert "order_id" in problem(client.get(f"{API}/orders/none", headers=headers), 422)
    response = client.delete(f"{API}/orders", headers=headers)
    problem(response, 405)
    assert response["Allow"] == "POST"
    problem(client.post("/api/centre/v1/answers", b"{}", "application/json"), 404)


def test_the_contract_says_what_this_is(client: Client, tokens: dict[str, str]) -> None:
    response = client.get(f"{API}/contract", headers={"Authorization": f"Bearer {tokens[CENTRE]}", "X-Correlation-ID": "c-1"})
    stated = decode(response.content, Contract, "contract")
    assert stated.fits
    assert stated.institution == BANK
    assert "stop_payment" in stated.kinds
    assert "number_block" not in stated.kinds
    assert response["X-Correlation-ID"] == "c-1"


_PATHS = ("contract", "enquiries", "enquiries/{enquiry_id}", "orders", "orders/{order_id}")
_FIELDS = st.sampled_from([*OrderMessage.__dataclass_fields__, "unknown"])
_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.sampled_from(["1", "CNY", "\x00"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@examples(60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    changed=st.dictionaries(_FIELDS, _VALUES, max_size=3),
    kind=st.sampled_from(OrderKind),
    path=st.sampled_from(["orders", "enquiries"]),
)
def test_no_message_is_an_error_of_ours(
    client: Client, tokens: dict[str, str], core: None, changed: dict[str, Any], kind: OrderKind, path: str
) -> None:
    message = order(kind=kind)
    document = json.loads(encode(message)) | ({} if path == "orders" else {"enquiry_id": str(message.order_id)}) | changed
    response = post(client, tokens[CENTRE], path, json.dumps(document).encode(), message.order_id)
    assert response.status_code < 500, response.content
    assert response.status_code in (200, 202) or response["Content-Type"] == "application/problem+json"


def test_the_document_describes_every_message(client: Client) -> None:
    response = client.get(f"{API}/openapi.json")
    assert response.status_code == 200
    document = response.json()
    assert set(document["paths"]) == {f"{API}/{path}" for path in _PATHS}
    schemas = document["components"]["schemas"]
    for message in (OrderMessage, OrderAnswer, EnquiryRequest, EnquiryAnswer, OrderStatus, Acknowledged):
        assert set(schemas[message.__name__]["properties"]) == set(message.__dataclass_fields__)
    assert set(schemas["OrderKind"]["enum"]) == {kind.value for kind in OrderKind}
    assert schemas["OrderMessage"]["properties"]["until"]["format"] == "date-time"
    assert document["security"] == [{"token": []}]
