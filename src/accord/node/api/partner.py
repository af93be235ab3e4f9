"""/api/partner/v1: where partners' nodes hand in envelopes.

Who calls is not asked: each envelope proves by itself who wrote it, and one that does not is refused. A server that stands
before the node may ask for certificates besides (docs/operate.md). What is answered is signed too.
"""

from __future__ import annotations

from typing import Final

from django.http import HttpRequest, HttpResponse

from accord.capabilities.exchange.channel.receipts import MOST_BATCH_BYTES, Batch, SignedReply, read_batch
from accord.capabilities.exchange.channel.services import receiving
from accord.capabilities.exchange.messages import SCHEMA
from accord.capabilities.exchange.partners import cards
from accord.capabilities.exchange.partners import queries as partners
from accord.capabilities.people.policy import OPERATOR
from accord.core.errors import NotFound, Unavailable
from accord.node.api import openapi
from accord.node.api.problems import answer_errors
from accord.node.api.requests import body_of, json
from accord.node.errors import Msg

MOST_BYTES: Final = MOST_BATCH_BYTES + 64 * 1024

api = openapi.DescribedApi(
    tokens=False,
    title="Accord: envelopes between centres",
    version=SCHEMA,
    description="Envelopes, streams, receipts and every kind of message are explained in docs/protocol.md.",
    urls_namespace="partner-api",
)
answer_errors(api)


@api.post("envelopes", openapi_extra=openapi.takes(Batch, answers={200: ("A receipt for each, signed", SignedReply)}))
def envelopes(request: HttpRequest) -> HttpResponse:
    """Hand in envelopes of one stream, in its order. Handing them in again is safe: what is known is not applied twice."""
    batch = read_batch(body_of(request, MOST_BYTES))
    try:
        return json(receiving.answer(batch))
    except NotFound:
        raise Unavailable(Msg.CENTRE_NO_KEYS_YET_TAKES_NOTHING) from None


_CARD: Final = {"description": "This centre's card, signed", "content": {"application/json": {"schema": {"type": "object"}}}}


@api.get("card", openapi_extra={"responses": {200: _CARD, **openapi.gives({}, 404, 503)["responses"]}})
def card(request: HttpRequest) -> HttpResponse:
    """This centre's newest card. Compare its words with somebody there before you trust it."""
    return HttpResponse(cards.card_bytes(partners.own_card(OPERATOR).signed), content_type="application/json")
