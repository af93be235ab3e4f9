"""What is done with a message that has passed: one handler a kind, run in the change that marks the message as applied.

A handler is called once for each message, in the order of the partner's stream. It raises `Parked` where the message has to
wait for something, `Refused` (or any other error of ours) where it cannot be taken; then nothing that it did stays.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from accord.capabilities.exchange.kinds import MessageKind
from accord.capabilities.exchange.models import Incoming

Handler = Callable[[Incoming, Any], None]
"""Takes the row and its body (the struct of `messages.BODIES`, or the bare JSON for kinds without one)."""

_HANDLERS: dict[MessageKind, Handler] = {}


def handles(kind: MessageKind) -> Callable[[Handler], Handler]:
    """Decorator: the function handles messages of this kind. The apps' `ready` imports the modules that have some."""

    def register(handler: Handler) -> Handler:
        assert kind not in _HANDLERS, kind
        _HANDLERS[kind] = handler
        return handler

    return register


def handler_of(kind: MessageKind) -> Handler | None:
    return _HANDLERS.get(kind)
