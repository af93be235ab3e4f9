"""What is done with a message that has passed: one handler a kind, run in the change that marks the message as applied.

A handler is called once for each message, in the order of the partner's stream. It raises `Parked` where the message has to
wait for something, `Refused` (or any other error of ours) where it cannot be taken; then nothing that it did stays.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from accord.capabilities.exchange.kinds import MessageKind
from accord.capabilities.exchange.models import Incoming

Handler = Callable[[Incoming, Any], None]
"""Takes the row and its body (the struct of `messages.BODIES`, or the bare JSON for kinds without one)."""

TogetherHandler = Callable[[Sequence[tuple[Incoming, Any]]], None]
"""Takes many messages of one kind in their order; what it raises sends them to the handler of one, one by one."""

_HANDLERS: dict[MessageKind, Handler] = {}
_TOGETHER: dict[MessageKind, TogetherHandler] = {}


def handles(kind: MessageKind) -> Callable[[Handler], Handler]:
    """Decorator: the function handles messages of this kind. The apps' `ready` imports the modules that have some."""

    def register(handler: Handler) -> Handler:
        assert kind not in _HANDLERS, kind
        _HANDLERS[kind] = handler
        return handler

    return register


def handles_together(kind: MessageKind) -> Callable[[TogetherHandler], TogetherHandler]:
    """Decorator: the function handles many messages of this kind at once, as the handler of one would one after the other."""

    def register(handler: TogetherHandler) -> TogetherHandler:
        assert kind not in _TOGETHER, kind
        _TOGETHER[kind] = handler
        return handler

    return register


def together_handler_of(kind: MessageKind) -> TogetherHandler | None:
    return _TOGETHER.get(kind)


def handler_of(kind: MessageKind) -> Handler | None:
    return _HANDLERS.get(kind)
