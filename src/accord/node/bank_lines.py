"""What a bank's node does on its lines to the agencies that order: push promised answers, hand in appeals, serve folders.

The worker makes a round beside its sweeps, again and again. A centre that is away delays nothing else: calls run in
threads, each row is leased and tried again at growing intervals, and the centre asks again by itself in any case.
"""

from __future__ import annotations

import logging
from concurrent.futures import Executor
from functools import partial
from typing import Any, Final
from uuid import UUID

import msgspec

from accord.adapters.bank_files import FileServer
from accord.adapters.bank_files.holder import Inbox
from accord.adapters.bank_http import Pusher
from accord.adapters.bank_wire import LetterType
from accord.capabilities.agenda import Agenda
from accord.capabilities.claims.ports import EnquiryAnswer
from accord.capabilities.controls import services as controls
from accord.capabilities.controls.models import AnswerToPush, HandedInAppeal
from accord.capabilities.controls.ports import Channel
from accord.capabilities.controls.services.appeals import appeal_message
from accord.capabilities.delivery import Courier, keep_leases, lease_due
from accord.capabilities.jobs import Job, attempts
from accord.capabilities.orders.ports import OrderAnswer
from accord.core import clock
from accord.core.errors import AccordError, BadInput, Unavailable
from accord.node.errors import Msg
from accord.node.lines import FilesLine, HttpsLine, LineBook

_log = logging.getLogger(__name__)

_BATCH: Final = 64
_REPLY_SECONDS: Final = 0.0
_ANSWERS: Final[dict[str, tuple[LetterType, type[Any]]]] = {
    "order": (LetterType.ORDER_ANSWERED, OrderAnswer),
    "enquiry": (LetterType.ENQUIRY_ANSWERED, EnquiryAnswer),
}


class BankLines:
    """The lines of a bank's node to the centres of lines.toml. Not thread-safe: one thread makes its rounds."""

    def __init__(self, book: LineBook, institution: str, executor: Executor) -> None:
        self._book = book
        self._institution = institution
        self._answers: Courier[AnswerToPush, None] = Courier(executor, lambda row: row.sender)
        self._appeals: Courier[HandedInAppeal, str] = Courier(executor, lambda row: row.order.sender)
        self._pushers: dict[str, tuple[HttpsLine, Pusher]] = {}
        self._servers: dict[str, tuple[FilesLine, FileServer]] = {}
        self._agenda: Agenda[Job] = Agenda(
            [
                Job("answers to push", lambda _now: self._send_answers(), attempts(controls.answers_to_push)),
                Job("appeals to hand in", lambda _now: self._send_appeals(), attempts(controls.appeals_to_hand_in)),
            ]
        )

    def refresh(self) -> None:
        """One round, for the worker."""
        self.step()

    def step(self) -> int:
        """One round; how many messages moved."""
        done = self._take_replies()
        if done:
            self._agenda.anew()  # a line that was busy is free
        done += self._send_due() + self._serve_folders()
        keep_leases(self._answers.rows(), clock.now())
        keep_leases(self._appeals.rows(), clock.now())
        return done

    @property
    def calls_under_way(self) -> int:
        """Pushes that have not come back yet."""
        return len(self._answers) + len(self._appeals)

    def _send_due(self) -> int:
        done, now = 0, clock.now()
        for job in self._agenda.due(now):
            sent = job.run(now)
            if not sent:
                self._agenda.in_vain(job, now)
            done += sent
        return done

    def _send_answers(self) -> int:
        due = lease_due(controls.answers_to_push().exclude(sender__in=self._answers.crowded()), clock.now(), _BATCH)
        for row in due:
            type_, kind = _ANSWERS[row.about]
            self._answers.send(row, partial(self._push, row.sender, type_, UUID(str(row.message_id)), row.body, kind))
        return len(due)

    def _push(self, sender: str, type_: LetterType, about: UUID, body: Any, kind: type[Any]) -> None:
        """Runs in a thread: touches no database."""
        self._pusher(sender).tell(type_, about, msgspec.convert(body, kind))

    def _send_appeals(self) -> int:
        rows = controls.appeals_to_hand_in().exclude(order__sender__in=self._appeals.crowded())
        due = lease_due(rows, clock.now(), _BATCH)
        for row in due:
            message = appeal_message(row)
            self._appeals.send(row, partial(self._hand_in, row.order.sender, message))
        return len(due)

    def _hand_in(self, sender: str, message: Any) -> str:
        return self._pusher(sender).hand_in_appeal(message.order_id, message)

    def _take_replies(self) -> int:
        told = 0
        for row, reply in self._answers.collect(_REPLY_SECONDS):
            if isinstance(reply, AccordError):
                controls.push_failed(row, reply.stored())
            else:
                controls.pushed(row.pk)
            told += 1
        for appeal, reference in self._appeals.collect(_REPLY_SECONDS):
            if isinstance(reference, AccordError):
                controls.appeal_failed(appeal, reference.stored())
            else:
                controls.appeal_delivered(appeal.pk, reference)
            told += 1
        return told

    def _pusher(self, sender: str) -> Pusher:
        line = self._book.table().centres.get(sender)
        if not isinstance(line, HttpsLine):
            raise Unavailable(Msg.LINES_TOML_NO_CENTRES_TO_PUSH, code=sender, agency=sender)
        known = self._pushers.get(sender)
        if known is None or known[0] != line:
            known = self._pushers[sender] = (line, Pusher(line.endpoint, self._institution, line.keys))
        return known[1]

    def _serve_folders(self) -> int:
        served = 0
        for code, line in self._centres().items():
            if isinstance(line, FilesLine):
                try:
                    served += self._server(code, line).serve()
                except Unavailable as error:
                    _log.warning("the folder shared with %s cannot be served: %s", code, error)
        return served

    def _centres(self) -> dict[str, Any]:
        try:
            return dict(self._book.table().centres)
        except BadInput as error:
            _log.warning("the lines of this node cannot be read: %s", error)
            return {}

    def _server(self, code: str, line: FilesLine) -> FileServer:
        known = self._servers.get(code)
        if known is None or known[0] != line:
            known = self._servers[code] = (line, FileServer(line.folder, self._institution, code, inbox_of(code)))
        return known[1]


def inbox_of(sender: str) -> Inbox:
    """This node's inbox for what comes in files from one agency, the owner of the folder."""
    channel = Channel(sender=sender, kind="file", principal=f"folder:{sender}")
    return Inbox(
        partial(controls.take_order, channel), partial(controls.take_enquiry, channel), partial(controls.status_of, channel)
    )
