"""The agency's side of an exchange folder: both ports of one ledger holder, as files.

Asking again is safe: a message that lies in the folder, or was picked up, is not written again. What the holder has put
there is the answer; the archive answers too, should this node have stopped between reading and applying.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, Final, TypeVar
from uuid import UUID

from accord.adapters.bank_files.drop import Drop, Part, Way
from accord.adapters.bank_files.errors import Msg
from accord.adapters.bank_wire import Letter, LetterType, Problem, encode, write_letter
from accord.adapters.bank_wire.letters import Nothing, StatusChange, message_in
from accord.capabilities.claims.ports import Acknowledged, EnquiryAnswer, EnquiryRequest, Nonsense
from accord.capabilities.orders.ports import OrderAnswer, OrderMessage, OrderStatus
from accord.core import clock
from accord.core.errors import AccordError, BadInput, Conflict, NotFound, Unavailable

_Message = TypeVar("_Message")

LOOK_AGAIN: Final = timedelta(seconds=10)
"""How soon to look again for an answer that is overdue; `news` finds it earlier."""

_ERRORS: Final[dict[int, type[AccordError]]] = {404: NotFound, 409: Conflict, 503: Unavailable}


class FileLine:
    """LedgerHolder and OrderTaker of one institution, through a folder. Safe for threads.

    `agency` is this node's own code. Where nobody has picked the message up yet the line counts as down: tried again.
    """

    def __init__(self, code: str, agency: str, folder: Path) -> None:
        self.code = code
        self._agency = agency
        self._drop = Drop(folder)
        self._lock = threading.Lock()
        self._asked: set[UUID] = set()
        self._drop.create()

    def carry_out(self, order: OrderMessage) -> Acknowledged | OrderAnswer:
        """Put the order there, or fetch its answer: the same call."""
        return self._exchange(LetterType.ORDER, order.order_id, order, OrderAnswer)

    def enquire(self, request: EnquiryRequest) -> Acknowledged | EnquiryAnswer:
        """Put the question there, or fetch its answer: the same call."""
        return self._exchange(LetterType.ENQUIRY, request.enquiry_id, request, EnquiryAnswer)

    def status(self, order_id: UUID) -> OrderStatus | None:
        """How the order stands, once the holder has written it: the first call asks, a later one finds the answer.

        Raises Unavailable in between. What was written before this node asked is old and counts for nothing.
        """
        with self._lock:
            letter = self._written(order_id, Part.STATUS, archived=False)
            if letter is not None:
                self._drop.archive(Way.IN, order_id, Part.STATUS)
            if letter is not None and order_id in self._asked:
                self._asked.discard(order_id)
                return self._opened(letter, StatusChange).status
            ask = write_letter(LetterType.STATUS_ASKED, order_id, self._agency, Nothing())
            self._drop.put(Way.OUT, order_id, Part.ASK, ask)
            self._asked.add(order_id)
        raise Unavailable(Msg.NOT_WRITTEN_YET_HOW_ORDER_STANDS, bank=self.code)

    def news(self) -> Iterator[Letter]:
        """Acknowledgements and answers that lie there, to be applied before they are asked for.

        Each is archived once the caller comes back for the next: what it could not apply lies there still. The caller
        says with `refuse` that a letter cannot be used.
        """
        for about, part in self._drop.waiting(Way.IN):
            if part not in (Part.ACK, Part.ANSWER):
                continue
            letter = self._written(about, part)
            if letter is not None:
                yield letter
                self._drop.archive(Way.IN, about, part)

    def refuse(self, letter: Letter, reason: str) -> None:
        """A letter of `news` cannot be used."""
        part = Part.ACK if letter.type in (LetterType.ORDER_ACKNOWLEDGED, LetterType.ENQUIRY_ACKNOWLEDGED) else Part.ANSWER
        self._drop.reject(Way.IN, letter.about, part, reason)

    def _exchange(self, type_: LetterType, about: UUID, message: Any, answer: type[_Message]) -> Acknowledged | _Message:
        with self._lock:
            self._refuse_other_content(about, message)
            if answered := self._written(about, Part.ANSWER):
                told = self._opened(answered, answer)
                self._drop.archive(Way.IN, about, Part.ANSWER)
                return told
            if failed := self._drop.read(Way.IN, about, Part.ERROR):
                self._drop.archive(Way.IN, about, Part.ERROR)
                raise _error_of(self._opened(failed, Problem), self.code)
            if acknowledged := self._written(about, Part.ACK):
                expected = self._opened(acknowledged, Acknowledged).expected_at
                return Acknowledged(max(expected, clock.now() + LOOK_AGAIN))
            if self._drop.read(Way.OUT, about, Part.MESSAGE) is None:
                self._drop.put(Way.OUT, about, Part.MESSAGE, write_letter(type_, about, self._agency, message))
        raise Unavailable(Msg.NOT_PICKED_MESSAGE_UP_FROM_FOLDER, bank=self.code)

    def _refuse_other_content(self, about: UUID, message: Any) -> None:
        """The same id with other content is a mistake of ours; nothing is written."""
        for archived in (False, True):
            letter = self._drop.read(Way.OUT, about, Part.MESSAGE, archived=archived)
            if letter is not None and bytes(letter.data) != encode(message):
                raise Conflict(Msg.MESSAGE_WRITTEN_BEFORE_WITH_ANOTHER_CONTENT, about=about)

    def _written(self, about: UUID, part: Part, *, archived: bool = True) -> Letter | None:
        """What the holder has written, new or `archived`; a letter of somebody else is put aside."""
        for in_archive in (False, True) if archived else (False,):
            letter = self._drop.read(Way.IN, about, part, archived=in_archive)
            if letter is None:
                continue
            if letter.sender == self.code:
                return letter
            if not in_archive:
                self._drop.reject(Way.IN, about, part, f"the letter is of {letter.sender}, not of {self.code}")
        return None

    def _opened(self, letter: Letter, kind: type[_Message]) -> _Message:
        try:
            message: _Message = message_in(letter, kind)
        except BadInput as error:
            raise Nonsense(Msg.ANSWERS_WHAT_CANNOT_BE_READ, bank=self.code, reason=error) from error
        return message


def _error_of(problem: Problem, code: str) -> AccordError:
    kind = _ERRORS.get(problem.status, BadInput)
    return kind(Msg.DOES_NOT_ACCEPT_MESSAGE, bank=code, reason=problem.detail[:300])
