"""What a bank's HTTPS API does with calls that no adapter of ours would make."""

from __future__ import annotations

import json
from typing import Any, Final

from accord.adapters.bank_wire import MOST_BYTES_ASKED, decode, encode
from accord.adapters.bank_wire.contract import Contract
from accord.adapters.contract_kit.bench import Bench, NotTried, RawLine, RawReply, expect
from accord.adapters.contract_kit.case import case
from accord.capabilities.orders.ports import OrderMessage
from accord.core.errors import BadInput

_JSON: Final = {"Content-Type": "application/json"}
_PROBLEM: Final = "application/problem+json"


def _raw(bench: Bench) -> RawLine:
    if bench.raw is None:
        raise NotTried("the line is not HTTPS")
    return bench.raw


def _post(bench: Bench, body: bytes, key: str, path: str = "orders", **headers: str) -> RawReply:
    return _raw(bench).send("POST", path, body, {**_JSON, "Idempotency-Key": key, **headers})


def _refused(reply: RawReply, what: str, *statuses: int) -> None:
    expect(reply.status in statuses, f"{what}: expected {' or '.join(map(str, statuses))}, got {reply.status}")
    stated = reply.headers.get("content-type", "")
    expect(stated.startswith(_PROBLEM), f"{what}: the error is {stated or 'without a content type'}, not {_PROBLEM}")


def _changed(order: OrderMessage, **changed: Any) -> bytes:
    return json.dumps({**json.loads(encode(order)), **changed}).encode()


@case
def contract_is_stated(bench: Bench) -> None:
    """GET contract says which version is spoken, whose system it is and what time it has."""
    reply = _raw(bench).send("GET", "contract", None, {})
    expect(reply.status == 200, f"got {reply.status}")
    try:
        stated = decode(reply.body, Contract, "contract")
    except BadInput as error:
        expect(False, str(error))
    else:
        expect(stated.fits, f"version {stated.version} is not one that this kit knows")
        expect(stated.institution == bench.data.institution, f"this is the system of {stated.institution}")


@case
def malformed_messages(bench: Bench) -> None:
    """What is no message is refused as such: no JSON, missing fields, unknown kinds, numbers and times that cannot be."""
    order = bench.order()
    key = str(order.order_id)
    wrong = {
        "no JSON": b"{",
        "no UTF-8": b'{"order_id": "\xff"}',
        "no object": b"[]",
        "nothing": b"",
        "missing fields": b'{"order_id": "%s"}' % key.encode(),
        "deep nesting": b"[" * 5_000,
        "an unknown kind": _changed(order, kind="confiscate"),
        "an amount with decimals": _changed(order, amount=1.5),
        "an amount beyond any": _changed(order, amount=10**30),
        "a time without a zone": _changed(order, until="2030-01-01T00:00:00"),
        "a NUL character": _changed(order, account="1\x002"),
    }
    for what, body in wrong.items():
        _refused(_post(bench, body, key), what, 400, 422)
    expect(bench.status(order) is None, "the bank knows an order that it did not accept")


@case
def unknown_fields_are_ignored(bench: Bench) -> None:
    """A newer centre may say more than the bank understands; the order is carried out all the same."""
    order = bench.order()
    reply = _post(bench, _changed(order, not_known_here={"a": [1]}), str(order.order_id))
    expect(reply.status in (200, 202), f"got {reply.status}")
    bench.held(order)


@case
def too_long_a_message(bench: Bench) -> None:
    """A message beyond the limit is refused with 413."""
    order = bench.order()
    _refused(_post(bench, b" " * (MOST_BYTES_ASKED + 1), str(order.order_id)), "a message of over 1 MiB", 413)


@case
def without_a_token(bench: Bench) -> None:
    """Without a token, or with one that is not known, nothing is taken and nothing is said."""
    order = bench.order()
    for what, token in (
        ("no token", ""),
        ("an unknown token", "Bearer accord_000000000000_" + "A" * 43),
        ("no bearer", "Basic QQ=="),
    ):
        _refused(_post(bench, encode(order), str(order.order_id), Authorization=token), what, 401)
        reply = _raw(bench).send("GET", f"orders/{order.order_id}", None, {"Authorization": token})
        _refused(reply, f"a status with {what}", 401)
    expect(bench.status(order) is None, "the bank knows an order of somebody whom it does not know")


@case
def idempotency_key(bench: Bench) -> None:
    """The key must be there and be the message's id."""
    order, another = bench.order(), bench.order()
    body = encode(order)
    _refused(_raw(bench).send("POST", "orders", body, _JSON), "no key", 400, 422)
    _refused(_post(bench, body, str(another.order_id)), "the key of another message", 409, 422)
    _refused(_post(bench, body, "no key at all"), "a key that is no id", 400, 409, 422)
    expect(bench.status(order) is None, "the bank knows an order that it did not accept")


@case
def other_methods_and_ids(bench: Bench) -> None:
    """What is not offered is 405, an id that is none is 404 or 422; never an error of the bank's own."""
    raw = _raw(bench)
    for method, path in (("DELETE", "orders"), ("PUT", "enquiries"), ("GET", "orders/none"), ("GET", "orders/%00")):
        reply = raw.send(method, path, None, {})
        expect(400 <= reply.status < 500, f"{method} {path}: got {reply.status}")
