"""Writes of the claims room: the chase (enquiries and answers), the hold plan, and the shares of holds on an account."""

from accord.capabilities.claims.services.chase import (
    acknowledged,
    answered,
    fail,
    open_claim,
    retry_later,
    start_at,
    take_answers,
    trace_again,
    trace_under,
)
from accord.capabilities.claims.services.decisions import (
    approve_items,
    book,
    book_first,
    confirm_share,
    decide_item,
    end_share,
    end_shares,
    mark_done,
    note_shortfall,
    pass_on_share,
    rule_out,
)
from accord.capabilities.claims.services.saved import save_trace
from accord.capabilities.claims.services.shares import reserve_share

__all__ = [
    "acknowledged",
    "answered",
    "approve_items",
    "book",
    "book_first",
    "confirm_share",
    "decide_item",
    "end_share",
    "end_shares",
    "fail",
    "mark_done",
    "note_shortfall",
    "open_claim",
    "pass_on_share",
    "reserve_share",
    "retry_later",
    "rule_out",
    "save_trace",
    "start_at",
    "take_answers",
    "trace_again",
    "trace_under",
]
