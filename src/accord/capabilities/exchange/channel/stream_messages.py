"""The bodies of messages that keep the streams in order; they need no agreement and say nothing of any case."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, TypeVar
from uuid import UUID

import msgspec

from accord.capabilities.exchange.channel.errors import Msg
from accord.capabilities.exchange.errors import Refused

_Sequence = Annotated[int, msgspec.Meta(ge=1)]


class Why(StrEnum):
    """Why a stream begins."""

    FIRST = "first"  # nothing was ever sent before
    RESTORED = "restored"  # the sender was restored from a backup, and does not know what it said since
    REWOUND = "rewound"  # the receiver was; what it lost comes again
    SKIPPED = "skipped"  # a message of the older stream will never come


class NextPlace(msgspec.Struct, frozen=True, kw_only=True):
    """The next place of a stream: everything before it in this epoch is known."""

    epoch: UUID
    sequence: _Sequence


class HelloBody(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The first message of a stream. `received`: how far the receiver's own newest stream was received here. `last`: where the
    sender's own stream ended as far as it remembers; the receiver tells it of everything from there on."""

    why: Why
    received: NextPlace | None = None
    last: NextPlace | None = None


class RecoveredBody(msgspec.Struct, frozen=True, kw_only=True):
    """Messages (compact JWS) that the receiver of this body had sent and no longer knows. `more`: others follow."""

    messages: tuple[str, ...]
    more: bool


class ChunkBody(msgspec.Struct, frozen=True, kw_only=True):
    """A part (base64) of the body of message `whole`, which comes after its last part. `number` counts from 1."""

    whole: UUID
    number: Annotated[int, msgspec.Meta(ge=1, le=1_024)]
    part: str


_Body = TypeVar("_Body")


def read(body: Any, kind: type[_Body]) -> _Body:
    """The body as its type. Refused ("shape") where it is none."""
    try:
        return msgspec.convert(body, kind)
    except msgspec.ValidationError as error:
        raise Refused("shape", Msg.BODY_NOT_OF_ITS_KIND, error=error) from None
