"""The lines of lines.toml in front of whatever else this node can ask: a bank that has a line is asked over it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from accord.adapters.bank_files import FileLine
from accord.adapters.bank_http import HttpLine
from accord.adapters.bank_wire import Letter
from accord.capabilities.claims.ports import LedgerHolder, Nonsense
from accord.capabilities.orders.ports import OrderTaker
from accord.core import clock
from accord.core.errors import BadInput, NotFound, Unavailable
from accord.node.errors import Msg
from accord.node.lines import FilesLine, Line, LineBook

if TYPE_CHECKING:
    from accord.node.wired import Wired

_log = logging.getLogger(__name__)

LOOK_EVERY_SECONDS: Final = 1.0
"""How often the exchange folders are looked into for answers."""


class OpenLines:
    """The lines of a node, opened when first used and anew when lines.toml says something else. Safe for threads."""

    def __init__(self, book: LineBook, agency: str) -> None:
        self._book = book
        self._agency = agency
        self._lock = threading.Lock()
        self._open: dict[str, tuple[Line, HttpLine | FileLine]] = {}

    def to(self, institution: str) -> HttpLine | FileLine | None:
        """The line to an institution; None where lines.toml has none. Unavailable where the file is wrong."""
        try:
            stated = self._book.table().holders.get(institution)
        except BadInput as error:
            raise Unavailable(Msg.LINES_NODE_CANNOT_BE_READ, reason=error) from error
        if stated is None:
            return None
        with self._lock:
            known = self._open.get(institution)
            if known is None or known[0] != stated:
                known = self._open[institution] = (stated, open_line(stated, self._agency))
            return known[1]

    def file_lines(self) -> list[FileLine]:
        """Every line that is a folder."""
        codes = [code for code, line in self._book.table().holders.items() if isinstance(line, FilesLine)]
        opened = (self.to(code) for code in codes)
        return [line for line in opened if isinstance(line, FileLine)]


def open_line(line: Line, agency: str) -> HttpLine | FileLine:
    """The adapter of one line."""
    if isinstance(line, FilesLine):
        return FileLine(line.code, agency, line.folder)
    return HttpLine(line.endpoint, line.token)


def with_lines(wired: Wired, book: LineBook, agency: str) -> Wired:
    """`wired`, with the lines of lines.toml before it."""
    lines = OpenLines(book, agency)

    def holder_of(institution: str) -> LedgerHolder:
        return lines.to(institution) or wired.lines.holder_of(institution)

    def taker_of(institution: str) -> OrderTaker:
        return lines.to(institution) or wired.lines.taker_of(institution)

    look = _every(LOOK_EVERY_SECONDS, lambda: _take_news(lines))

    def refresh() -> None:
        wired.refresh()
        look()

    return replace(wired, lines=replace(wired.lines, holder_of=holder_of, taker_of=taker_of), refresh=refresh)


def _take_news(lines: OpenLines) -> None:
    """Apply what lies in the exchange folders. What cannot be used is put aside; what cannot be now stays."""
    from accord.node.letters import apply

    try:
        file_lines = lines.file_lines()
    except (BadInput, Unavailable) as error:
        _log.warning("the exchange folders cannot be looked into: %s", error)
        return
    for line in file_lines:
        try:
            for letter in line.news():
                _take(line, letter, apply)
        except Unavailable as error:
            _log.warning("the folder of %s cannot be looked into: %s", line.code, error)


def _take(line: FileLine, letter: Letter, apply: Callable[[Letter], bool]) -> None:
    try:
        apply(letter)
    except (NotFound, Nonsense, BadInput) as error:
        line.refuse(letter, str(error))


def _every(seconds: float, act: Callable[[], None]) -> Callable[[], None]:
    """`act`, left out where it was done less than so long ago."""
    last: list[float] = []

    def maybe() -> None:
        now = clock.to_micros(clock.machine_now()) / 1e6
        if not last or not 0 <= now - last[0] < seconds:
            last[:] = [now]
            act()

    return maybe
