"""The centre's side of a bank's HTTPS API: both ports over the wire that docs/bank-api.md describes.

A bank that is silent, overloaded or does not know this node's token is a line that is down (Unavailable: tried again). A
message that it calls wrong is ours to put right (BadInput, Conflict, NotAllowed). What it says that cannot be read is Nonsense.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeVar
from uuid import UUID, uuid4

from accord.adapters.bank_http.errors import Msg
from accord.adapters.bank_http.transport import Endpoint, Reply, Transport
from accord.adapters.bank_wire import Problem, decode, encode
from accord.adapters.bank_wire.contract import Contract
from accord.capabilities.claims.ports import Acknowledged, EnquiryAnswer, EnquiryRequest, Nonsense
from accord.capabilities.orders.ports import OrderAnswer, OrderMessage, OrderStatus
from accord.core.errors import AccordError, BadInput, Conflict, NotAllowed, NotFound, Unavailable

CORRELATION: Final = "X-Correlation-ID"
"""Names one call in both sides' logs; it means nothing else."""

_MOST_DETAIL: Final = 300
_WRONG_MESSAGE: Final = (400, 413, 415, 422)
_NOT_LET_IN: Final = (401, 403, 407)

_Message = TypeVar("_Message")


class HttpLine:
    """LedgerHolder and OrderTaker of one institution. Safe for threads.

    `token` is asked for at every call, so that a new one counts at once; it stands in no message, log or error.
    """

    def __init__(self, endpoint: Endpoint, token: Callable[[], str]) -> None:
        self._transport = Transport(endpoint)
        self._token = token

    @property
    def code(self) -> str:
        return self._transport.endpoint.code

    def carry_out(self, order: OrderMessage) -> Acknowledged | OrderAnswer:
        """Send the order, or fetch its answer: the same call."""
        return self._post("orders", order.order_id, order, OrderAnswer)

    def enquire(self, request: EnquiryRequest) -> Acknowledged | EnquiryAnswer:
        """Ask, or fetch the answer: the same call."""
        return self._post("enquiries", request.enquiry_id, request, EnquiryAnswer)

    def status(self, order_id: UUID) -> OrderStatus | None:
        """How the order stands there; None when it never got it."""
        reply = self._call("GET", f"orders/{order_id}")
        if reply.status == 404 and _is_problem(reply):
            return None
        return self._read(reply, OrderStatus)

    def contract(self) -> Contract:
        """What the bank says of itself; also the way to try a line without sending anything."""
        return self._read(self._call("GET", "contract"), Contract)

    def close(self) -> None:
        self._transport.close()

    def _post(self, path: str, message_id: UUID, message: Any, answer: type[_Message]) -> Acknowledged | _Message:
        headers = {"Content-Type": "application/json", "Idempotency-Key": str(message_id)}
        reply = self._call("POST", path, headers, encode(message))
        if reply.status == 202:
            return self._decode(reply, Acknowledged)
        return self._read(reply, answer)

    def _call(self, method: str, path: str, headers: dict[str, str] | None = None, body: bytes | None = None) -> Reply:
        own = {"Authorization": f"Bearer {self._token()}", CORRELATION: str(uuid4())}
        return self._transport.call(method, path, {**own, **(headers or {})}, body)

    def _read(self, reply: Reply, kind: type[_Message]) -> _Message:
        if reply.status != 200:
            raise self._error_of(reply)
        return self._decode(reply, kind)

    def _decode(self, reply: Reply, kind: type[_Message]) -> _Message:
        try:
            return decode(reply.body, kind, "answer")
        except BadInput as error:
            raise Nonsense(Msg.ANSWERS_WHAT_CANNOT_BE_READ, bank=self.code, reason=error) from error

    def _error_of(self, reply: Reply) -> AccordError:
        """Only the bank's API itself can refuse a message; what stands before it only makes the line fail."""
        if _is_problem(reply) and (refused := self._refusal(reply.status, _detail(reply))):
            return refused
        status = reply.status
        if status in _NOT_LET_IN:
            return Unavailable(Msg.DOES_NOT_LET_NODE_IN, bank=self.code, status=status)
        if 300 <= status < 500 and status != 429:
            return Unavailable(Msg.NO_BANK_API_AT_ADDRESS, bank=self.code, status=status)
        return Unavailable(Msg.CANNOT_ANSWER_NOW, bank=self.code, status=status)

    def _refusal(self, status: int, said: str) -> AccordError | None:
        """The message is refused, for good."""
        if status == 409:
            return Conflict(Msg.REFUSES_MESSAGE, bank=self.code, reason=said)
        if status == 403:
            return NotAllowed(Msg.DOES_NOT_LET_AGENCY_DO_IT, bank=self.code, reason=said)
        if status == 404:
            return NotFound(Msg.DOES_NOT_KNOW_WHAT_MESSAGE_NAMES, bank=self.code, reason=said)
        if status in _WRONG_MESSAGE:
            return BadInput(Msg.DOES_NOT_ACCEPT_MESSAGE, bank=self.code, reason=said)
        return None


def _is_problem(reply: Reply) -> bool:
    """Whether the bank's API itself says so, rather than something that stands before it."""
    return reply.headers.get("content-type", "").split(";")[0].strip() == "application/problem+json"


def _detail(reply: Reply) -> str:
    """What the bank says of a message that it refuses, cut to a length that can be shown."""
    try:
        problem = decode(reply.body, Problem, "problem")
    except BadInput:
        return f"status {reply.status}"
    return (problem.detail or problem.title)[:_MOST_DETAIL]
