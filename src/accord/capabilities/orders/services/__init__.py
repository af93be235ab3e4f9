"""From a call to money on hold: the first order, the plan's orders, the banks' answers, expiry and release.

Every order is written in the transaction that decides it, and leaves once that transaction has committed.
"""

from accord.capabilities.orders.services.answers import acknowledged, hold_answered, recall_answered, release_answered
from accord.capabilities.orders.services.decide import FirstResponse, approve_plan, ask_release, respond_to_call, send_again
from accord.capabilities.orders.services.sweep import expire_due, fail, mark_sent, retry_later

__all__ = [
    "FirstResponse",
    "acknowledged",
    "approve_plan",
    "ask_release",
    "expire_due",
    "fail",
    "hold_answered",
    "mark_sent",
    "recall_answered",
    "release_answered",
    "respond_to_call",
    "retry_later",
    "send_again",
]
