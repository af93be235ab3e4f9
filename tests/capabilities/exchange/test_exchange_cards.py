"""Cards: one spelling, every signature checked, and words that another implementation would find too."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

import pytest
from federation_kit.partner_centre import OtherCentre
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jws
from joserfc.jwk import KeySet

from accord.capabilities.exchange.partners import cards
from accord.core.canonical import canonical_json
from accord.core.errors import BadInput

ROTATED = OtherCentre(address="https://sg.example/exchange", institutions=["SGCASH"], name_zh="新加坡反诈中心")
ROTATED.add_key("signing")
WHOLE = ROTATED.card()


def changed(**members: Any) -> bytes:
    """A card with other content, signed by who may sign it."""
    other = OtherCentre()
    return other.card(**members)


def test_a_card_says_what_its_centre_says() -> None:
    card = cards.read_card(WHOLE)
    assert (card.agency, card.jurisdiction, card.address) == ("SG-ASC", "SG", "https://sg.example/exchange")
    assert (card.countries, card.institutions, card.name_zh) == (("SG",), ("SGCASH",), "新加坡反诈中心")
    assert card.signers == tuple(ROTATED.signing_kids())
    assert len(card.keys) == 3
    assert cards.card_bytes(card.signed) == WHOLE


def test_another_library_verifies_every_signature() -> None:
    document = json.loads(WHOLE)
    keys = KeySet.import_key_set({"keys": [key["public"] for key in ROTATED.keys if key["use"] == "signing"]})
    verified = jws.deserialize_json(document, keys, algorithms=["Ed25519"])
    assert json.loads(verified.payload)["agency"] == "SG-ASC"


@given(place=st.integers(0, len(WHOLE) * 8 - 1))
def test_any_flipped_bit_is_refused(place: int) -> None:
    flipped = bytearray(WHOLE)
    flipped[place // 8] ^= 1 << place % 8
    with pytest.raises(BadInput):
        cards.read_card(bytes(flipped))


@given(place=st.integers(0, len(WHOLE) - 1), byte=st.integers(0, 255))
def test_any_other_or_added_or_missing_byte_is_refused(place: int, byte: int) -> None:
    added = WHOLE[:place] + bytes([byte]) + WHOLE[place:]
    missing = WHOLE[:place] + WHOLE[place + 1 :]
    for other in (added, missing):
        if other != WHOLE.rstrip(b"\n"):  # the last line end may be lost on the way, and is no content
            with pytest.raises(BadInput):
                cards.read_card(other)


@given(st.binary(max_size=400) | st.text(max_size=200).map(str.encode))
def test_anything_else_is_no_card(data: bytes) -> None:
    with pytest.raises(BadInput):
        cards.read_card(data)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(name=st.sampled_from(sorted(json.loads(base64.urlsafe_b64decode(json.loads(WHOLE)["payload"] + "===")))), value=JSON)
def test_no_member_of_another_shape_gets_past_the_reader(name: str, value: Any) -> None:
    """Signed by the centre itself, so that nothing but the reader's own checks stands in the way."""
    content = cards.content_of(json.loads(WHOLE)) | {name: value}
    try:
        canonical_json(content)
    except BadInput:
        return
    from accord.capabilities.exchange.partners import keyring

    with keyring.using(ROTATED.ring):
        try:
            signed = cards.sign_card(content, ROTATED.signing_kids())
        except BadInput:
            return
    assert isinstance(cards.read_signed(signed), cards.Card)


@pytest.mark.parametrize(
    ("member", "value", "says"),
    [
        ("address", "http://sg.example", "https://"),
        ("address", "https://user@sg.example", "write it like"),
        ("address", "ftp://sg.example", "https://"),
        ("name", "", "names its agency"),
        ("name", "two\nlines", "one line"),
        ("agency", "sg", "agency code"),
        ("countries", ["Singapore"], "no code"),
        ("institutions", ["a b"], "no code"),
        ("tls_sha256", "abc", "SHA-256"),
        ("jurisdiction", "Singapore!", "code such as SG"),
    ],
)
def test_what_a_card_may_not_say(member: str, value: Any, says: str) -> None:
    with pytest.raises(BadInput, match=says):
        changed(**{member: value})


def test_a_card_names_both_kinds_of_keys_and_no_private_one() -> None:
    only_signing = OtherCentre()
    only_signing.keys = [key for key in only_signing.keys if key["use"] == "signing"]
    with pytest.raises(BadInput, match="keys"):
        only_signing.card()
    told_too_much = OtherCentre()
    told_too_much.keys[0]["public"] |= {"d": "c2VjcmV0"}
    with pytest.raises(BadInput, match="no others"):
        told_too_much.card()
    swapped = OtherCentre()
    signers = swapped.signing_kids()
    for key in swapped.keys:
        key["use"] = "signing"
    with pytest.raises(BadInput, match="Ed25519"):
        swapped.card(signers=signers)
    renamed = OtherCentre()
    renamed.keys[0]["public"]["kid"] = "mine"
    with pytest.raises(BadInput, match="thumbprint"):
        renamed.card()


@pytest.mark.parametrize("header", [{"alg": "none"}, {"alg": "HS256"}, {"alg": "EdDSA"}, {"alg": "Ed25519", "jwk": {}}])
def test_no_other_algorithm_and_no_other_header_is_taken(header: dict[str, Any]) -> None:
    document = json.loads(OtherCentre().card())
    stated = json.loads(base64.urlsafe_b64decode(document["signatures"][0]["protected"] + "==="))
    document["signatures"][0]["protected"] = base64.urlsafe_b64encode(canonical_json(stated | header)).rstrip(b"=").decode()
    with pytest.raises(BadInput, match="no other algorithm"):
        cards.read_card(canonical_json(document))


def test_a_signature_of_a_key_that_the_card_does_not_name_is_refused() -> None:
    mine, other = json.loads(OtherCentre().card()), json.loads(OtherCentre().card())
    for document in (mine | {"signatures": other["signatures"]}, mine | {"signatures": mine["signatures"] * 2}):
        with pytest.raises(BadInput):
            cards.read_card(canonical_json(document))
    with pytest.raises(BadInput):
        cards.read_card(canonical_json(mine | {"signatures": []}))
    with pytest.raises(BadInput):
        cards.read_card(b"[" * 60_000)


def test_the_words_are_the_first_88_bits_of_the_fingerprint() -> None:
    card = cards.read_card(WHOLE)
    digest = hashlib.sha256(canonical_json({"agency": "SG-ASC", "keys": sorted(ROTATED.signing_kids())})).digest()
    bits = "".join(f"{byte:08b}" for byte in digest)[:88]
    for language, name in (("en", "english"), ("zh-hans", "chinese_simplified")):
        from mnemonic import Mnemonic

        listed = Mnemonic(name).wordlist
        assert cards.words(card, language) == [listed[int(bits[at : at + 11], 2)] for at in range(0, 88, 11)]
        assert cards.words(card.fingerprint(), language) == cards.words(card, language)
    assert cards.words(card, "fr") == cards.words(card, "en")
    other = cards.read_card(OtherCentre().card())
    assert cards.words(other, "en") != cards.words(card, "en")


def test_words_change_with_the_keys_and_not_with_what_is_said_besides() -> None:
    centre = OtherCentre()
    first = cards.read_card(centre.card()).fingerprint()
    assert cards.read_card(centre.card(contact="+65 6111 1111", address="https://sg.example")).fingerprint() == first
    centre.add_key("encryption")
    assert cards.read_card(centre.card()).fingerprint() == first
    centre.add_key("signing")
    second = cards.read_card(centre.card()).fingerprint()
    assert second != first
    centre.revoked.append(centre.signing_kids()[1])
    assert cards.read_card(centre.card()).fingerprint() not in (first, second)
