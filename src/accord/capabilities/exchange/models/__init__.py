"""The rows of the exchange room."""

from accord.capabilities.exchange.models.agreements import Agreement, AgreementState
from accord.capabilities.exchange.models.channel import (
    Alarm,
    Chunk,
    Incoming,
    IncomingState,
    InStream,
    Outgoing,
    OutgoingState,
    OutStream,
)
from accord.capabilities.exchange.models.crossborder import (
    ForeignEnquiry,
    ForeignOrder,
    ForeignOrderPart,
    ForeignOrderState,
    OwnCase,
    PartnerRequest,
    RequestState,
    SentOrder,
    ThreadNote,
)
from accord.capabilities.exchange.models.partners import (
    KeyUse,
    OwnCard,
    OwnKey,
    Partner,
    PartnerKey,
    PartnerState,
)

__all__ = [
    "Agreement",
    "AgreementState",
    "Alarm",
    "Chunk",
    "ForeignEnquiry",
    "ForeignOrder",
    "ForeignOrderPart",
    "ForeignOrderState",
    "InStream",
    "Incoming",
    "IncomingState",
    "KeyUse",
    "OutStream",
    "Outgoing",
    "OutgoingState",
    "OwnCard",
    "OwnCase",
    "OwnKey",
    "Partner",
    "PartnerKey",
    "PartnerRequest",
    "PartnerState",
    "RequestState",
    "SentOrder",
    "ThreadNote",
]
