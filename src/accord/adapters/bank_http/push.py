"""What a bank tells a centre unasked: answers that were promised, and appeals of holders, as signed letters.

A push that the centre has taken is over. One that it could not take is tried again by whoever keeps the row; one that it
calls wrong is not: the centre asks for every answer again by itself.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any, Final
from uuid import UUID

from accord.adapters.bank_http.errors import Msg
from accord.adapters.bank_http.transport import Endpoint, Reply, Transport
from accord.adapters.bank_wire import decode, encode
from accord.adapters.bank_wire.letters import LetterType, Receipt, write_letter
from accord.adapters.bank_wire.signatures import signed_headers
from accord.capabilities.claims.ports import Nonsense
from accord.core import clock
from accord.core.errors import BadInput, Conflict, NotFound, Unavailable

_MOST_REPLY: Final = 64 * 1024


class Pusher:
    """One bank's way to one centre. `institution` is the bank's own code; `keys` are read at every push."""

    def __init__(self, endpoint: Endpoint, institution: str, keys: Callable[[], tuple[bytes, ...]]) -> None:
        self._transport = Transport(endpoint)
        self._institution = institution
        self._keys = keys

    def tell(self, type_: LetterType, about: UUID, message: Any) -> None:
        """Push an acknowledgement or an answer about an order or enquiry."""
        self._push("answers", type_, about, message)

    def hand_in_appeal(self, order_id: UUID, message: Any) -> str:
        """Push what the holder of an account appeals against an order; what the centre calls the appeal."""
        reply = self._push("appeals", LetterType.APPEAL, order_id, message)
        try:
            return decode(reply.body, Receipt, "receipt").reference[:40]
        except BadInput as error:
            raise Nonsense(Msg.TOOK_APPEAL_ANSWERS_WHAT_CANNOT, bank=self._transport.endpoint.code) from error

    def close(self) -> None:
        self._transport.close()

    def _push(self, path: str, type_: LetterType, about: UUID, message: Any) -> Reply:
        """The letter's id is the same for the same content; each attempt is signed anew, for its time counts."""
        content = hashlib.sha256(encode(message)).hexdigest()[:16]
        body = write_letter(type_, about, self._institution, message)
        letter_id = f"{type_.replace('.', '-')}-{about}-{content}"
        signed = signed_headers(self._keys(), letter_id, clock.machine_now(), body)
        headers = {"Content-Type": "application/json", **signed}
        reply = self._transport.call("POST", path, headers, body, most=_MOST_REPLY)
        self._judge(reply)
        return reply

    def _judge(self, reply: Reply) -> None:
        code, status = self._transport.endpoint.code, reply.status
        if 200 <= status < 300:
            return
        if status == 409:
            raise Conflict(Msg.ANOTHER_LETTER_UNDER_ID, code=code)
        if status == 404:
            raise NotFound(Msg.DOES_NOT_KNOW_WHAT_LETTER_ABOUT, agency=code)
        if status in (400, 413, 415, 422):
            raise BadInput(Msg.DOES_NOT_ACCEPT_LETTER, agency=code, status=status)
        if status in (401, 403):
            raise Unavailable(Msg.DOES_NOT_ACCEPT_SIGNATURE, agency=code)
        raise Unavailable(Msg.CANNOT_TAKE_LETTER_NOW, agency=code, status=status)
