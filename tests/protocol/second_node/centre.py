"""A centre in as few lines as docs/protocol.md allows: keys, a card, streams, envelopes out and in, over HTTP.

It keeps everything in memory and acts on nothing by itself: whoever uses it sends messages and looks at what came.
"""

from __future__ import annotations

import hashlib
import http.server
import json
import threading
import time
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import jose
from mnemonic import Mnemonic

JWS, JWE, REPLY = "accord+jws", "accord+jwe", "accord+reply"
PLACE = "/api/partner/v1/envelopes"


def iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


@dataclass
class Known:
    """Another centre: what its card says, and where its stream and ours to it stand."""

    card: dict[str, Any]
    out_epoch: str
    out_next: int = 1
    in_epoch: str = "00000000-0000-0000-0000-000000000000"
    in_next: int = 1
    seen: dict[str, str] = field(default_factory=dict)  # id → content hash

    def key(self, kid: str) -> jose.Jwk:
        return next(key["public"] for key in self.card["keys"] if key["public"]["kid"] == kid)

    @property
    def encryption_key(self) -> jose.Jwk:
        keys = [
            key for key in self.card["keys"] if key["use"] == "encryption" and key["public"]["kid"] not in self.card["revoked"]
        ]
        newest: jose.Jwk = max(keys, key=lambda key: key["valid_from"])["public"]
        return newest


@dataclass(frozen=True)
class Message:
    """What came from another centre."""

    sender: str
    content: dict[str, Any]

    @property
    def kind(self) -> str:
        return str(self.content["kind"])

    @property
    def body(self) -> Any:
        return self.content.get("body")


class SecondCentre:
    """`now` is its clock."""

    def __init__(self, code: str, country: str, now: Callable[[], datetime]) -> None:
        self.code, self.country, self.now = code, country, now
        self.signing, self.encryption = jose.SigningKey.make(), jose.EncryptionKey.make()
        self.address = ""
        self.known: dict[str, Known] = {}
        self.came: list[Message] = []
        self._waiting: list[Message] = []
        self.institutions: list[str] = []
        self._serial = 0
        self._lock = threading.RLock()

    # Cards.

    def words(self) -> list[str]:
        """The eight words of this centre's card, in English, as somebody here reads them out."""
        named = {"agency": self.code, "keys": [self.signing.kid]}
        bits = int.from_bytes(hashlib.sha256(jose.canonical(named)).digest(), "big")
        listed = Mnemonic("english").wordlist
        return [listed[bits >> (256 - 11 * place) & 0x7FF] for place in range(1, 9)]

    def card(self) -> bytes:
        """This centre's card, as the file that is given to partners."""
        now = self.now()
        self._serial += 1
        valid = {"valid_from": iso(now - timedelta(days=1)), "valid_until": iso(now + timedelta(days=30))}
        content = {
            "type": "accord partner card 1",
            "agency": self.code,
            "name": f"Centre {self.code}",
            "name_zh": "",
            "jurisdiction": self.country,
            "address": self.address,
            "contact": "at any hour",
            "tls_sha256": "",
            "countries": [self.country],
            "institutions": self.institutions,
            "serial": self._serial,
            "issued_at": iso(now),
            "keys": [
                {"use": "signing", "public": self.signing.public, **valid},
                {"use": "encryption", "public": self.encryption.public, **valid},
            ],
            "revoked": [],
        }
        payload = jose.encode(jose.canonical(content))
        protected = jose.encode(jose.canonical({"alg": "Ed25519", "kid": self.signing.kid}))
        signature = jose.encode(self.signing.private.sign(f"{protected}.{payload}".encode()))
        return jose.canonical({"payload": payload, "signatures": [{"protected": protected, "signature": signature}]}) + b"\n"

    def meet(self, card: bytes) -> dict[str, Any]:
        """Take another centre's card, whose words were compared; what it says."""
        signed = json.loads(card)
        content: dict[str, Any] = json.loads(jose.decode(signed["payload"]))
        keys = {key["public"]["kid"]: key["public"] for key in content["keys"] if key["use"] == "signing"}
        for signature in signed["signatures"]:
            compact = f"{signature['protected']}.{signed['payload']}.{signature['signature']}"
            jose.verify(compact, keys[jose.header_of(compact)["kid"]])
        known = self.known.get(content["agency"])
        if known is None:
            self.known[content["agency"]] = Known(content, new_epoch(self.now()))
        elif content["serial"] > known.card["serial"]:
            known.card = content
        return content

    # Out.

    def content(self, to: str, kind: str, body: Any, **more: Any) -> dict[str, Any]:
        """What a message says; `more`: id, agreement, label, in_reply_to, about."""
        stated = {"id": str(uuid.uuid4()), **{name: value for name, value in more.items() if value}}
        return {**stated, "kind": kind, "schema": "1.0", "sender": self.code, "recipient": to, "body": body}

    def seal(self, content: dict[str, Any]) -> str:
        """The envelope of a message at the next place of the stream."""
        known = self.known[content["recipient"]]
        now = self.now()
        payload = {
            "content": content,
            "epoch": known.out_epoch,
            "sequence": known.out_next,
            "sent": iso(now),
            "expires": iso(now + timedelta(minutes=15)),
        }
        known.out_next += 1
        return self.seal_payload(content["recipient"], jose.canonical(payload))

    def greet(self, to: str) -> None:
        """The first message of an epoch."""
        self.send(to, "hello", {"why": "first"})

    def seal_payload(self, to: str, payload: bytes) -> str:
        signed = jose.sign(self.signing, {"alg": "Ed25519", "typ": JWS}, payload)
        return jose.encrypt(self.known[to].encryption_key, {"typ": JWE, "cty": JWS}, signed.encode())

    def send(self, to: str, kind: str, body: Any, **more: Any) -> dict[str, Any]:
        """Send one message; what the other side says of it. AssertionError unless it was taken."""
        content = self.content(to, kind, body, **more)
        (receipt,) = self.post(to, [self.seal(content)])["receipts"]
        assert receipt["outcome"] in ("taken", "duplicate"), receipt
        return content

    def post(self, to: str, envelopes: list[str]) -> dict[str, Any]:
        """Hand envelopes over; the reply, whose signature and batch were checked."""
        known = self.known[to]
        document = json.dumps({"envelopes": envelopes}).encode()
        request = urllib.request.Request(
            known.card["address"].rstrip("/") + PLACE, document, {"Content-Type": "application/json"}, method="POST"
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            signed = json.loads(answer.read())["reply"]
        assert jose.header_of(signed)["typ"] == REPLY
        reply: dict[str, Any] = json.loads(jose.verify(signed, known.key(jose.header_of(signed)["kid"])))
        assert (reply["agency"], reply["batch"]) == (to, batch_hash(envelopes))
        return reply

    # Agreements.

    def sign_agreement(self, offered: dict[str, Any]) -> str:
        """Sign what another centre offered, having checked that it did; the agreement's hash."""
        document, signatures = offered["document"], offered["signatures"]
        hash_ = hashlib.sha256(jose.canonical(document)).hexdigest()
        (other,) = (party["agency"] for party in document["parties"] if party["agency"] != self.code)
        theirs = signatures[other]
        stated = json.loads(jose.verify(theirs, self.known[other].key(jose.header_of(theirs)["kid"])))
        assert (stated["agency"], stated["agreement"]) == (other, hash_)
        own = {"agency": self.code, "agreement": hash_, "signed_at": iso(self.now())}
        signature = jose.sign(self.signing, {"alg": "Ed25519", "typ": "accord+agreement"}, jose.canonical(own))
        body = {"what": "sign", "document": document, "signatures": {**signatures, self.code: signature}, "reason": ""}
        self.send(other, "agreement", body)
        return hash_

    # In.

    def duties(self) -> None:
        """Answer what every node must answer."""
        with self._lock:
            waiting, self._waiting = self._waiting, []
        for message in waiting:
            reply = {"in_reply_to": message.content["id"]}
            if message.kind == "hello" and message.body.get("last"):
                self.send(message.sender, "recovered", {"messages": [], "more": False}, **reply)
            elif message.kind == "test_call" and not message.body.get("answered_at"):
                answer = {"asked_at": message.body["asked_at"], "answered_at": iso(self.now()), "contact": "at any hour"}
                self.send(message.sender, "test_call", answer, **reply)

    def take(self, envelopes: list[str]) -> str:
        """Open what came, and the signed reply to it."""
        with self._lock:
            receipts = [self._take(envelope) for envelope in envelopes]
        expected = {receipt["epoch"]: receipt["expected"] for receipt in receipts if receipt.get("expected")}
        reply = {
            "agency": self.code,
            "now": iso(self.now()),
            "batch": batch_hash(envelopes),
            "receipts": receipts,
            "expected": expected,
        }
        return jose.sign(self.signing, {"alg": "Ed25519", "typ": REPLY}, jose.canonical(reply))

    def _take(self, envelope: str) -> dict[str, Any]:
        signed = jose.decrypt(self.encryption, envelope).decode()
        outer = json.loads(jose.payload_of(signed))
        content = outer["content"]
        known = self.known[content["sender"]]
        jose.verify(signed, known.key(jose.header_of(signed)["kid"]))
        assert content["recipient"] == self.code
        place = {"id": content["id"], "epoch": outer["epoch"], "sequence": outer["sequence"]}
        content_hash = hashlib.sha256(jose.canonical(content)).hexdigest()
        if outer["epoch"] > known.in_epoch:
            known.in_epoch, known.in_next = outer["epoch"], 1
        if content["id"] in known.seen:
            assert known.seen[content["id"]] == content_hash
            if outer["sequence"] == known.in_next:
                known.in_next += 1
            return {**place, "outcome": "duplicate", "expected": known.in_next}
        if outer["sequence"] != known.in_next:
            return {**place, "outcome": "parked", "expected": known.in_next, "reason": "out of turn"}
        known.in_next += 1
        known.seen[content["id"]] = content_hash
        self.came.append(Message(content["sender"], content))
        self._waiting.append(self.came[-1])
        return {**place, "outcome": "taken", "expected": known.in_next}

    def wait_for(self, kind: str, true: Callable[[Message], bool] = lambda _: True, within: float = 30) -> Message:
        """The newest message of a kind that is so; AssertionError where none came in time."""
        deadline = time.monotonic() + within
        while True:
            with self._lock:
                for message in reversed(self.came):
                    if message.kind == kind and true(message):
                        return message
            assert time.monotonic() < deadline, [(message.kind, message.body) for message in self.came]
            time.sleep(0.05)

    @contextmanager
    def serving(self) -> Iterator[None]:
        """Take envelopes over HTTP on loopback for the length of a with block."""
        centre = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                sent = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                answer = json.dumps({"reply": centre.take(sent["envelopes"])}).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield
        finally:
            server.shutdown()
            thread.join()
            server.server_close()


def batch_hash(envelopes: list[str]) -> str:
    return hashlib.sha256("".join(f"{envelope}\n" for envelope in envelopes).encode()).hexdigest()


def new_epoch(now: datetime) -> str:
    """A UUID of version 7: later ones are greater."""
    milliseconds = int(now.timestamp() * 1000)
    value = milliseconds << 80 | 7 << 76 | (uuid.uuid4().int >> 64 & 0xFFF) << 64 | 2 << 62 | (uuid.uuid4().int & (1 << 62) - 1)
    return str(uuid.UUID(int=value))
