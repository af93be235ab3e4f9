"""Signatures of agreements: a compact JWS by each side over the agreement's hash, its own code and when it signed."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Final

import msgspec
from django.conf import settings

from accord.capabilities.exchange.agreements.errors import Msg
from accord.capabilities.exchange.channel import jose
from accord.capabilities.exchange.errors import Refused
from accord.capabilities.exchange.models import KeyUse, OwnKey
from accord.capabilities.exchange.partners import queries as partners
from accord.capabilities.exchange.partners.keyring import ring
from accord.capabilities.exchange.partners.services import own_keys
from accord.core import clock
from accord.core.canonical import canonical_json

TYPE: Final = "accord+agreement"
"""The type in the header: a signature under anything else can never pass for one under an agreement."""


class Signature(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a side signs."""

    agency: str
    agreement: str
    signed_at: Annotated[datetime, msgspec.Meta(tz=True)]


def sign(agreement_hash: str) -> str:
    """This side's signature, with its current key. NotFound where it has none yet."""
    stated = {"agency": settings.ACCORD_AGENCY, "agreement": agreement_hash, "signed_at": clock.to_iso(clock.now())}
    return jose.sign(canonical_json(stated), ring(), own_keys.current(KeyUse.SIGNING).kid, TYPE)


def check_partners(signed: str, agreement_hash: str, partner_code: str) -> Signature:
    """A partner's signature, checked with a key that counts now. Refused ("seal", "key", "agreement") where it is none."""
    kid, stated = _stated(signed, agreement_hash, partner_code)
    jose.verify(signed, partners.verifying_key(partner_code, kid, clock.now()))
    return stated


def check_own(signed: str, agreement_hash: str) -> Signature:
    """A signature of this node that somebody else brings back: good if one of its keys made it, also one that is replaced."""
    kid, stated = _stated(signed, agreement_hash, settings.ACCORD_AGENCY)
    key = OwnKey.objects.filter(kid=kid, use=KeyUse.SIGNING, revoked_at=None).first()
    if key is None:
        raise Refused("key", Msg.KEY_NOT_OF_CENTRE, key=kid)
    jose.verify(signed, key.public)
    return stated


def _stated(signed: str, agreement_hash: str, agency: str) -> tuple[str, Signature]:
    kid, payload = jose.signer_of(signed, TYPE)
    try:
        stated = msgspec.json.decode(payload, type=Signature)
    except msgspec.DecodeError as error:
        raise Refused("agreement", Msg.NO_SIGNATURE_UNDER_AGREEMENT, error=error) from None
    if (stated.agreement, stated.agency) != (agreement_hash, agency):
        raise Refused(
            "agreement", Msg.SIGNATURE_OF_ANOTHER, signer=stated.agency, agreement=stated.agreement[:12], agency=agency
        )
    return kid, stated
