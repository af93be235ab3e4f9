"""The kinds of messages that nodes exchange. Their bodies: `messages.py`; what they mean on the wire: docs/protocol.md."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class MessageKind(StrEnum):
    # requests that machines make and answer
    ENQUIRY = "enquiry"
    ENQUIRY_ANSWER = "enquiry_answer"
    ORDER = "order"
    ORDER_ANSWER = "order_answer"
    ORDER_NEWS = "order_news"  # what became of an order after it was answered
    # requests that people make and answer
    REQUEST = "request"
    REQUEST_ANSWER = "request_answer"
    NOTE = "note"
    # labels
    RELABEL = "relabel"  # the originator relaxes or tightens a label
    RECEIPT = "receipt"  # what was received under a label has been deleted
    # between the nodes themselves; these need no agreement
    HELLO = "hello"  # a new stream begins; how far the other's was received
    RECOVERED = "recovered"  # what a restored node had sent and no longer knows
    CARD = "card"  # a newer partner card
    AGREEMENT = "agreement"  # an agreement offered, signed, or ended
    ASK_FIRST = "ask_first"  # a side wants to be asked first from now on, or no longer
    TEST_CALL = "test_call"
    CHUNK = "chunk"  # a part of a message that is too large for one envelope


UNDER_NO_AGREEMENT: Final = frozenset(
    {
        MessageKind.HELLO,
        MessageKind.RECOVERED,
        MessageKind.CARD,
        MessageKind.AGREEMENT,
        MessageKind.ASK_FIRST,
        MessageKind.TEST_CALL,
        MessageKind.CHUNK,
    }
)
"""Kinds that carry no case content and are exchanged with every confirmed partner."""

REQUESTS: Final = frozenset({MessageKind.ENQUIRY, MessageKind.ORDER, MessageKind.REQUEST})
"""Kinds that ask something of the partner, and count against quotas."""


class RequestKind(StrEnum):
    """What people ask of a partner."""

    INFORMATION = "information"
    IDENTIFICATION = "identification"
    HOLD = "hold"


class Outcome(StrEnum):
    """What became of a request."""

    ANSWERED = "answered"
    PARTLY = "partly"
    REFUSED = "refused"
