"""The life of an enquiry at the bank that received it, as an explicit table. Whatever is not in the table is refused."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from accord.capabilities.controls.errors import Msg
from accord.capabilities.controls.models import EnquiryState
from accord.capabilities.transitions import Machine, Move, moves_of


class EnquiryEvent(StrEnum):
    ASK = "ask"
    START = "start"
    ANSWER = "answer"
    REFUSE = "refuse"


class EnquiryGuard(StrEnum):
    """What must hold besides the state."""

    RULE = "all checks passed and a rule of the bank lets it answer alone"
    PERSON = "a person of the bank decided so"
    CHECKS = "a check failed"
    CORE = "the question contradicts the ledger"


LIFE: Final = Machine(
    Msg.ENQUIRY_NO_SUCH_STEP,
    moves_of(
        [
            Move(EnquiryState.RECEIVED, EnquiryEvent.ASK, EnquiryState.FOR_DECISION),
            Move(EnquiryState.RECEIVED, EnquiryEvent.START, EnquiryState.ANSWERING, EnquiryGuard.RULE),
            Move(EnquiryState.RECEIVED, EnquiryEvent.REFUSE, EnquiryState.REFUSED, EnquiryGuard.CHECKS),
            Move(EnquiryState.FOR_DECISION, EnquiryEvent.START, EnquiryState.ANSWERING, EnquiryGuard.PERSON),
            Move(EnquiryState.FOR_DECISION, EnquiryEvent.REFUSE, EnquiryState.REFUSED, EnquiryGuard.PERSON),
            Move(EnquiryState.ANSWERING, EnquiryEvent.ANSWER, EnquiryState.ANSWERED),
            Move(EnquiryState.ANSWERING, EnquiryEvent.REFUSE, EnquiryState.REFUSED, EnquiryGuard.CORE),
        ]
    ),
)
