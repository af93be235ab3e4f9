"""/api/centre/v1: where ledger holders tell a centre what it waits for, before it asks again: answers, and holders' appeals.

Each letter is signed with the secret that the centre shares with that institution alone (Standard Webhooks), and the letter
names the institution: whoever signs with one bank's secret can speak for that bank only, about what was sent to it.
"""

from __future__ import annotations

import logging
from functools import cache

from django.http import HttpRequest, HttpResponse

from accord.adapters.bank_wire import MOST_BYTES_TOLD, Letter, LetterType, decode, open_letter
from accord.adapters.bank_wire.errors import Msg as BankWireMsg
from accord.adapters.bank_wire.letters import Receipt, Taken
from accord.adapters.bank_wire.signatures import verify
from accord.adapters.bank_wire.version import CONTRACT_VERSION
from accord.capabilities.orders.ports import AppealMessage
from accord.capabilities.orders.remedies.services.appeals import receive_from_bank
from accord.core import clock
from accord.core.errors import BadInput, NotAllowed, Unavailable
from accord.node.api import openapi
from accord.node.api.problems import Refused, answer_errors
from accord.node.api.requests import body_of, json
from accord.node.api.seen import SeenLetters
from accord.node.errors import Msg
from accord.node.home import Home
from accord.node.letters import apply
from accord.node.lines import LineBook

_log = logging.getLogger(__name__)

api = openapi.DescribedApi(
    tokens=False,
    title="Accord: what ledger holders tell a centre",
    version=CONTRACT_VERSION,
    description="Letters, signatures and errors are explained in docs/bank-api.md.",
    urls_namespace="centre-api",
)
answer_errors(api)

_TAKES = openapi.takes(Letter, *openapi.SIGNED, answers={200: ("Taken; `taken` is false where it was known", Taken)})


@api.post("answers", openapi_extra=_TAKES)
def answers(request: HttpRequest) -> HttpResponse:
    """An answer or acknowledgement to an order or enquiry of this centre, pushed before it is asked for again."""
    letter, letter_id = _signed_letter(request)
    with _seen().once(letter.sender, letter_id) as first:
        return json(Taken(first and apply(letter)))


@api.post(
    "appeals",
    openapi_extra=openapi.takes(Letter, *openapi.SIGNED, answers={200: ("What the centre calls the appeal", Receipt)}),
)
def appeals(request: HttpRequest) -> HttpResponse:
    """What the holder of an account tells its bank against an order of this centre. Sent again, it is the same appeal."""
    letter, _ = _signed_letter(request)
    if letter.type is not LetterType.APPEAL:
        raise BadInput(Msg.LETTER_TYPE_NOT_EXPECTED_HERE, type=letter.type, where="type")
    appeal = decode(letter.data, AppealMessage, "appeal")
    if appeal.order_id != letter.about:
        raise BadInput(Msg.APPEAL_ABOUT_ANOTHER_ORDER_THAN_LETTER, where="order_id")
    return json(Receipt(receive_from_bank(letter.sender, appeal).reference))


def _signed_letter(request: HttpRequest) -> tuple[Letter, str]:
    """The letter and its id, once the institution that it names has signed it. One refusal for all that is wrong with that."""
    body = body_of(request, MOST_BYTES_TOLD)
    letter = open_letter(body)
    try:
        return letter, verify(_keys_of(letter.sender), request.headers, body, clock.machine_now())
    except NotAllowed:
        raise Refused(401, BankWireMsg.SIGNATURE_NOT_VALID_HERE) from None


def _keys_of(institution: str) -> tuple[bytes, ...]:
    """The secrets shared with an institution. What is wrong with this node's own files is for its log, not for callers."""
    try:
        return _lines().keys_of(institution)
    except (BadInput, Unavailable) as error:
        _log.error("a letter cannot be checked: %s", error)
        raise Unavailable(Msg.NODE_CANNOT_CHECK_LETTERS_NOW) from None


@cache
def _lines() -> LineBook:
    return LineBook(Home.from_environment())


@cache
def _seen() -> SeenLetters:
    return SeenLetters(Home.from_environment().seen_letters)
