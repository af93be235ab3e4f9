"""What goes over a line: read strictly, of a shape that can be kept, signed so that nobody else can have written it."""

from __future__ import annotations

import json
from dataclasses import fields
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from accord.adapters.bank_wire import LetterType, check_shape, decode, encode, open_letter, signatures, write_letter
from accord.adapters.bank_wire.letters import CARRIES, message_in
from accord.capabilities.claims.ports import (
    AccountStanding,
    Acknowledged,
    Credit,
    EnquiryAnswer,
    EnquiryRequest,
    TransferLeg,
)
from accord.capabilities.orders.kinds import OrderKind
from accord.capabilities.orders.ports import HolderNotice, Limits, OrderAnswer, OrderMessage, PaymentFacts, PayTo, Refusal
from accord.core.enum_schema import enum_schema
from accord.core.errors import BadInput, NotAllowed
from accord.core.money import MAX_MINOR
from accord.engine.tracing.model import Rule

NOON = datetime(2026, 3, 20, 12, tzinfo=UTC)

_TEXT = st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=40)
_MOMENTS = st.timedeltas(timedelta(days=-10_000), timedelta(days=60_000)).map(lambda away: NOON + away)
_AMOUNTS = st.integers(0, MAX_MINOR)
_CREDITS = st.builds(Credit, _TEXT, _AMOUNTS, st.just("CNY"), st.lists(st.tuples(_AMOUNTS, _AMOUNTS), max_size=3).map(tuple))
_ORDERS = st.builds(
    OrderMessage,
    order_id=st.uuids(),
    reference=_TEXT,
    kind=st.sampled_from(OrderKind),
    authority=_TEXT,
    institution=_TEXT,
    account=_TEXT,
    amount=_AMOUNTS,
    currency=st.just("CNY"),
    rule=st.sampled_from(Rule),
    until=_MOMENTS,
    credits=st.lists(_CREDITS, max_size=3).map(tuple),
    payment=st.none() | st.builds(PaymentFacts, _TEXT, _TEXT, _TEXT, _TEXT, _AMOUNTS, st.just("CNY"), _MOMENTS),
    target=st.none() | st.uuids(),
    limits=st.none() | st.builds(Limits, st.none() | _AMOUNTS),
    pay_to=st.none() | st.builds(PayTo, _TEXT, _TEXT, _TEXT, _TEXT),
    notice=st.none() | st.builds(HolderNotice, _MOMENTS, st.dictionaries(_TEXT, _TEXT, max_size=2)),
    verified=st.booleans(),
)


def order(**changed: Any) -> OrderMessage:
    facts: dict[str, Any] = {
        "order_id": uuid4(), "reference": "O-1", "kind": OrderKind.HOLD, "authority": "a", "institution": "BANKA",
        "account": "a-1", "amount": 10, "currency": "CNY", "rule": Rule.FIFO, "until": NOON,
    }  # fmt: skip
    return OrderMessage(**{**facts, **changed})


@given(_ORDERS)
def test_an_order_comes_out_as_it_went_in(message: OrderMessage) -> None:
    assert decode(encode(message), OrderMessage, "order") == message


def test_answers_come_out_as_they_went_in() -> None:
    leg = TransferLeg("t", "a", "A", "b", "B", NOON, 5, "CNY", ((0, 5),))
    enquiry = EnquiryAnswer(NOON, (leg,), (AccountStanding("a", 5, "CNY"),), (), (), (("CNY", 1),))
    answer = OrderAnswer(NOON, 5, None, "", "t", followed=enquiry, until=NOON)
    assert decode(encode(answer), OrderAnswer, "answer") == answer
    assert decode(encode(enquiry), EnquiryAnswer, "answer") == enquiry


@given(st.binary(max_size=200))
def test_garbage_is_bad_input_and_nothing_else(content: bytes) -> None:
    for kind in (OrderMessage, EnquiryRequest, OrderAnswer, EnquiryAnswer):
        with pytest.raises(BadInput):
            decode(content, kind, "message")


_JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


@given(_ORDERS, st.sampled_from([field.name for field in fields(OrderMessage)]), _JSON)
def test_any_value_in_any_field_is_taken_or_bad_input(message: OrderMessage, name: str, value: Any) -> None:
    changed = json.dumps({**json.loads(encode(message)), name: value}).encode()
    try:
        taken = decode(changed, OrderMessage, "order")
    except BadInput:
        return
    check_shape(taken, "order")
    assert decode(encode(taken), OrderMessage, "order") == taken


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"until": "2026-03-20T12:00:00"}, "order.until: the time names no zone"),
        ({"until": "0001-01-01T00:00:00+14:00"}, "the year 1 cannot be meant"),
        ({"amount": 10**16}, "order.amount: the number is out of range"),
        ({"account": "a\x00b"}, "order.account: the text holds control characters"),
        ({"grounds": "x" * 4_001}, "order.grounds: 4001 characters are too many"),
        ({"kind": "confiscate"}, "Invalid enum value 'confiscate'"),
        ({"amount": "10"}, "Expected `int`, got `str`"),
        ({"credits": [{"transfer": "t", "amount": 1, "currency": "C\x01"}]}, "order.credits[0].currency"),
        ({"notice": {"tell_from": "2026-03-20T12:00:00Z", "words": {"en": "\x00"}}}, "order.notice.words.en"),
    ],
)
def test_what_is_wrong_is_named(changed: dict[str, Any], says: str) -> None:
    content = json.dumps({**json.loads(encode(order())), **changed}).encode()
    with pytest.raises(BadInput) as caught:
        decode(content, OrderMessage, "order")
    assert says in str(caught.value)


def test_unknown_fields_are_ignored_and_deep_nesting_is_refused() -> None:
    message = order()
    more = json.dumps({**json.loads(encode(message)), "new_in_2030": {"a": [1]}}).encode()
    assert decode(more, OrderMessage, "order") == message
    with pytest.raises(BadInput, match="nested too deeply"):
        decode(b'{"new":' + b"[" * 100_000, OrderMessage, "order")


def test_a_time_of_another_zone_is_the_same_moment() -> None:
    until = NOON.astimezone(timezone(timedelta(hours=8)))
    assert decode(encode(order(until=until)), OrderMessage, "order").until == NOON


@pytest.mark.parametrize("type_", CARRIES)
def test_a_letter_names_what_it_is_about(type_: LetterType) -> None:
    about = uuid4()
    letter = open_letter(write_letter(type_, about, "BANKA", {}))
    assert (letter.type, letter.about, letter.sender, bytes(letter.data)) == (type_, about, "BANKA", b"{}")


def test_a_letter_is_opened_only_as_what_it_is() -> None:
    told = Acknowledged(NOON)
    letter = open_letter(write_letter(LetterType.ORDER_ACKNOWLEDGED, uuid4(), "BANKA", told))
    assert message_in(letter, OrderAnswer, Acknowledged) == told
    with pytest.raises(BadInput, match="not expected here"):
        message_in(letter, OrderAnswer)
    refused = OrderAnswer(NOON, refusal=Refusal.LEGAL_REVIEW)
    wrong = open_letter(write_letter(LetterType.ENQUIRY_ANSWERED, uuid4(), "BANKA", refused))
    with pytest.raises(BadInput, match="missing required field"):
        message_in(wrong, EnquiryAnswer)


KEY, OLD_KEY, FOREIGN = b"k" * 32, b"o" * 32, b"f" * 32


def signed(keys: tuple[bytes, ...] = (KEY,), body: bytes = b"{}", at: datetime = NOON) -> dict[str, str]:
    return signatures.signed_headers(keys, "msg-1", at, body)


def test_the_published_test_vector() -> None:
    """The vector of the Standard Webhooks specification's reference libraries."""
    keys = signatures.read_secrets("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "vector")
    moment = datetime.fromtimestamp(1614265330, UTC)
    headers = signatures.signed_headers(keys, "msg_p5jXN8AQM9LWM0D4loKWxJek", moment, b'{"test": 2432232314}')
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_any_of_the_secrets_in_use_will_do() -> None:
    both = signed((KEY, OLD_KEY))
    assert signatures.verify((KEY,), both, b"{}", NOON) == "msg-1"
    assert signatures.verify((OLD_KEY,), both, b"{}", NOON) == "msg-1"
    assert signatures.verify((OLD_KEY, KEY), signed((KEY,)), b"{}", NOON) == "msg-1"


@pytest.mark.parametrize(
    "spoilt",
    [
        {"webhook-signature": "v1,AAAA"},
        {"webhook-signature": ""},
        {"webhook-signature": "v2," + signed()["webhook-signature"][3:]},
        {"webhook-signature": "v1,\u00e9"},
        {"webhook-id": "msg-2"},
        {"webhook-id": ""},
        {"webhook-id": "a.b"},
        {"webhook-timestamp": "soon"},
        {"webhook-timestamp": "99999999999999"},
        {"webhook-timestamp": str(int(signed()["webhook-timestamp"]) + 1)},
    ],
)
def test_a_spoilt_signature_is_refused(spoilt: dict[str, str]) -> None:
    with pytest.raises(NotAllowed, match="signature is not valid here"):
        signatures.verify((KEY,), {**signed(), **spoilt}, b"{}", NOON)


def test_another_body_key_or_time_is_refused() -> None:
    for keys, body, now in (
        ((KEY,), b"{ }", NOON),
        ((FOREIGN,), b"{}", NOON),
        ((), b"{}", NOON),
        ((KEY,), b"{}", NOON + timedelta(minutes=5, seconds=1)),
        ((KEY,), b"{}", NOON - timedelta(minutes=5, seconds=1)),
    ):
        with pytest.raises(NotAllowed):
            signatures.verify(keys, signed(), body, now)
    assert signatures.verify((KEY,), signed(), b"{}", NOON + timedelta(minutes=5)) == "msg-1"


@given(st.binary(max_size=60), st.binary(min_size=24, max_size=64))
def test_what_was_signed_verifies(body: bytes, key: bytes) -> None:
    headers = signatures.signed_headers((key,), str(UUID(int=1)), NOON, body)
    assert signatures.verify((key,), headers, body, NOON)


def test_a_file_of_secrets() -> None:
    first, second = signatures.new_secret(), signatures.new_secret()
    keys = signatures.read_secrets(f"# new\n{first}\n\n{second}\n", "secrets")
    assert len(keys) == 2
    assert all(len(key) == 32 for key in keys)
    for text, says in (("", "holds no secret"), ("whsec_???", "no base64"), ("whsec_QUJD", "3 bytes")):
        with pytest.raises(BadInput, match=says) as caught:
            signatures.read_secrets(text, "secrets")
        assert not text or text not in str(caught.value)


def test_the_schema_of_every_message_can_be_made() -> None:
    """No part of a message is of a kind that the OpenAPI document cannot describe."""
    msgspec.json.schema_components(list(CARRIES.values()), schema_hook=enum_schema)
