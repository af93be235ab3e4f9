"""The rows of the exchange room."""

from accord.capabilities.exchange.models.delivery import (
    Alarm,
    Chunk,
    Incoming,
    IncomingState,
    InStream,
    Outgoing,
    OutgoingState,
    OutStream,
)
from accord.capabilities.exchange.models.partners import (
    Agreement,
    AgreementState,
    KeyUse,
    OwnKey,
    Partner,
    PartnerKey,
    PartnerState,
)
from accord.capabilities.exchange.models.requests import (
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
