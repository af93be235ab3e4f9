"""Partner cards: what an agency says of itself and its keys, signed with the keys that it names.

    {"payload": base64url of the canonical JSON below,
     "signatures": [{"protected": base64url of {"alg": "Ed25519", "kid": ...}, "signature": ...}]}

    {"type": "accord partner card 1", "agency", "name", "name_zh", "jurisdiction", "address", "contact",
     "tls_sha256", "countries", "institutions", "serial", "issued_at",
     "keys": [{"use", "public": JWK, "valid_from", "valid_until"}], "revoked": [kid]}

It is a JWS in its JSON form (RFC 7515, 7.2.1; the algorithm of RFC 9864), in the one spelling that it can have: any other
byte is refused. Every signature must be that of a signing key on the card; one by a key that the reader trusts already makes
a newer card trustworthy, any other card has to be compared out of band, by its words.
"""

from __future__ import annotations

import hashlib
import ipaddress
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Final
from urllib.parse import urlsplit

from mnemonic import Mnemonic

from accord.capabilities.exchange.models import KeyUse
from accord.capabilities.exchange.partners.errors import Msg
from accord.capabilities.exchange.partners.jwk import Jwk, from_base64url, read_jwk, to_base64url, verifies
from accord.capabilities.exchange.partners.keyring import ring
from accord.core import clock
from accord.core.canonical import canonical_json
from accord.core.errors import BadInput
from accord.core.wording import Messages

TYPE: Final = "accord partner card 1"
MOST_BYTES: Final = 64 * 1024
WORDS: Final = 8
"""Words of 11 bits each: 88 bits of the fingerprint."""

_ALGORITHM: Final = "Ed25519"
_MOST_KEYS: Final = 16
_MOST_INSTITUTIONS: Final = 2_000
_AGENCY: Final = re.compile(r"[A-Z0-9][A-Z0-9_.-]{1,39}", re.ASCII)
_CODE: Final = re.compile(r"[A-Z0-9][A-Z0-9_.-]{1,63}", re.ASCII)
_COUNTRY: Final = re.compile(r"[A-Z]{2}", re.ASCII)
_SHA256: Final = re.compile(r"[0-9a-f]{64}", re.ASCII)
_TEXTS: Final = {"name": 150, "name_zh": 150, "contact": 200, "address": 200}
_MEMBERS: Final = frozenset(
    {
        "type",
        "agency",
        "jurisdiction",
        "tls_sha256",
        "countries",
        "institutions",
        "serial",
        "issued_at",
        "keys",
        "revoked",
        *_TEXTS,
    }
)
_LISTS: Final = {"en": "english", "zh-hans": "chinese_simplified"}
LANGUAGES: Final = tuple(_LISTS)


@dataclass(frozen=True, slots=True)
class CardKey:
    """A public key as a card names it."""

    use: KeyUse
    public: Jwk
    valid_from: datetime
    valid_until: datetime

    @property
    def kid(self) -> str:
        return self.public["kid"]


@dataclass(frozen=True, slots=True)
class Card:
    """A card whose signatures are all good. `signers` are their kids; `signed` is the card as it came."""

    agency: str
    name: str
    name_zh: str
    jurisdiction: str
    address: str
    contact: str
    tls_sha256: str
    countries: tuple[str, ...]
    institutions: tuple[str, ...]
    serial: int
    issued_at: datetime
    keys: tuple[CardKey, ...]
    revoked: tuple[str, ...]
    signers: tuple[str, ...]
    signed: dict[str, Any]

    def fingerprint(self) -> str:
        """What is compared out of band: it binds the agency code to the keys that speak for it."""
        return fingerprint(
            self.agency, (key.kid for key in self.keys if key.use == KeyUse.SIGNING and key.kid not in self.revoked)
        )


def fingerprint(agency: str, signing_kids: Any) -> str:
    """SHA-256, in hexadecimal, over an agency code and the thumbprints of its signing keys."""
    return hashlib.sha256(canonical_json({"agency": agency, "keys": sorted(signing_kids)})).hexdigest()


def words(card: Card | str, language: str) -> list[str]:
    """The eight words of a card (or fingerprint), of the word list of BIP-39 in English or simplified Chinese."""
    digest = int(card.fingerprint() if isinstance(card, Card) else card, 16)
    listed = _word_list(language if language in _LISTS else "en")
    return [listed[digest >> (256 - 11 * place) & 0x7FF] for place in range(1, WORDS + 1)]


@cache
def _word_list(language: str) -> tuple[str, ...]:
    return tuple(Mnemonic(_LISTS[language]).wordlist)


def sign_card(content: Mapping[str, Any], kids: Sequence[str]) -> dict[str, Any]:
    """The card signed with these keys of our own ring. BadInput where a partner could not read it."""
    payload = to_base64url(canonical_json(dict(content)))
    signatures = []
    for kid in kids:
        protected = to_base64url(_header(kid))
        signature = ring().sign(kid, f"{protected}.{payload}".encode())
        signatures.append({"protected": protected, "signature": to_base64url(signature)})
    signed = {"payload": payload, "signatures": signatures}
    read_signed(signed)
    return signed


def card_bytes(signed: Mapping[str, Any]) -> bytes:
    """The file of a signed card."""
    return canonical_json(dict(signed)) + b"\n"


def content_of(signed: Mapping[str, Any]) -> dict[str, Any]:
    """What a signed card that was read before says, as it stands there."""
    return _content(from_base64url(signed["payload"], "payload"))


def read_card(data: bytes) -> Card:
    """The card of a file, checked. BadInput says what is wrong with it; a single changed byte is."""
    if len(data) > MOST_BYTES:
        raise BadInput(Msg.LARGER_THAN_ANY_CARD, limit=MOST_BYTES, where="card")
    try:
        signed = json.loads(data)
    except (ValueError, RecursionError):
        raise BadInput(Msg.NOT_A_CARD, where="card") from None
    if not isinstance(signed, dict) or data not in (card_bytes(signed), canonical_json(signed)):
        raise BadInput(Msg.NOT_A_CARD_AS_WRITTEN, where="card")
    return read_signed(signed)


def read_signed(signed: Any) -> Card:
    """The same for a card as the document that it is; also a body of a message."""
    if not isinstance(signed, dict) or signed.keys() != {"payload", "signatures"} or not isinstance(signed["payload"], str):
        raise BadInput(Msg.CARD_MEMBERS_PAYLOAD_SIGNATURES, where="card")
    if not isinstance(signed["signatures"], list) or not 1 <= len(signed["signatures"]) <= _MOST_KEYS:
        raise BadInput(Msg.CARD_ONE_SIGNATURE_FOR_EACH_KEY, where="signatures")
    payload = from_base64url(signed["payload"], "payload")
    content = _content(payload)
    keys = _keys(content["keys"])
    verifying = {key.kid: key.public for key in keys if key.use == KeyUse.SIGNING}
    signers = tuple(_signer(signature, signed["payload"], verifying) for signature in signed["signatures"])
    if len(set(signers)) != len(signers):
        raise BadInput(Msg.TWO_SIGNATURES_ONE_KEY, where="signatures")
    return _card(content, keys, signers, signed)


def _header(kid: str) -> bytes:
    return canonical_json({"alg": _ALGORITHM, "kid": kid})


def _signer(stated: Any, payload: str, verifying: Mapping[str, Jwk]) -> str:
    """The kid of the key whose good signature this is."""
    if not isinstance(stated, dict) or stated.keys() != {"protected", "signature"}:
        raise BadInput(Msg.SIGNATURE_MEMBERS_PROTECTED_SIGNATURE, where="signatures")
    if not all(isinstance(value, str) for value in stated.values()):
        raise BadInput(Msg.PROTECTED_SIGNATURE_TEXTS, where="signatures")
    protected = from_base64url(stated["protected"], "protected")
    for kid, public in verifying.items():
        if protected == _header(kid):
            data = f"{stated['protected']}.{payload}".encode()
            if verifies(public, from_base64url(stated["signature"], "signature"), data):
                return kid
            raise BadInput(Msg.SIGNATURE_NOT_CARD, where="signatures")
    raise BadInput(Msg.SIGNATURE_NO_SIGNING_KEY_ON_CARD, algorithm=_ALGORITHM, where="signatures")


def _content(payload: bytes) -> dict[str, Any]:
    try:
        content = json.loads(payload)
    except (ValueError, RecursionError):
        raise BadInput(Msg.NOT_JSON, where="payload") from None
    if not isinstance(content, dict) or canonical_json(content) != payload:
        raise BadInput(Msg.NO_CANONICAL_JSON_OBJECT, where="payload")
    if content.get("type") != TYPE:
        raise BadInput(Msg.TYPE_VERSION_READS, type=content.get("type"), known=TYPE, where="payload")
    if content.keys() != _MEMBERS:
        raise BadInput(Msg.LACKS_ADDS_MEMBERS, names=sorted(content.keys() ^ _MEMBERS), where="payload")
    return content


def _card(content: dict[str, Any], keys: tuple[CardKey, ...], signers: tuple[str, ...], signed: dict[str, Any]) -> Card:
    for name, most in _TEXTS.items():
        if not isinstance(content[name], str) or len(content[name]) > most or not content[name].isprintable():
            raise BadInput(Msg.MUST_BE_TEXT_AT_MOST_CHARACTERS, most=most, where=name)
    if not content["name"]:
        raise BadInput(Msg.CARD_NAMES_AGENCY_SET, where="name")
    _must_match(content["agency"], _AGENCY, Msg.AGENCY_CODE_SHAPE, "agency")
    _must_match(content["jurisdiction"], re.compile(r"[A-Z0-9-]{2,8}", re.ASCII), Msg.IS_A_CODE_SUCH_AS_SG, "jurisdiction")
    if content["tls_sha256"]:
        _must_match(content["tls_sha256"], _SHA256, Msg.IS_A_SHA256_OR_EMPTY, "tls_sha256")
    if content["address"]:
        check_address(content["address"])
    if type(content["serial"]) is not int or not 1 <= content["serial"] < 1 << 31:
        raise BadInput(Msg.MUST_BE_WHOLE_NUMBER_ABOVE_0, where="serial")
    return Card(
        agency=content["agency"],
        jurisdiction=content["jurisdiction"],
        tls_sha256=content["tls_sha256"],
        countries=_codes(content["countries"], _COUNTRY, "countries"),
        institutions=_codes(content["institutions"], _CODE, "institutions"),
        serial=content["serial"],
        issued_at=_moment(content["issued_at"], "issued_at"),
        keys=keys,
        revoked=_revoked(content["revoked"]),
        signers=signers,
        signed=signed,
        **{name: content[name] for name in _TEXTS},
    )


def check_address(address: str) -> None:
    """BadInput unless it is an https:// address, or an http:// one of this machine."""
    parts = urlsplit(address)
    if parts.scheme != "https" and not (parts.scheme == "http" and _is_loopback(parts.hostname or "")):
        raise BadInput(Msg.MUST_BEGIN_WITH_HTTPS, where="address")
    if not parts.hostname or parts.query or parts.fragment or parts.username:
        raise BadInput(Msg.WRITE_LIKE_HTTPS_CENTRE_EXAMPLE, where="address")


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _keys(stated: Any) -> tuple[CardKey, ...]:
    if not isinstance(stated, list) or not 2 <= len(stated) <= _MOST_KEYS:
        raise BadInput(Msg.CARD_NAMES_2_TO_KEYS, most=_MOST_KEYS, where="keys")
    keys = tuple(_key(one, f"keys[{place}]") for place, one in enumerate(stated))
    if {key.use for key in keys} != set(KeyUse) or len({key.kid for key in keys}) != len(keys):
        raise BadInput(Msg.CARD_NAMES_KEY_TO_SIGN_ONE, where="keys")
    return keys


def _key(stated: Any, where: str) -> CardKey:
    if not isinstance(stated, dict) or stated.keys() != {"use", "public", "valid_from", "valid_until"}:
        raise BadInput(Msg.KEY_MEMBERS_USE, where=where)
    if stated["use"] not in KeyUse.values:
        raise BadInput(Msg.UNKNOWN_KEY_USE, known=tuple(KeyUse.values), where=where)
    use = KeyUse(stated["use"])
    starts, ends = _moment(stated["valid_from"], where), _moment(stated["valid_until"], where)
    if ends <= starts:
        raise BadInput(Msg.KEY_ENDS_AFTER_BEGINS, where=where)
    return CardKey(use, read_jwk(stated["public"], use, where), starts, ends)


def _moment(stated: Any, where: str) -> datetime:
    """A time in the one spelling that ours have: UTC with a Z."""
    try:
        moment = datetime.fromisoformat(stated)
        if clock.to_iso(moment) == stated:
            return moment
    except (TypeError, ValueError):
        pass
    raise BadInput(Msg.NOT_A_TIME_IN_UTC, where=where)


def _codes(stated: Any, pattern: re.Pattern[str], where: str) -> tuple[str, ...]:
    if not isinstance(stated, list) or len(stated) > _MOST_INSTITUTIONS:
        raise BadInput(Msg.MUST_BE_LIST_AT_MOST_CODES, most=_MOST_INSTITUTIONS, where=where)
    for code in stated:
        _must_match(code, pattern, Msg.HOLDS_NO_CODE, where)
    return tuple(stated)


def _revoked(stated: Any) -> tuple[str, ...]:
    if not isinstance(stated, list) or not all(isinstance(kid, str) and 1 <= len(kid) <= 64 for kid in stated):
        raise BadInput(Msg.MUST_BE_LIST_KIDS, where="revoked")
    return tuple(stated)


def _must_match(stated: Any, pattern: re.Pattern[str], what: Messages, where: str) -> None:
    if not isinstance(stated, str) or not pattern.fullmatch(stated):
        raise BadInput(what, where=where)
