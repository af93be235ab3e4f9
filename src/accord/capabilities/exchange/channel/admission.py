"""The gate that every message with case content passes, out and in. Agreements put it up (`connect`); while none is up, no such
message passes."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from accord.capabilities.exchange.channel.errors import Msg
from accord.capabilities.exchange.errors import Refused
from accord.capabilities.exchange.kinds import MessageKind
from accord.core.labels import Label


@dataclass(frozen=True, slots=True)
class Admitted:
    """What may cross: the body without what may not be disclosed, the hash of the agreement that it stands under, its label
    (as JSON), and how long its receiver may keep it."""

    body: Any
    agreement: str
    label: dict[str, Any]
    retain_until: datetime | None


class Gate(Protocol):
    """Both ways raise Refused, naming the clause. `sent_before`: messages of this kind in the time that a quota is for."""

    def outbound(self, partner: str, kind: MessageKind, body: Any, label: Label | None, sent_before: int) -> Admitted: ...

    def inbound(
        self, partner: str, agreement: str, kind: MessageKind, body: Any, label: dict[str, Any] | None, sent_before: int
    ) -> Admitted: ...

    def reading_once(self) -> AbstractContextManager[None]:
        """Within the block each agreement is read once. For a change in which no agreement changes."""
        ...


class _Closed:
    """No gate is up: unknown means deny."""

    def outbound(self, *_: Any) -> Admitted:
        raise Refused("agreement", Msg.NO_AGREEMENT_IN_FORCE_HERE)

    inbound = outbound

    def reading_once(self) -> AbstractContextManager[None]:
        return nullcontext()


_gate: list[Gate] = [_Closed()]


def connect(gate: Gate) -> None:
    """Called once, when the apps are ready."""
    _gate[:] = [gate]


def gate() -> Gate:
    """The gate that is up."""
    return _gate[0]
