"""Whatever changes on a bank's side."""

from accord.capabilities.controls.services.appeals import appeal_delivered, appeal_failed, appeals_to_hand_in, record_appeal
from accord.capabilities.controls.services.deciding import (
    answer_enquiry,
    ask_core_again,
    execute,
    refuse,
    refuse_enquiry,
    try_again,
)
from accord.capabilities.controls.services.outbox import answers_to_push, push_failed, pushed
from accord.capabilities.controls.services.rules import agree, end_agreement, end_rule, set_rule
from accord.capabilities.controls.services.taking import reply_to_enquiry, status_of, take_enquiry, take_order
from accord.capabilities.controls.services.telling import note_notified

__all__ = [
    "agree",
    "answer_enquiry",
    "answers_to_push",
    "appeal_delivered",
    "appeal_failed",
    "appeals_to_hand_in",
    "ask_core_again",
    "end_agreement",
    "end_rule",
    "execute",
    "note_notified",
    "push_failed",
    "pushed",
    "record_appeal",
    "refuse",
    "refuse_enquiry",
    "reply_to_enquiry",
    "set_rule",
    "status_of",
    "take_enquiry",
    "take_order",
    "try_again",
]
