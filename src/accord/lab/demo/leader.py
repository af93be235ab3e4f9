"""Leads the centres of a demo through one day: the clock jumps from event to event, real time is measured apart from it.

A moment is over when one round of all centres finds nothing to do any more: what one sent in a round, another has received
by the next. The real time of a moment counts for every claim for which something was done in it, wherever it was done.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from accord.adapters.sandbox_bank import SandboxBanks
from accord.core.clock import from_micros, to_micros
from accord.lab.federation.channel import Member, answers
from accord.node import exercise_clock
from accord.node.home import Home

_STUCK: Final = timedelta(seconds=1)
"""How far the clock is moved where something is due that nobody can do yet."""

Shown = Callable[[datetime, int], None]
"""Is told the moment and how many calls were taken."""


class Leader:
    """`home` is the folder whose exercise all `members` play in; `banks` are that exercise's."""

    def __init__(self, home: Home, members: Mapping[str, Member], banks: SandboxBanks, shown: Shown) -> None:
        self._home = home
        self._members = members
        self._banks = banks
        self._shown = shown
        self._spent: dict[str, list[dict[str, Any]]] = {name: [] for name in members}
        self._replies: dict[str, Any] = {}

    def play(self, begins: datetime, ends: datetime, stop: threading.Event) -> datetime:
        """Play until nobody has anything left to do before the day ends, or `stop`; the moment that it came to."""
        moment = begins
        following = self._moment(moment)
        while following is not None and not stop.is_set():
            following = max(following, moment + timedelta(microseconds=1))
            if following >= ends:
                break
            moment = following
            following = self._moment(moment)
        self._round(self._members, act=False)  # all have heard what was spent for them
        return moment

    def _moment(self, moment: datetime) -> datetime | None:
        """Everything that happens at one moment; when the next thing does."""
        exercise_clock.stand_at(self._home, moment)
        self._banks.advance(moment)
        started = time.perf_counter()
        served: dict[str, tuple[set[str], set[tuple[str, str]]]] = {name: (set(), set()) for name in self._members}
        replies = self._round(self._due(moment), act=True)
        anything = False
        while True:
            for name, reply in replies.items():
                served[name][0].update(reply["claims"])
                for partner, case in reply["cases"]:
                    served[partner][1].add((name, case))
            worked = any(reply["worked"] for reply in replies.values())
            anything |= worked
            if not worked or len(self._members) == 1:
                break
            replies = self._round(self._members, act=False)
        seconds = time.perf_counter() - started
        for name, (claims, cases) in served.items():
            if claims or cases:
                self._spent[name].append({"claims": sorted(claims), "cases": sorted(cases), "seconds": seconds})
        self._shown(moment, sum(reply["calls"] for reply in self._replies.values()))
        return self._next(self._replies, moment, anything)

    def _due(self, moment: datetime) -> list[str]:
        """The centres that have something to do by a moment; all where that is not known of all."""
        if len(self._replies) < len(self._members):
            return list(self._members)
        due = {name: reply["next"] for name, reply in self._replies.items()}
        return [name for name, at in due.items() if at is not None and at <= to_micros(moment)] or list(self._members)

    def _round(self, names: Iterable[str], *, act: bool) -> dict[str, Any]:
        """Have some centres do what is due, at the same time; what they answer."""
        asked = [self._members[name] for name in names]
        for member in asked:
            member.tell("step", act=act, spent=self._spent[member.name])
            self._spent[member.name] = []
        replies = answers(asked)
        self._replies.update(replies)
        return replies

    @staticmethod
    def _next(replies: Mapping[str, Any], moment: datetime, anything: bool) -> datetime | None:
        due = [reply["next"] for reply in replies.values() if reply["next"] is not None]
        if not due:
            return None
        earliest = from_micros(min(due))
        return earliest if anything or earliest > moment else from_micros(to_micros(moment + _STUCK))
