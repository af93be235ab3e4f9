"""The APIs against their own OpenAPI documents, and against nonsense: no call is an error of ours, every answer is described.

Cases are made by Schemathesis from the documents, the same in every run; each is undone after it was answered.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest
import schemathesis
from api_nodes import OPENED, Api, bank_api, centre_api, connection_kept, django_application, partner_api, token_for
from bank_at_work import BANK, CENTRE, enquiry, hold
from hypothesis import HealthCheck, Phase, given, settings
from levels import scaled
from schemathesis import GenerationMode
from schemathesis.checks import (
    content_type_conformance,
    not_a_server_error,
    response_schema_conformance,
    status_code_conformance,
)
from small_world import at
from werkzeug.test import Client as WsgiClient

from accord.adapters.bank_wire import LetterType, encode, write_letter
from accord.capabilities.claims.ports import AccountStanding, EnquiryAnswer, TransferLeg
from accord.capabilities.orders.ports import OrderAnswer
from accord.core.clock import SteppedClock, using

if TYPE_CHECKING:
    from pytest_django.fixtures import SettingsWrapper

pytestmark = [pytest.mark.database, pytest.mark.django_db, pytest.mark.slow]

EXAMPLES: Final = 40
_CHECKS: Final = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
_URLCONFS: Final = {"bank": "accord.node.bank_urls", "centre": "accord.node.urls", "partner": "accord.node.urls"}


@pytest.fixture(params=sorted(_URLCONFS))
def api(
    request: pytest.FixtureRequest, settings: SettingsWrapper, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Api]:
    kind: str = request.param
    settings.ROOT_URLCONF, settings.ACCORD_AGENCY_KIND = _URLCONFS[kind], "bank" if kind == "bank" else "centre"
    settings.ACCORD_CONTACT, settings.ACCORD_AGENCY_NAME = "+86 10 6000 0000", "The centre"
    settings.ACCORD_AGENCY = BANK if kind == "bank" else CENTRE
    with (
        using(SteppedClock(OPENED)),
        connection_kept(),
        _opened(kind, tmp_path, monkeypatch) as opened,
    ):
        yield opened


def _opened(kind: str, folder: Path, patch: pytest.MonkeyPatch) -> AbstractContextManager[Api]:
    if kind == "partner":
        return partner_api()
    return bank_api(folder / "core") if kind == "bank" else centre_api(folder, patch)


@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: str(mode.value))
def test_every_answer_is_one_that_the_document_describes(api: Api, mode: GenerationMode) -> None:
    from django.db import transaction

    document = schemathesis.openapi.from_wsgi(api.document, api.application)
    tried = 0
    for found in document.get_all_operations():
        operation = found.ok()
        tried += 1
        takes = operation.definition.raw
        if mode is GenerationMode.NEGATIVE and not takes.get("requestBody") and not takes.get("parameters"):
            continue  # there is nothing in it to get wrong

        @settings(
            max_examples=scaled(EXAMPLES),
            derandomize=True,
            database=None,
            deadline=None,
            phases=[Phase.explicit, Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy(generation_mode=mode))
        def answer(case: schemathesis.Case) -> None:
            with transaction.atomic():
                response = case.call(headers=api.headers)
                transaction.set_rollback(True)
            case.validate_response(response, checks=_CHECKS)

        answer()
    assert tried >= 2


_DEEP: Final = 100_000
NONSENSE: Final = {
    "nothing": b"",
    "null": b"null",
    "a list": b"[]",
    "a word": b'"order"',
    "half an object": b'{"order_id": ',
    "not a number": b'{"amount": NaN}',
    "infinity": b'{"amount": Infinity, "until": -Infinity}',
    "a huge float": b'{"amount": 1e999}',
    "a huge integer": b'{"amount": 1' + b"0" * 5_000 + b"}",
    "a lone surrogate": b'{"account": "\\ud800"}',
    "a key twice": b'{"order_id": 1, "order_id": 2}',
    "deep lists": b"[" * _DEEP + b"]" * _DEEP,
    "deep objects": b'{"a":' * _DEEP + b"1" + b"}" * _DEEP,
    "no UTF-8": b'{"account": "\xff\xfe"}',
    "UTF-16": '{"account": "a-1"}'.encode("utf-16"),
    "NUL": b"\x00" * 64,
    "a form": b"order_id=1&amount=2",
    "too long": b'{"account": "' + b"x" * (3 * 1024 * 1024) + b'"}',
}
TYPES: Final = (
    "application/json",
    "text/plain",
    "application/xml",
    "multipart/form-data; boundary=x",
    "",
    "application/json; charset=utf-16",
)
NASTY: Final[tuple[Any, ...]] = (
    None, True, 0, -1, 2**63, 2**64, 1.5, "", " ", "\x00", "\ud800", "\u202e", "x" * 10_000, [], {}, [[]], [None],
    "2026-13-45T99:99:99Z", "9999-12-31T23:59:59+00:00", "0001-01-01T00:00:00-14:00",
)  # fmt: skip


def _ask(api: Api, path: str, body: bytes, kind: str, method: str = "POST", **headers: str) -> Any:
    from django.db import transaction

    with transaction.atomic():
        stated = {**api.headers, **headers, **({"Content-Type": kind} if kind else {})}
        response = WsgiClient(api.application).open(path, method=method, data=body, headers=stated)
        transaction.set_rollback(True)
    return response


def _described(response: Any, told: str) -> None:
    """Refused with a problem, or taken; never an error of ours."""
    assert response.status_code < 500 or response.status_code == 503, f"{told}: {response.status_code}"
    if response.status_code >= 400:
        assert response.headers["Content-Type"] == "application/problem+json", told
        stated = json.loads(response.data)
        assert stated["status"] == response.status_code
        assert stated["title"], told


def _posts(api: Api) -> list[str]:
    document = json.loads(WsgiClient(api.application).get(api.document).data)
    return [path for path, item in document["paths"].items() if "post" in item]


@pytest.mark.parametrize("nonsense", NONSENSE)
def test_nonsense_is_refused_in_words(api: Api, nonsense: str) -> None:
    for path in _posts(api):
        for kind in TYPES:
            response = _ask(api, path, NONSENSE[nonsense], kind)
            told = f"{nonsense} as {kind or 'nothing'} to {path}"
            _described(response, told)
            assert response.status_code >= 400, told


def _messages(api: Api) -> Iterator[tuple[str, bytes]]:
    """A good message for each address that takes one."""
    if api.envelope:
        yield "/api/partner/v1/envelopes", json.dumps({"envelopes": [api.envelope]}).encode()
    elif api.order is None:
        order = hold()
        yield "/api/bank/v1/orders", encode(order)
        yield "/api/bank/v1/enquiries", encode(enquiry())
    else:
        yield "/api/centre/v1/answers", write_letter(LetterType.ORDER_ANSWERED, api.order.pk, BANK, _answer())


def _answer() -> OrderAnswer:
    """All of the payment that the order is about is kept."""
    leg = TransferLeg("T0", "v-1", "BANKV", "a-1", BANK, at(0), 1_000, "CNY", ((0, 1_000),))
    followed = EnquiryAnswer(at(1), (leg,), (AccountStanding("a-1", 1_000, "CNY"),), (), ())
    return OrderAnswer(at(1), 1_000, transfer="T0", followed=followed)


def _places(document: Any, here: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where something stands in a document, the document's parts before what they hold."""
    if here:
        yield here
    inner = document.items() if isinstance(document, dict) else enumerate(document) if isinstance(document, list) else ()
    for key, part in inner:
        yield from _places(part, (*here, key))


def _replaced(document: Any, place: tuple[Any, ...], value: Any) -> Any:
    copy = json.loads(json.dumps(document))
    *outer, last = place
    part = copy
    for key in outer:
        part = part[key]
    part[last] = value
    return copy


def test_a_message_with_one_thing_wrong_is_no_error_of_ours(api: Api) -> None:
    """Every field of every message in turn becomes what it should not be. The good message itself is taken."""
    for path, message in _messages(api):
        assert _ask(api, path, message, "application/json").status_code in (200, 202)
        document = json.loads(message)
        for place in _places(document):
            for value in NASTY:
                body = json.dumps(_replaced(document, place, value)).encode()
                _described(_ask(api, path, body, "application/json"), f"{value!r:.40} in {place} of {path}")


@pytest.mark.parametrize(
    "shown",
    ["nothing", "nonsense", "a false secret", "an expired token", "a revoked token", "a closed account", "another permission"],
)
def test_no_call_is_answered_without_the_right_token(api: Api, shown: str) -> None:
    """Every operation of the document but the document itself, with what a stranger or a former partner has."""
    authorization, status = _authorization(shown)
    headers = {"Authorization": authorization} if authorization else {}
    operations = [
        (method.upper(), path.replace("{order_id}", str(hold().order_id)).replace("{enquiry_id}", str(hold().order_id)))
        for path, item in json.loads(WsgiClient(api.application).get(api.document).data)["paths"].items()
        for method in item
    ]
    unsigned = Api(api.document, django_application(), headers, api.order)
    for method, path in operations:
        body = next(message for _, message in _messages(api)) if method == "POST" else b""
        response = _ask(unsigned, path, body, "application/json" if body else "", method)
        told = f"{method} {path} with {shown}: {response.status_code} {response.data!r:.200}"
        _described(response, told)
        if api.envelope:
            assert response.status_code == 200, told  # a token opens nothing more: each envelope speaks for itself
            continue
        assert response.status_code == (401 if api.order else status), told  # a centre goes by signatures alone


def _authorization(shown: str) -> tuple[str, int]:
    """What is shown, and the status that it gets of a bank."""
    from accord.capabilities.controls.permissions import InboxPermission
    from accord.capabilities.orders.permissions import OrderPermission
    from accord.capabilities.people import services as people
    from accord.capabilities.people.models import ServiceToken
    from accord.capabilities.people.policy import OPERATOR

    if shown in ("nothing", "nonsense"):
        return ("" if shown == "nothing" else "Bearer x.y.z"), 401
    secret = token_for(CENTRE, OrderPermission.READ if shown == "another permission" else InboxPermission.SUBMIT)
    token = ServiceToken.objects.select_related("account").get(prefix=secret.split("_")[1])
    if shown == "a false secret":
        secret = secret[:-4] + ("aaaa" if not secret.endswith("aaaa") else "bbbb")
    elif shown == "an expired token":
        ServiceToken.objects.filter(pk=token.pk).update(expires_at=token.issued_at)
    elif shown == "a revoked token":
        people.revoke_token(OPERATOR, token.prefix)
    elif shown == "a closed account":
        people.set_service_account_active(OPERATOR, token.account.pk, False)
    return f"Bearer {secret}", 403 if shown == "another permission" else 401
