"""The kinds of messages that nodes exchange. Their bodies: `messages.py`; what they mean on the wire: docs/protocol.md."""

from __future__ import annotations

from typing import Final

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class MessageKind(TextChoices):
    # requests that machines make and answer
    ENQUIRY = "enquiry", _("Enquiry")
    ENQUIRY_ANSWER = "enquiry_answer", _("Answer to an enquiry")
    ORDER = "order", _("Order")
    ORDER_ANSWER = "order_answer", _("Answer to an order")
    ORDER_NEWS = "order_news", _("News of an order")  # what happened to an order after it was answered
    # requests that people make and answer
    REQUEST = "request", _("Request by people")
    REQUEST_ANSWER = "request_answer", _("Answer to a request")
    NOTE = "note", _("Note in a thread")
    # labels
    RELABEL = "relabel", _("Change of a label")  # the originator relaxes or tightens a label
    RECEIPT = "receipt", _("Receipt of a deletion")  # what was received under a label has been deleted
    # between the nodes themselves; these need no agreement
    HELLO = "hello", _("Beginning of a stream")  # a new stream begins; how far the other's was received
    RECOVERED = "recovered", _("Given back after a restore")  # what a restored node had sent and no longer knows
    CARD = "card", _("Partner card")  # a newer partner card
    AGREEMENT = "agreement", _("Agreement")  # an agreement offered, signed, or ended
    ASK_FIRST = "ask_first", _("Ask-first switch")  # a side wants to be asked first from now on, or no longer
    TEST_CALL = "test_call", _("Test call")
    CHUNK = "chunk", _("Part of a large message")  # a part of a message that is too large for one envelope


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


class RequestKind(TextChoices):
    """What people ask of a partner."""

    INFORMATION = "information", _("Information")
    IDENTIFICATION = "identification", _("Identification")
    HOLD = "hold", _("Hold of money")


class Outcome(TextChoices):
    """What happened to a request."""

    ANSWERED = "answered", _("Answer in full")
    PARTLY = "partly", _("Answer in part")
    REFUSED = "refused", _("Refuse")
