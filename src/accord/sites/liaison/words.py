"""What kinds, outcomes, grounds and clauses are called, in the reader's language."""

from __future__ import annotations

from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accord.capabilities.exchange.agreements.terms import RefusalGround
from accord.capabilities.exchange.kinds import MessageKind, Outcome, RequestKind
from accord.capabilities.exchange.partners.services.alarms import ALARMS as CARD_ALARMS
from accord.web.reason_words import CLAUSES, refusal_in_words

LANGUAGE_NAMES: Final = {"en": "English", "zh-hans": "中文", "zh": "中文"}
"""Languages by their code, each in itself."""

REQUEST_KINDS: Final[dict[str, Promise]] = {
    RequestKind.INFORMATION: _("Information"),
    RequestKind.IDENTIFICATION: _("Identification"),
    RequestKind.HOLD: _("Hold of money"),
}

OUTCOMES: Final[dict[str, Promise]] = {
    Outcome.ANSWERED: _("Answer in full"),
    Outcome.PARTLY: _("Answer in part"),
    Outcome.REFUSED: _("Refuse"),
}

GROUNDS: Final[dict[str, Promise]] = {
    RefusalGround.POLITICAL: _("The offence is a political one"),
    RefusalGround.HUMAN_RIGHTS: _("Human rights of the person would be at risk"),
    RefusalGround.SOVEREIGNTY: _("It would touch sovereignty, security or public order"),
    RefusalGround.ONGOING_CASE: _("It would harm a case under way here"),
    RefusalGround.DISPROPORTIONATE: _("It is out of proportion to the offence"),
    RefusalGround.DUAL_CRIMINALITY: _("It is no offence under both laws"),
}

KINDS: Final[dict[str, Promise]] = {
    MessageKind.ENQUIRY: _("Enquiry"),
    MessageKind.ENQUIRY_ANSWER: _("Answer to an enquiry"),
    MessageKind.ORDER: _("Order"),
    MessageKind.ORDER_ANSWER: _("Answer to an order"),
    MessageKind.ORDER_NEWS: _("News of an order"),
    MessageKind.REQUEST: _("Request by people"),
    MessageKind.REQUEST_ANSWER: _("Answer to a request"),
    MessageKind.NOTE: _("Note in a thread"),
    MessageKind.RELABEL: _("Change of a label"),
    MessageKind.RECEIPT: _("Receipt of a deletion"),
    MessageKind.HELLO: _("Beginning of a stream"),
    MessageKind.RECOVERED: _("Given back after a restore"),
    MessageKind.CARD: _("Partner card"),
    MessageKind.AGREEMENT: _("Agreement"),
    MessageKind.ASK_FIRST: _("Ask-first switch"),
    MessageKind.TEST_CALL: _("Test call"),
    MessageKind.CHUNK: _("Part of a large message"),
}

TEST_RESULTS: Final[dict[str, Promise]] = {
    "answered": _("The contact answered"),
    "not_answered": _("Nobody answered"),
    "wrong_number": _("The number is wrong"),
}

ALARMS: Final[dict[str, Promise]] = {
    **CARD_ALARMS,
    "conflict": _("One message came with two contents"),
    "epochs": _("It asks ever again for messages that it has received"),
    "key": _("Envelopes under keys that nobody knows here"),
    "label_not_told": _("A stricter label of what it was told could not be sent to it: tell it by telephone"),
    "parts_gone": _("It has lost large messages that cannot be sent again"),
    "probing": _("Questions about money that does not come from the asking centre"),
    "recipient": _("Envelopes for somebody else"),
    "suite": _("Envelopes that are protected in another way than agreed"),
}

WAITS_FOR: Final[dict[str, Promise]] = {
    "officer": _("an officer there has to decide; the order binds nobody there"),
    "second_officer": _("a second officer there has to approve it"),
    "bank": _("a bank there has to answer"),
}


def ground_in_words(code: str) -> str:
    """A ground of the agreement, a clause of it, or a refusal of an order; the code itself where no words are known."""
    return str(GROUNDS.get(code) or CLAUSES.get(code) or refusal_in_words(code))
