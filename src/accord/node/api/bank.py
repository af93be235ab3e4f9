"""/api/bank/v1: what a node that runs as a ledger holder offers to the agencies that it has given a token.

The three calls behind it are the inbox's own; here is only what HTTPS adds: who calls, how long a message may be, keys,
statuses. An agency never learns of another's messages: they do not exist for it.
"""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from accord.adapters.bank_wire import MOST_BYTES_ASKED, decode
from accord.adapters.bank_wire.contract import Contract, own_contract
from accord.adapters.bank_wire.version import CONTRACT_VERSION
from accord.capabilities.claims.errors import Msg as ClaimsMsg
from accord.capabilities.claims.ports import Acknowledged, EnquiryAnswer, EnquiryRequest
from accord.capabilities.controls import services as controls
from accord.capabilities.controls.permissions import InboxPermission
from accord.capabilities.controls.ports import Channel
from accord.capabilities.controls.services.rules import KINDS_FOR_BANKS
from accord.capabilities.orders.errors import Msg as OrdersMsg
from accord.capabilities.orders.ports import OrderAnswer, OrderMessage, OrderStatus
from accord.core import clock
from accord.core.errors import BadInput, NotFound
from accord.node.api import openapi
from accord.node.api.problems import answer_errors
from accord.node.api.requests import body_of, caller_of, check_idempotency_key, json, reply_of
from accord.node.errors import Msg

api = openapi.DescribedApi(
    tokens=True,
    title="Accord: orders and enquiries to a ledger holder",
    version=CONTRACT_VERSION,
    description="Messages, clocks and errors are explained in docs/bank-api.md.",
    urls_namespace="bank-api",
)
answer_errors(api)


@api.get("contract", openapi_extra=openapi.gives({200: ("What this system is", Contract)}, 401, 403))
def contract(request: HttpRequest) -> HttpResponse:
    """The version that is spoken, whose system this is, its clock, and the kinds of orders that it carries out."""
    caller_of(request, InboxPermission.SUBMIT)
    return json(own_contract(settings.ACCORD_AGENCY, clock.now(), KINDS_FOR_BANKS))


@api.post(
    "enquiries",
    openapi_extra=openapi.takes(
        EnquiryRequest,
        openapi.IDEMPOTENCY,
        answers={200: ("The answer", EnquiryAnswer), 202: ("Received; ask again with the same message", Acknowledged)},
    ),
)
def enquire(request: HttpRequest) -> HttpResponse:
    """Ask what happened to credits. Asking again with the same message is safe and fetches the answer."""
    channel = _channel(request)
    asked = decode(body_of(request, MOST_BYTES_ASKED), EnquiryRequest, "enquiry")
    check_idempotency_key(request, asked.enquiry_id)
    return reply_of(controls.take_enquiry(channel, asked))


@api.get(
    "enquiries/{enquiry_id}",
    openapi_extra=openapi.gives(
        {200: ("The answer", EnquiryAnswer), 202: ("Not answered yet", Acknowledged)}, 401, 403, 404, 422, 503
    ),
)
def enquiry_reply(request: HttpRequest, enquiry_id: UUID) -> HttpResponse:
    """What is said to an enquiry by now."""
    reply = controls.reply_to_enquiry(_channel(request), enquiry_id)
    if reply is None:
        raise NotFound(ClaimsMsg.NO_SUCH_ENQUIRY)
    return reply_of(reply)


@api.post(
    "orders",
    openapi_extra=openapi.takes(
        OrderMessage,
        openapi.IDEMPOTENCY,
        answers={200: ("The answer", OrderAnswer), 202: ("Received; ask again with the same message", Acknowledged)},
    ),
)
def order(request: HttpRequest) -> HttpResponse:
    """Hand in an order. Sending the same message again is safe, does nothing twice, and fetches the answer."""
    channel = _channel(request)
    message = decode(body_of(request, MOST_BYTES_ASKED), OrderMessage, "order")
    check_idempotency_key(request, message.order_id)
    return reply_of(controls.take_order(channel, message))


@api.get(
    "orders/{order_id}",
    openapi_extra=openapi.gives({200: ("How the order stands now", OrderStatus)}, 401, 403, 404, 422, 503),
)
def order_status(request: HttpRequest, order_id: UUID) -> HttpResponse:
    """How an order stands now: what is in force, until when, and when it ended."""
    status = controls.status_of(_channel(request), order_id)
    if status is None:
        raise NotFound(OrdersMsg.NO_SUCH_ORDER)
    return json(status)


def _channel(request: HttpRequest) -> Channel:
    account = caller_of(request, InboxPermission.SUBMIT)
    if not account.agency_code:
        raise BadInput(Msg.TOKEN_ACCOUNT_BELONGS_TO_NO_AGENCY)
    return Channel(sender=account.agency_code, kind="https", principal=account.username)
