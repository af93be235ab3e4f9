"""The ledger holder's side of an exchange folder: takes messages to the inbox and writes down what it says.

Whoever owns the folder is the sender of all that lies in it; a letter that names somebody else is put aside. One pass may be
ended at any point: a message stays in out/ until its answer is in in/, and taking it twice does nothing twice.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from accord.adapters.bank_files.drop import Drop, Part, Way
from accord.adapters.bank_files.errors import Msg
from accord.adapters.bank_wire import Letter, LetterType, Problem, write_letter
from accord.adapters.bank_wire.letters import StatusChange, message_in
from accord.capabilities.claims.ports import Acknowledged, EnquiryAnswer, EnquiryRequest
from accord.capabilities.orders.ports import OrderAnswer, OrderMessage, OrderStatus
from accord.core.errors import AccordError, BadInput, Conflict, NotAllowed, NotFound, Unavailable

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Inbox:
    """The three calls of a ledger holder's inbox, with the sender already known."""

    take_order: Callable[[OrderMessage], Acknowledged | OrderAnswer]
    take_enquiry: Callable[[EnquiryRequest], Acknowledged | EnquiryAnswer]
    status_of: Callable[[UUID], OrderStatus | None]


class FileServer:
    """Serves one folder, shared with the agency `sender`, in the name of `institution`."""

    def __init__(self, folder: Path, institution: str, sender: str, inbox: Inbox) -> None:
        self._drop = Drop(folder)
        self._institution = institution
        self._sender = sender
        self._inbox = inbox
        self._acknowledged: dict[UUID, Acknowledged] = {}
        self._drop.create()

    def serve(self) -> int:
        """One pass over the folder; how many files were written. A message that waits for its answer is asked about again."""
        written = 0
        for about, part in self._drop.waiting(Way.OUT):
            letter = self._drop.read(Way.OUT, about, part)
            if letter is None:
                continue
            if letter.sender != self._sender:
                self._drop.reject(Way.OUT, about, part, f"the letter is of {letter.sender}, not of {self._sender}")
                continue
            written += self._answer(letter, part)
        return written

    def _answer(self, letter: Letter, part: Part) -> int:
        try:
            told = self._asked(letter, part)
        except Unavailable as error:
            _log.info("message %s waits: %s", letter.about, error)
            return 0
        except AccordError as error:
            self._write(
                letter.about, Part.ERROR, LetterType.REJECTED, Problem(status_of_error(error), "Not accepted", str(error))
            )
            self._drop.archive(Way.OUT, letter.about, part)
            return 1
        if isinstance(told, Acknowledged):
            return self._acknowledge(letter, told)
        self._acknowledged.pop(letter.about, None)
        type_, answer_part = _ANSWERS[letter.type]
        self._write(letter.about, answer_part, type_, told)
        self._drop.archive(Way.OUT, letter.about, part)
        return 1

    def _asked(self, letter: Letter, part: Part) -> Any:
        """What the inbox says. The file's name must fit the kind of the letter, its id that of the message."""
        if (part is Part.ASK) != (letter.type is LetterType.STATUS_ASKED):
            raise BadInput(Msg.LETTER_TYPE_DOES_NOT_BELONG_INTO, type=letter.type)
        if letter.type is LetterType.STATUS_ASKED:
            return StatusChange(self._inbox.status_of(letter.about))
        if letter.type is LetterType.ORDER:
            order = message_in(letter, OrderMessage)
            _check_id(letter, order.order_id)
            return self._inbox.take_order(order)
        enquiry = message_in(letter, EnquiryRequest)
        _check_id(letter, enquiry.enquiry_id)
        return self._inbox.take_enquiry(enquiry)

    def _acknowledge(self, letter: Letter, told: Acknowledged) -> int:
        """Say once that the message is here, and again when the expected time has changed."""
        if self._acknowledged.get(letter.about) == told:
            return 0
        type_ = LetterType.ORDER_ACKNOWLEDGED if letter.type is LetterType.ORDER else LetterType.ENQUIRY_ACKNOWLEDGED
        self._write(letter.about, Part.ACK, type_, told)
        self._acknowledged[letter.about] = told
        return 1

    def _write(self, about: UUID, part: Part, type_: LetterType, message: Any) -> None:
        self._drop.put(Way.IN, about, part, write_letter(type_, about, self._institution, message))


_ANSWERS = {
    LetterType.ORDER: (LetterType.ORDER_ANSWERED, Part.ANSWER),
    LetterType.ENQUIRY: (LetterType.ENQUIRY_ANSWERED, Part.ANSWER),
    LetterType.STATUS_ASKED: (LetterType.STATUS_TOLD, Part.STATUS),
}


def _check_id(letter: Letter, message_id: UUID) -> None:
    if message_id != letter.about:
        raise BadInput(Msg.MESSAGE_ANOTHER_ID_THAN_LETTER_FILE)


def status_of_error(error: AccordError) -> int:
    """The HTTP status that the same error has over HTTPS."""
    kinds: tuple[tuple[type[AccordError], int], ...] = ((NotFound, 404), (NotAllowed, 403), (Conflict, 409))
    return next((status for kind, status in kinds if isinstance(error, kind)), 400)
