"""From a call to money on hold and back: orders drafted, approved, sent, answered, renewed, released, ended.

Every order is written in the transaction that decides it, and leaves once that transaction has committed.
"""

from accord.capabilities.orders.services.answers import acknowledged, answered, apply_answers
from accord.capabilities.orders.services.contacts import (
    ContactFacts,
    add_contact,
    change_contact,
    note_escalation,
    note_test_call,
    remove_contact,
)
from accord.capabilities.orders.services.decide import FirstResponse, approve_plan, respond_to_call
from accord.capabilities.orders.services.drafting import approve, clear_override, discard, send_in_emergency
from accord.capabilities.orders.services.following import ask_release, freeze, prolong, renew, send_again
from accord.capabilities.orders.services.for_partners import (
    PartnerTerms,
    confirm_orders,
    first_hold_for,
    hold_lines,
    let_go,
    may_leave_alone,
)
from accord.capabilities.orders.services.handing_in import hand_in_answer
from accord.capabilities.orders.services.holder import HolderTerms, set_holder_terms
from accord.capabilities.orders.services.receiver_news import apply_unasked
from accord.capabilities.orders.services.requests import OrderFacts, draft_order
from accord.capabilities.orders.services.sweep import (
    escalate_due,
    expire_due,
    fail,
    mark_sent,
    prompt_renewals,
    retry_later,
)

__all__ = [
    "ContactFacts",
    "FirstResponse",
    "HolderTerms",
    "OrderFacts",
    "PartnerTerms",
    "acknowledged",
    "add_contact",
    "answered",
    "apply_answers",
    "apply_unasked",
    "approve",
    "approve_plan",
    "ask_release",
    "change_contact",
    "clear_override",
    "confirm_orders",
    "discard",
    "draft_order",
    "escalate_due",
    "expire_due",
    "fail",
    "first_hold_for",
    "freeze",
    "hand_in_answer",
    "hold_lines",
    "let_go",
    "mark_sent",
    "may_leave_alone",
    "note_escalation",
    "note_test_call",
    "prolong",
    "prompt_renewals",
    "remove_contact",
    "renew",
    "respond_to_call",
    "retry_later",
    "send_again",
    "send_in_emergency",
    "set_holder_terms",
]
