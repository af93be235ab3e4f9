"""A trace whose flows become objects when they are first read: a caller who wants the total pays for no more."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from typing import Any, Final

from accord.engine.tracing.model import Trace

_FIELDS: Final = tuple(field.name for field in fields(Trace))


class DeferredTrace(Trace):
    """A `Trace` in every respect. Its fields are unset until one is read; then `make` gives them all."""

    __slots__ = ("_make",)

    @classmethod
    def of(cls, make: Callable[[], Trace]) -> DeferredTrace:
        """The trace that `make` makes; `make` is called at most once."""
        trace = object.__new__(cls)
        object.__setattr__(trace, "_make", make)
        return trace

    def __getattr__(self, name: str) -> Any:
        """Called for a field that is not set yet."""
        if name not in _FIELDS:
            raise AttributeError(f"a trace has no {name!r}")
        made = self._make()
        for field in _FIELDS:
            object.__setattr__(self, field, getattr(made, field))
        object.__setattr__(self, "_make", None)
        return getattr(made, name)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Trace):
            return NotImplemented
        return all(getattr(self, name) == getattr(other, name) for name in _FIELDS)

    __hash__ = Trace.__hash__

    def __reduce__(self) -> tuple[Any, ...]:
        return Trace, tuple(getattr(self, name) for name in _FIELDS)
