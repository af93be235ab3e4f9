"""Envelopes: what is sealed is opened whole, by the one it is for; anything else is refused and says why."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwe, jws
from joserfc.jwe import JWERegistry
from joserfc.jwk import OKPKey

from accord.capabilities.exchange.channel import jose
from accord.capabilities.exchange.channel.envelopes import (
    MOST_ENVELOPE,
    Content,
    Opened,
    Place,
    Seal,
    new_content,
    open_envelope,
)
from accord.capabilities.exchange.errors import Refused
from accord.capabilities.exchange.models import KeyUse
from accord.capabilities.exchange.partners.jwk import Jwk, public_jwk
from accord.capabilities.exchange.partners.keyring import SoftwareRing
from accord.core.canonical import canonical_json
from accord.core.errors import BadInput
from accord.core.errors import Msg as CoreMsg

NOW = datetime(2026, 3, 20, 12, tzinfo=UTC)
EPOCH = UUID("0196f000-0000-7000-8000-000000000001")
MESSAGE = UUID("0196f000-0000-7000-8000-0000000000aa")
SENDER, RECIPIENT = "SG-ASC", "CN-ASC"


class Ends:
    """Both ends of a line: the sender's signing key, the recipient's encryption key."""

    def __init__(self) -> None:

        self.sender, self.recipient = SoftwareRing(), SoftwareRing()
        self.signing = self.sender.make(KeyUse.SIGNING)
        self.encryption = self.recipient.make(KeyUse.ENCRYPTION)
        self.seal = Seal(self.sender, self.signing["kid"], self.encryption)

    def key_of(self, sender: str, kid: str) -> Jwk:

        if (sender, kid) != (SENDER, self.signing["kid"]):
            raise Refused("key", CoreMsg.VERBATIM, text="no such key")
        return self.signing

    def open(self, envelope: str, own: str = RECIPIENT) -> Opened:

        return open_envelope(envelope, self.recipient.shared_secret, own, self.key_of)


@pytest.fixture(scope="module")
def ends() -> Ends:
    return Ends()


def content(**said: Any) -> Content:

    stated = {"id": MESSAGE, "kind": "test_call", "sender": SENDER, "recipient": RECIPIENT, "body": {"a": [1, "二"]}} | said
    return new_content(**stated)


def closed(ends: Ends, said: Content | None = None, sequence: int = 1) -> str:

    canonical = (said or content()).canonical()
    return ends.seal.close(canonical, Place(EPOCH, sequence), NOW, NOW + timedelta(minutes=15))


def refusal(ends: Ends, envelope: str, own: str = RECIPIENT) -> str:

    with pytest.raises(Refused) as caught:
        ends.open(envelope, own)
    return caught.value.clause


def test_what_is_sealed_is_opened_whole(ends: Ends) -> None:
    said = content(label={"tlp": "red"}, agreement="f" * 64, about=MESSAGE)
    opened = ends.open(closed(ends, said, 7))
    assert opened.content == said
    assert (opened.place.epoch, opened.place.sequence) == (EPOCH, 7)
    assert (opened.sent, opened.expires) == (NOW, NOW + timedelta(minutes=15))


def test_the_hash_is_of_the_content_alone_wherever_and_whenever_it_is_sent(ends: Ends) -> None:
    first, again = ends.open(closed(ends, sequence=1)), ends.open(closed(ends, sequence=9))
    assert first.content_hash == again.content_hash
    assert first.content_hash != ends.open(closed(ends, content(body={"a": 2}))).content_hash


def test_nothing_of_the_message_can_be_read_from_outside(ends: Ends) -> None:
    envelope = closed(ends, content(body={"account": "DE89370400440532013000"}))
    parts = [base64.urlsafe_b64decode(part + "==") for part in envelope.split(".")]
    assert not any(b"DE8937" in part or SENDER.encode() in part for part in parts)


def test_it_is_refused_by_whom_it_is_not_for(ends: Ends) -> None:
    assert refusal(ends, closed(ends), own="US-ASC") == "recipient"
    assert refusal(Ends(), closed(ends)) == "key"  # another centre's ring does not have the key


def test_whoever_signs_must_be_the_sender(ends: Ends) -> None:
    assert refusal(ends, closed(ends, content(sender="US-ASC"))) == "key"


@given(place=st.integers(min_value=0), change=st.integers(min_value=1, max_value=127))
def test_any_flipped_byte_is_refused(ends: Ends, place: int, change: int) -> None:

    envelope = closed(ends)
    place %= len(envelope)
    flipped = envelope[:place] + chr(ord(envelope[place]) ^ change) + envelope[place + 1 :]
    with pytest.raises(Refused):
        ends.open(flipped)


@given(text=st.text(max_size=300))
def test_nonsense_is_refused(ends: Ends, text: str) -> None:
    assert refusal(ends, text) in ("suite", "key", "seal")


def _with_header(envelope: str, part: int, **changes: Any) -> str:
    parts = envelope.split(".")
    header = json.loads(base64.urlsafe_b64decode(parts[part] + "=="))
    header = {name: value for name, value in (header | changes).items() if value is not None}
    parts[part] = base64.urlsafe_b64encode(json.dumps(header).encode()).rstrip(b"=").decode()
    return ".".join(parts)


@pytest.mark.parametrize(
    "change",
    [
        {"alg": "dir"},
        {"alg": "ECDH-ES"},
        {"enc": "A128GCM"},
        {"enc": "A256CBC-HS512"},
        {"typ": "JWE"},
        {"typ": None},
        {"cty": None},
        {"zip": "DEF"},
        {"crit": ["exp"]},
        {"apu": "QQ"},
        {"jwk": {}},
        {"epk": {"kty": "OKP", "crv": "X448", "x": "A" * 43}},
        {"epk": "x"},
        {"kid": 7},
    ],
)
def test_another_suite_is_refused_before_anything_is_computed(ends: Ends, change: dict[str, Any]) -> None:
    def never(_kid: str, _public: dict[str, str]) -> bytes:
        raise AssertionError("the private key was used")

    with pytest.raises(Refused) as caught:
        jose.decrypt(_with_header(closed(ends), 0, **change), never)
    assert caught.value.clause == "suite"


@pytest.mark.parametrize(
    "change",
    [{"alg": "none"}, {"alg": "EdDSA"}, {"alg": "HS256"}, {"typ": "accord+reply"}, {"crit": ["b64"]}, {"jku": "https://x"}],
)
def test_a_weaker_signature_is_refused(ends: Ends, change: dict[str, Any]) -> None:

    signed = jose.decrypt(closed(ends), ends.recipient.shared_secret)
    with pytest.raises(Refused) as caught:
        jose.signer_of(_with_header(signed, 0, **change))
    assert caught.value.clause == "suite"


def test_too_large_an_envelope_is_refused_unopened(ends: Ends) -> None:

    assert refusal(ends, "A" * (MOST_ENVELOPE + 1)) == "size"


def _resigned(ends: Ends, payload: bytes) -> str:

    return jose.encrypt(jose.sign(payload, ends.sender, ends.signing["kid"]), ends.encryption, ends.encryption["kid"])


@pytest.mark.parametrize(
    "spoil",
    [
        lambda payload: payload.replace(b'"sequence":1', b'"sequence": 1'),
        lambda payload: payload.replace(b'"sequence":1', b'"sequence":1.0'),
        lambda payload: payload.replace(b'"sequence":1', b'"sequence":0'),
        lambda payload: payload.replace(b'"sequence":1', b'"sequence":1,"sequence":1'),
        lambda payload: payload.replace(b'"a":[1,', b'"a":[1.5,'),
        lambda payload: payload.replace("二".encode(), rb"\u4e8c"),
        lambda payload: payload.replace("二".encode(), rb"\u0000"),
        lambda payload: payload.replace(b'"a":', b'"z":1,"a":'),
        lambda payload: payload.replace(b"12:00:00Z", b"12:00:00"),
        lambda payload: payload.replace(b'"recipient":"CN-ASC",', b""),
        lambda payload: b"[" * 100_000,
        lambda payload: b"",
    ],
)
def test_a_message_of_another_shape_is_refused_though_it_is_signed(ends: Ends, spoil: Any) -> None:

    _, payload = jose.signer_of(jose.decrypt(closed(ends), ends.recipient.shared_secret))
    spoilt = spoil(payload)
    assert spoilt != payload
    assert refusal(ends, _resigned(ends, spoilt)) == "shape"


@given(text=st.text())
def test_every_text_is_carried(ends: Ends, text: str) -> None:
    try:
        said = content(body={"text": text, text: 1})
        envelope = closed(ends, said)
    except BadInput:
        return  # half a surrogate pair is refused where it is queued
    if "\0" in text:
        assert refusal(ends, envelope) == "shape"
    else:
        assert ends.open(envelope).content.body == {"text": text, text: 1}


def test_a_later_minor_version_may_say_more(ends: Ends) -> None:
    document = json.loads(content().canonical()) | {"schema": "1.9", "tomorrow": {"x": 1}}
    payload = {
        "content": document,
        "epoch": str(EPOCH),
        "expires": "2026-03-20T12:15:00Z",
        "sent": "2026-03-20T12:00:00Z",
        "sequence": 1,
    }
    opened = ends.open(_resigned(ends, canonical_json(payload)))
    assert opened.content.schema == "1.9"
    assert opened.content.body == {"a": [1, "二"]}


def test_a_plain_library_reads_our_envelopes(ends: Ends) -> None:
    """joserfc, which knows nothing of Accord, opens and verifies with the keys alone."""

    private = X25519PrivateKey.generate()
    public, secret = (OKPKey.import_key(key) for key in (private.public_key(), private))

    to = public_jwk(private.public_key())
    inner = jose.decrypt(closed(ends), ends.recipient.shared_secret)
    envelope = jose.encrypt(inner, to, to["kid"])
    opened = jwe.decrypt_compact(envelope, secret, algorithms=["ECDH-ES+A256KW", "A256GCM"], registry=_lenient_jwe())
    assert opened.plaintext is not None
    signature = jws.deserialize_compact(opened.plaintext, OKPKey.import_key(_bare(ends.signing)), algorithms=["Ed25519"])
    assert json.loads(signature.payload)["content"]["body"] == {"a": [1, "二"]}
    assert public.thumbprint() == to["kid"]


def test_we_read_the_envelopes_of_a_plain_library(ends: Ends) -> None:
    signer = OKPKey.generate_key("Ed25519")
    kid = signer.thumbprint()
    payload = {
        "content": json.loads(content().canonical()),
        "epoch": str(EPOCH),
        "expires": "2026-03-20T12:15:00Z",
        "sent": "2026-03-20T12:00:00Z",
        "sequence": 1,
    }
    header = {"alg": "Ed25519", "kid": kid, "typ": "accord+jws"}
    signed = jws.serialize_compact(header, canonical_json(payload), signer, algorithms=["Ed25519"])
    outer = {
        "alg": "ECDH-ES+A256KW",
        "cty": "accord+jws",
        "enc": "A256GCM",
        "kid": ends.encryption["kid"],
        "typ": "accord+jwe",
    }
    recipient = OKPKey.import_key(_bare(ends.encryption))
    envelope = jwe.encrypt_compact(outer, signed, recipient, algorithms=["ECDH-ES+A256KW", "A256GCM"])

    public = signer.as_dict(private=False)
    opened = open_envelope(envelope, ends.recipient.shared_secret, RECIPIENT, lambda _sender, _kid: public)
    assert opened.content.id == MESSAGE


def _bare(jwk: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in jwk.items() if name != "kid"}


def _lenient_jwe() -> Any:

    return JWERegistry(strict_check_header=False, algorithms=["ECDH-ES+A256KW", "A256GCM"])
