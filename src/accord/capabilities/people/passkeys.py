"""Passkeys (WebAuthn): what browsers are asked, and whether what they answer is true.

`host` is the name under which the browser reaches the node. A passkey belongs to that name; bare IP addresses have none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from fido2.server import Fido2Server
from fido2.utils import websafe_decode, websafe_encode
from fido2.webauthn import (
    AttestedCredentialData,
    AuthenticationResponse,
    PublicKeyCredentialRpEntity,
    PublicKeyCredentialUserEntity,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from accord.capabilities.people.errors import Msg
from accord.core.errors import NotAllowed

State = Mapping[str, Any]
"""What must be kept in the session between asking and answering."""

_UNFIT: Final = (ValueError, TypeError, KeyError, AttributeError, InvalidSignature)
"""What the library raises for an answer that is malformed, meant for another question, or signed by another key."""


def ask_to_register(host: str, user_id: bytes, username: str, known: Sequence[str]) -> tuple[dict[str, Any], State]:
    """Options for navigator.credentials.create, as JSON, and the state to keep. `known` are credentials already enrolled."""
    options, state = _server(host).register_begin(
        PublicKeyCredentialUserEntity(id=user_id, name=username, display_name=username),
        [_credential(text) for text in known],
        resident_key_requirement=ResidentKeyRequirement.DISCOURAGED,
        user_verification=UserVerificationRequirement.PREFERRED,
    )
    return dict(options), state


def registered(host: str, state: State, answer: Any) -> tuple[str, int]:
    """The new credential's public data and its signature counter; NotAllowed when the answer does not fit."""
    try:
        data = _server(host).register_complete(state, answer)
    except _UNFIT:
        raise NotAllowed(Msg.PASSKEY_NOT_ACCEPTED) from None
    if data.credential_data is None:
        raise NotAllowed(Msg.PASSKEY_NOT_ACCEPTED)
    return websafe_encode(bytes(data.credential_data)), data.counter


def ask_to_sign(host: str, known: Sequence[str]) -> tuple[dict[str, Any], State]:
    """Options for navigator.credentials.get, as JSON, and the state to keep."""
    options, state = _server(host).authenticate_begin(
        [_credential(text) for text in known], user_verification=UserVerificationRequirement.PREFERRED
    )
    return dict(options), state


def signed(host: str, state: State, known: Sequence[str], answer: Any) -> tuple[str, int]:
    """Which of the known credentials has signed, and its counter now; NotAllowed when none has."""
    try:
        response = AuthenticationResponse.from_dict(answer)
        used = _server(host).authenticate_complete(state, [_credential(text) for text in known], response)
        counter = response.response.authenticator_data.counter
    except _UNFIT:
        raise NotAllowed(Msg.PASSKEY_NOT_ACCEPTED) from None
    return websafe_encode(bytes(used)), counter


def _server(host: str) -> Fido2Server:
    return Fido2Server(PublicKeyCredentialRpEntity(name="Accord", id=host.partition(":")[0]))


def _credential(text: str) -> AttestedCredentialData:
    return AttestedCredentialData(websafe_decode(text))
