"""One message sealed for one partner: content that is signed, and the seal that the recipient alone can open.

Signed is `{"content": …, "epoch", "expires", "sent", "sequence"}` as canonical JSON. The content is fixed when the message
is queued and names both parties and the agreement; its hash is the message's identity. Its place in the stream and its
times may change when it is sent again: after a restore the same message takes another place, and is still the same message.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Final
from uuid import UUID

import msgspec

from accord.capabilities.exchange.channel import jose
from accord.capabilities.exchange.channel.errors import Msg
from accord.capabilities.exchange.errors import Refused
from accord.capabilities.exchange.messages import SCHEMA
from accord.capabilities.exchange.partners.jwk import Jwk
from accord.capabilities.exchange.partners.keyring import KeyRing
from accord.core.canonical import canonical_json
from accord.core.clock import to_iso
from accord.core.errors import BadInput

MOST_ENVELOPE: Final = 1024 * 1024
"""Characters of a sealed envelope. Larger ones are refused unopened."""

MOST_CONTENT: Final = 512 * 1024
"""Bytes of the content: three times in base64 it just fits an envelope. What is larger goes in chunks."""

LAST_SEQUENCE: Final = 2**53 - 1

_OF_THE_SIGNER: Final = frozenset({"partner", "key", "seal"})

_Text = Annotated[str, msgspec.Meta(max_length=64)]
_Code = Annotated[str, msgspec.Meta(min_length=1, max_length=40)]
_Moment = Annotated[datetime, msgspec.Meta(tz=True)]
_NUL: Final = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")


class InChunks(msgspec.Struct, frozen=True, kw_only=True):
    """Where the body of a message is, that came in parts before it: their number, and the SHA-256 and size of the body."""

    count: Annotated[int, msgspec.Meta(ge=1, le=1_024)]
    sha256: Annotated[str, msgspec.Meta(min_length=64, max_length=64)]
    size: Annotated[int, msgspec.Meta(ge=1)]


class Content(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a message says, whenever and however it is sent. `agreement` is empty where the kind needs none."""

    id: UUID
    kind: _Text
    schema: _Text
    sender: _Code
    recipient: _Code
    agreement: _Text = ""
    label: dict[str, Any] | None = None
    in_reply_to: UUID | None = None
    about: UUID | None = None
    body: Any = None
    chunks: InChunks | None = None

    def canonical(self) -> bytes:
        """The bytes that are signed and hashed. BadInput where the body has what canonical JSON leaves out."""
        return canonical_json(msgspec.to_builtins(self))


@dataclass(frozen=True, slots=True)
class Place:
    """Where a message stands in the stream from one node to another. Of two epochs the greater UUID is the newer."""

    epoch: UUID
    sequence: int


@dataclass(frozen=True, slots=True)
class Opened:
    """An envelope whose seal was good. `signed` is the JWS as it came; `sent` and `expires` are by the sender's reckoning."""

    content: Content
    content_hash: str
    place: Place
    sent: datetime
    expires: datetime
    signed: str


class _Payload(msgspec.Struct, frozen=True, kw_only=True):
    content: msgspec.Raw
    epoch: UUID
    expires: _Moment
    sent: _Moment
    sequence: Annotated[int, msgspec.Meta(ge=1, le=LAST_SEQUENCE)]


KeyOf = Callable[[str, str], Jwk]
"""The public key (JWK) of a sender's agency code and key id; Refused ("key" or "partner") where there is none that counts."""


def new_content(**stated: Any) -> Content:
    """A content of this version."""
    return Content(**{"schema": SCHEMA, **stated})


def hash_of(canonical: bytes) -> str:
    """What a message is known by: SHA-256 of its canonical content, in hexadecimal."""
    return hashlib.sha256(canonical).hexdigest()


@dataclass(frozen=True, slots=True)
class Seal:
    """What an envelope to one partner is sealed with: a signing key of this node, the encryption key of the partner."""

    ring: KeyRing
    signing_kid: str
    recipient_key: Jwk

    def close(self, canonical: bytes, place: Place, sent: datetime, expires: datetime) -> str:
        """The envelope of a canonical content."""
        payload = b'{"content":%s,"epoch":"%s","expires":"%s","sent":"%s","sequence":%d}' % (
            canonical,
            str(place.epoch).encode(),
            to_iso(expires).encode(),
            to_iso(sent).encode(),
            place.sequence,
        )
        signed = jose.sign(payload, self.ring, self.signing_kid)
        return jose.encrypt(signed, self.recipient_key, self.recipient_key["kid"])


def open_envelope(sealed: str, secret_of: jose.SecretOf, own_code: str, key_of: KeyOf) -> Opened:
    """Open, verify and read one envelope. Refused names what is wrong: "size", "suite", "key", "seal", "shape", "recipient"."""
    if len(sealed) > MOST_ENVELOPE:
        raise Refused("size", Msg.ENVELOPE_TOO_LONG, count=len(sealed), most=MOST_ENVELOPE)
    signed = jose.decrypt(sealed, secret_of)
    try:
        opened = read_signed(signed, key_of)
    except Refused as refused:
        if refused.clause not in _OF_THE_SIGNER:
            raise
        # Whoever has this centre's card can seal something for it in anybody's name: the answer does not say who its
        # partners are.
        raise Refused("key", Msg.UNKNOWN_SIGNER) from refused
    if opened.content.recipient != own_code:
        raise Refused("recipient", Msg.FOR_ANOTHER_CENTRE, recipient=opened.content.recipient)
    return opened


def read_signed(signed: str, key_of: KeyOf) -> Opened:
    """Verify and read the inner part of an envelope: a message that its sender signed."""
    kid, payload = jose.signer_of(signed)
    outer = _decode(payload, _PAYLOAD)
    content = _decode(bytes(outer.content), _CONTENT)
    jose.verify(signed, key_of(content.sender, kid))
    canonical_document(payload)
    return Opened(content, hash_of(bytes(outer.content)), Place(outer.epoch, outer.sequence), outer.sent, outer.expires, signed)


def _decode(raw: bytes, decoder: msgspec.json.Decoder[Any]) -> Any:
    try:
        return decoder.decode(raw)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise Refused("shape", Msg.NOT_A_MESSAGE, error=error) from None


def canonical_document(payload: bytes) -> Any:
    """The document that canonical JSON spells. Refused ("shape") for any other spelling, so that the same message has the same
    hash, and for what no store could keep."""
    document = _decode(payload, _ANYTHING)
    if b"\\u0000" in payload and _NUL.search(payload):
        raise Refused("shape", Msg.TEXT_HOLDS_CHARACTER_NUL)
    if msgspec.json.encode(document, order="sorted") == payload:
        return document
    try:
        same = canonical_json(document) == payload
    except BadInput as error:
        raise Refused("shape", error.wording) from None
    except RecursionError:
        raise Refused("shape", Msg.NESTED_TOO_DEEPLY) from None
    if not same:
        raise Refused("shape", Msg.NOT_WRITTEN_CANONICAL_JSON)
    return document


def _refuse_float(text: str) -> Any:
    raise Refused("shape", Msg.NOT_AN_INTEGER, text=text[:20])


_PAYLOAD: Final = msgspec.json.Decoder(_Payload)
_CONTENT: Final = msgspec.json.Decoder(Content)
_ANYTHING: Final = msgspec.json.Decoder(float_hook=_refuse_float)
