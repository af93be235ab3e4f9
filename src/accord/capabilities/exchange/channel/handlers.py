"""What is done with a message that has passed: one handler a kind, run in the change that marks the message as applied.

A handler is called once for each message, in the order of the partner's stream. It raises `Parked` where the message has to
wait for something, `Refused` (or any other error of ours) where it cannot be taken; then nothing that it did stays. Apps
declare their handlers (`plugin.MessageHandler`); they take the row and its body (the struct of `messages.BODIES`, or the bare
JSON for kinds without one).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from django.apps import apps

from accord.capabilities.exchange.kinds import MessageKind
from accord.capabilities.exchange.models import Incoming
from accord.capabilities.plugin import declared

Handler = Callable[[Incoming, Any], None]
"""Takes the row and its body."""

TogetherHandler = Callable[[Sequence[tuple[Incoming, Any]]], None]
"""Takes many messages of one kind in their order; what it raises sends them to the handler of one, one by one."""

_HANDLERS: dict[str, Handler] = {}
_TOGETHER: dict[str, TogetherHandler] = {}


def together_handler_of(kind: MessageKind) -> TogetherHandler | None:
    _collect(tuple(apps.app_configs))
    return _TOGETHER.get(kind)


def handler_of(kind: MessageKind) -> Handler | None:
    _collect(tuple(apps.app_configs))
    return _HANDLERS.get(kind)


@lru_cache(maxsize=1)
def _collect(_apps: tuple[str, ...]) -> None:
    """Once for a set of installed apps: what they declare. Two handlers of one kind are a mistake."""
    found: set[str] = set()
    for config, declaration in declared():
        assert found.isdisjoint(declaration.handlers), f"{config.name} handles kinds of messages that another app handles"
        found |= declaration.handlers.keys()
        for kind, handler in declaration.handlers.items():
            _HANDLERS.setdefault(kind, handler.one)
            if handler.together is not None:
                _TOGETHER.setdefault(kind, handler.together)
