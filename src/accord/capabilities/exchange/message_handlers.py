"""What is done with each kind of message that partners send: declared by the app, read by the channel."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from accord.capabilities.exchange.agreements.services import agreement_news
from accord.capabilities.exchange.channel.services import chunks, partner_messages, resync
from accord.capabilities.exchange.crossborder.services import requests
from accord.capabilities.exchange.crossborder.services.enquiries import enquiries, sent_enquiries
from accord.capabilities.exchange.crossborder.services.labels import relabelling, retention
from accord.capabilities.exchange.crossborder.services.orders import foreign_orders, sent_orders
from accord.capabilities.exchange.kinds import MessageKind

HANDLERS: Final[dict[str, Callable[[Any, Any], None]]] = {
    MessageKind.AGREEMENT: agreement_news.take_agreement,
    MessageKind.ASK_FIRST: agreement_news.take_ask_first,
    MessageKind.CARD: partner_messages.take_card,
    MessageKind.CHUNK: chunks.take_part,
    MessageKind.ENQUIRY: enquiries.take,
    MessageKind.ENQUIRY_ANSWER: sent_enquiries.take_answer,
    MessageKind.HELLO: resync.greeted,
    MessageKind.NOTE: requests.take_note,
    MessageKind.ORDER: foreign_orders.receive_order,
    MessageKind.ORDER_ANSWER: sent_orders.take_answer,
    MessageKind.ORDER_NEWS: sent_orders.take_news,
    MessageKind.RECEIPT: retention.take_receipt,
    MessageKind.RECOVERED: resync.recovered,
    MessageKind.RELABEL: relabelling.take_relabel,
    MessageKind.REQUEST: requests.take_request,
    MessageKind.REQUEST_ANSWER: requests.take_answer,
    MessageKind.TEST_CALL: partner_messages.take_test_call,
}
