"""The centre's client of a bank's API, against counterparts that are broken, slow, hostile or not who they say they are."""

from __future__ import annotations

import datetime as dt
import logging
import ssl
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from scripted_server import Call, scripted

from accord.adapters.bank_http import Endpoint, HttpLine, Pusher, transport
from accord.adapters.bank_wire import MOST_BYTES_TOLD, LetterType, Problem, encode, open_letter, signatures
from accord.adapters.bank_wire.letters import Receipt
from accord.capabilities.claims.ports import Acknowledged, Credit, EnquiryAnswer, EnquiryRequest, Nonsense
from accord.capabilities.orders.kinds import OrderKind
from accord.capabilities.orders.ports import OrderAnswer, OrderMessage, OrderStatus
from accord.core import clock
from accord.core.errors import BadInput, Conflict, NotAllowed, NotFound, Unavailable
from accord.engine.tracing.model import Rule

NOON = datetime(2026, 3, 20, 12, tzinfo=UTC)
BANK = "BANKA"
TOKEN = "accord_0123456789ab_" + "s" * 43
JSON = {"Content-Type": "application/json"}
PROBLEM = {"Content-Type": "application/problem+json"}
ANSWER = OrderAnswer(NOON, 10, transfer="t")


def order() -> OrderMessage:
    return OrderMessage(uuid4(), "O-1", OrderKind.HOLD, "a", BANK, "a-1", 10, "CNY", Rule.FIFO, NOON)


def line_to(url: str, **more: Any) -> HttpLine:
    return HttpLine(Endpoint(BANK, url, **more), lambda: TOKEN)


def problem(status: int, detail: str) -> tuple[int, dict[str, str], bytes]:
    return status, PROBLEM, encode(Problem(status, "title", detail))


def test_an_order_is_posted_with_all_that_the_contract_asks() -> None:
    message = order()
    with scripted((200, JSON, encode(ANSWER))) as bank:
        assert line_to(bank.url).carry_out(message) == ANSWER
    (call,) = bank.calls
    assert (call.method, call.path, call.body) == ("POST", "/api/bank/v1/orders", encode(message))
    assert call.headers["authorization"] == f"Bearer {TOKEN}"
    assert call.headers["idempotency-key"] == str(message.order_id)
    assert call.headers["content-type"] == "application/json"
    assert call.headers["user-agent"].startswith("accord/")
    assert call.headers["x-correlation-id"]
    assert call.headers["accept-encoding"] == "identity"


def test_every_kind_of_reply() -> None:
    expected = Acknowledged(NOON)
    told = EnquiryAnswer(NOON, (), (), (), ())
    request = EnquiryRequest(uuid4(), "a", BANK, (Credit("t", 1, "CNY"),), Rule.FIFO)
    status = OrderStatus(5, NOON, NOON)
    with scripted((202, {**JSON, "Retry-After": "5"}, encode(expected))) as bank:
        assert line_to(bank.url).carry_out(order()) == expected
        assert line_to(bank.url).enquire(request) == expected
    with scripted((200, JSON, encode(told))) as bank:
        assert line_to(bank.url).enquire(request) == told
    with scripted((200, JSON, encode(status))) as bank:
        assert line_to(bank.url).status(uuid4()) == status
    with scripted(problem(404, "no such order")) as bank:
        assert line_to(bank.url).status(uuid4()) is None


@pytest.mark.parametrize(
    ("reply", "kind", "says"),
    [
        (problem(400, "amount: too small"), BadInput, "amount: too small"),
        (problem(413, "too long"), BadInput, "too long"),
        (problem(422, "the key"), BadInput, "the key"),
        (problem(409, "other content"), Conflict, "other content"),
        (problem(404, "no such credit"), NotFound, "no such credit"),
        (problem(403, "not agreed"), NotAllowed, "not agreed"),
        (problem(401, "token"), Unavailable, "check the token"),
        ((403, {}, b"<html>"), Unavailable, "check the token"),
        ((404, {}, b"<html>"), Unavailable, "check the url"),
        ((301, {"Location": "https://elsewhere.example/"}, b""), Unavailable, "check the url"),
        ((307, {"Location": "http://127.0.0.1:1/"}, b""), Unavailable, "check the url"),
        ((400, {}, b"<html>"), Unavailable, "check the url"),
        ((409, {}, b"<html>"), Unavailable, "check the url"),
        ((500, {}, b"boom"), Unavailable, "cannot answer now"),
        ((503, {}, b""), Unavailable, "cannot answer now"),
        ((400, PROBLEM, b"{"), BadInput, "status 400"),
        ((204, {}, b""), Unavailable, "cannot answer now"),
        ((200, JSON, b""), Nonsense, "cannot be read"),
        ((200, JSON, b"<html>"), Nonsense, "cannot be read"),
        ((200, JSON, b'{"answered_at": "2026-03-20T12:00:00"}'), Nonsense, "names no zone"),
        ((200, JSON, b"[" * 100_000), Nonsense, "cannot be read"),
        ((202, JSON, b"{}"), Nonsense, "expected_at"),
        ((200, {**JSON, "Content-Encoding": "gzip"}, b"x"), Nonsense, "compressed"),
        ((200, JSON, b" " * (MOST_BYTES_TOLD + 1)), Nonsense, "more than"),
        ((200, {**JSON, "Content-Length": "1000"}, b"{}"), Unavailable, "line is down"),
    ],
)  # fmt: skip
def test_a_reply_that_is_no_answer(reply: Any, kind: type[Exception], says: str) -> None:
    if "Content-Length" in reply[1]:
        reply = (reply[0], {**reply[1], "Connection": "close"}, reply[2])
    with scripted(reply) as bank, pytest.raises(kind, match=says):
        line_to(bank.url).carry_out(order())
    assert len(bank.calls) == 1  # never followed elsewhere, never tried again by itself


def test_nobody_there() -> None:
    with scripted((200, JSON, b"")) as bank:
        url = bank.url
    with pytest.raises(Unavailable, match="nobody listens there"):
        line_to(url).carry_out(order())


def test_a_silent_and_a_dripping_bank(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "SILENT_SECONDS", 0.3)
    monkeypatch.setattr(transport, "WHOLE_SECONDS", 0.5)
    hold = threading.Event()

    def silent(_: Call) -> tuple[int, dict[str, str], bytes]:
        hold.wait(5)
        return 200, JSON, b""

    with scripted(silent) as bank:
        with pytest.raises(Unavailable, match="stays silent"):
            line_to(bank.url).carry_out(order())
        hold.set()


def test_a_plea_to_wait_is_heeded() -> None:
    with scripted((429, {"Retry-After": "30"}, b"")) as bank:
        line = line_to(bank.url)
        with pytest.raises(Unavailable, match="cannot answer now"):
            line.carry_out(order())
        with pytest.raises(Unavailable, match=r"asked to be left alone for another (29|30) s"):
            line.carry_out(order())
    assert len(bank.calls) == 1
    for plea in ("", "later", "-1", "Fri, 20 Mar 2020 12:00:00 GMT", "9" * 20):
        with scripted((503, {"Retry-After": plea} if plea else {}, b"")) as bank:
            line = line_to(bank.url)
            for _ in range(2):
                with pytest.raises(Unavailable, match="cannot answer now"):
                    line.carry_out(order())
        assert len(bank.calls) == 2


def test_the_token_stands_in_no_error_and_no_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    for reply in (problem(401, "no"), (500, {}, b""), (200, JSON, b"{")):
        with scripted(reply) as bank, pytest.raises((Unavailable, Nonsense)) as caught:
            line_to(bank.url).carry_out(order())
        assert TOKEN not in str(caught.value)
    assert TOKEN not in caplog.text


@pytest.mark.parametrize(
    "url",
    ["http://bank.example/api", "ftp://bank.example", "bank.example", "https://", "https://u:p@bank.example/", "https://b.example/?a=1"],
)  # fmt: skip
def test_an_address_that_is_not_safe_is_refused(url: str) -> None:
    with pytest.raises(BadInput):
        Endpoint(BANK, url)


# --- who the bank is, and who calls it ---


class Authority:
    """A certificate authority of a test."""

    def __init__(self, folder: Path, name: str) -> None:
        self.folder, self.name = folder, name
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        own = self._certificate(self.subject, self.key).add_extension(x509.BasicConstraints(True, None), critical=True)
        self.pem = folder / f"{name}.pem"
        self.pem.write_bytes(own.sign(self.key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))

    def issue(self, name: str) -> tuple[Path, Path]:
        """(certificate, key) for a name."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        names = x509.SubjectAlternativeName([x509.DNSName(name)])
        signed = self._certificate(subject, key).add_extension(names, critical=False).sign(self.key, hashes.SHA256())
        pem, secret = self.folder / f"{self.name}-{name}.pem", self.folder / f"{self.name}-{name}.key"
        pem.write_bytes(signed.public_bytes(serialization.Encoding.PEM))
        pkcs8, plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        secret.write_bytes(key.private_bytes(serialization.Encoding.PEM, pkcs8, plain))
        return pem, secret

    def _certificate(self, subject: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
        now = dt.datetime.now(UTC)
        builder = x509.CertificateBuilder().subject_name(subject).issuer_name(self.subject).public_key(key.public_key())
        builder = builder.serial_number(x509.random_serial_number())
        return builder.not_valid_before(now - timedelta(hours=1)).not_valid_after(now + timedelta(hours=1))


def test_both_sides_show_who_they_are(tmp_path: Path) -> None:
    ours, theirs = Authority(tmp_path, "ours"), Authority(tmp_path, "theirs")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*theirs.issue("localhost"))
    context.load_verify_locations(ours.pem)
    context.verify_mode = ssl.CERT_REQUIRED
    certificate, key = ours.issue("centre")
    with scripted((200, JSON, encode(ANSWER)), context) as bank:
        known = line_to(bank.url, ca=theirs.pem, certificate=certificate, key=key)
        assert known.carry_out(order()) == ANSWER
        with pytest.raises(Unavailable, match="not one that we trust"):
            line_to(bank.url).carry_out(order())
        with pytest.raises(Unavailable):
            line_to(bank.url, ca=theirs.pem).carry_out(order())  # shows no certificate
    with pytest.raises(BadInput, match="cannot be used"):
        line_to("https://bank.example", ca=key)


# --- what a bank pushes ---

KEY = b"k" * 32


def test_a_push_is_signed_and_the_same_at_every_attempt() -> None:
    about = uuid4()
    with scripted((200, JSON, b'{"taken": true}')) as centre:
        pusher = Pusher(Endpoint("CN-CENTRE", centre.url), BANK, lambda: (KEY,))
        pusher.tell(LetterType.ORDER_ANSWERED, about, ANSWER)
        pusher.tell(LetterType.ORDER_ANSWERED, about, ANSWER)
        pusher.tell(LetterType.ORDER_ACKNOWLEDGED, about, Acknowledged(NOON))
        pusher.tell(LetterType.ORDER_ACKNOWLEDGED, about, Acknowledged(NOON + timedelta(minutes=1)))
    ids = [signatures.verify((KEY,), call.headers, call.body, clock.machine_now()) for call in centre.calls]
    assert ids[0] == ids[1]
    assert len(set(ids)) == 3
    letter = open_letter(centre.calls[0].body)
    assert (letter.type, letter.about, letter.sender) == (LetterType.ORDER_ANSWERED, about, BANK)
    assert centre.calls[0].path.endswith("/answers")


def test_what_the_centre_calls_an_appeal_comes_back() -> None:
    with scripted((200, JSON, encode(Receipt("A-1")))) as centre:
        pusher = Pusher(Endpoint("CN-CENTRE", centre.url), BANK, lambda: (KEY,))
        assert pusher.hand_in_appeal(uuid4(), {"statement": "it is mine"}) == "A-1"
    assert centre.calls[0].path.endswith("/appeals")


_NOT_TAKEN = [
    (400, BadInput),
    (401, Unavailable),
    (404, NotFound),
    (409, Conflict),
    (302, Unavailable),
    (500, Unavailable),
]


@pytest.mark.parametrize(("status", "kind"), _NOT_TAKEN)
def test_a_push_that_is_not_taken(status: int, kind: type[Exception]) -> None:
    with scripted((status, {}, b"")) as centre, pytest.raises(kind):
        Pusher(Endpoint("CN-CENTRE", centre.url), BANK, lambda: (KEY,)).tell(LetterType.ORDER_ANSWERED, uuid4(), ANSWER)
