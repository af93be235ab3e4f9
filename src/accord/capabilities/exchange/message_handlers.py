"""What is done with each kind of message that partners send: declared by the app, read by the channel."""

from __future__ import annotations

from typing import Final

from accord.capabilities.exchange.agreements.services import agreement_news
from accord.capabilities.exchange.channel.services import chunks, partner_messages, resync
from accord.capabilities.exchange.crossborder.services import requests
from accord.capabilities.exchange.crossborder.services.enquiries import enquiries, sent_enquiries
from accord.capabilities.exchange.crossborder.services.labels import relabelling, retention
from accord.capabilities.exchange.crossborder.services.orders import foreign_orders, sent_orders
from accord.capabilities.exchange.kinds import MessageKind
from accord.capabilities.plugin import MessageHandler

HANDLERS: Final[dict[str, MessageHandler]] = {
    MessageKind.AGREEMENT: MessageHandler(agreement_news.take_agreement),
    MessageKind.ASK_FIRST: MessageHandler(agreement_news.take_ask_first),
    MessageKind.CARD: MessageHandler(partner_messages.take_card),
    MessageKind.CHUNK: MessageHandler(chunks.take_part),
    MessageKind.ENQUIRY: MessageHandler(enquiries.take, enquiries.take_all),
    MessageKind.ENQUIRY_ANSWER: MessageHandler(sent_enquiries.take_answer, sent_enquiries.take_answers),
    MessageKind.HELLO: MessageHandler(resync.greeted),
    MessageKind.NOTE: MessageHandler(requests.take_note),
    MessageKind.ORDER: MessageHandler(foreign_orders.receive_order),
    MessageKind.ORDER_ANSWER: MessageHandler(sent_orders.take_answer, sent_orders.take_answers),
    MessageKind.ORDER_NEWS: MessageHandler(sent_orders.take_news),
    MessageKind.RECEIPT: MessageHandler(retention.take_receipt),
    MessageKind.RECOVERED: MessageHandler(resync.recovered),
    MessageKind.RELABEL: MessageHandler(relabelling.take_relabel),
    MessageKind.REQUEST: MessageHandler(requests.take_request),
    MessageKind.REQUEST_ANSWER: MessageHandler(requests.take_answer),
    MessageKind.TEST_CALL: MessageHandler(partner_messages.take_test_call, partner_messages.take_test_calls),
}
