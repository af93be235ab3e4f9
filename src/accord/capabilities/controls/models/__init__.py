"""Rows of a bank's side. Private to this capability; others ask `queries` and `services`."""

from accord.capabilities.controls.models.agreement import ENQUIRY, RULE_KINDS, Agreement, BankRule
from accord.capabilities.controls.models.control import END_REASONS, Control, EndReason
from accord.capabilities.controls.models.outgoing import AnswerToPush, HandedInAppeal
from accord.capabilities.controls.models.received import (
    EnquiryState,
    ReceivedEnquiry,
    ReceivedOrder,
)

__all__ = [
    "END_REASONS",
    "ENQUIRY",
    "RULE_KINDS",
    "Agreement",
    "AnswerToPush",
    "BankRule",
    "Control",
    "EndReason",
    "EnquiryState",
    "HandedInAppeal",
    "ReceivedEnquiry",
    "ReceivedOrder",
]
