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
    approve_within,
    book,
    confirm_share,
    confirm_shares,
    decide_item,
    end_share,
    end_shares,
    hold_line,
    mark_done,
    note_shortfall,
    open_hold_lines,
    pass_on_share,
    rule_out,
)
from accord.capabilities.claims.services.first_holds import FirstHold, begin, book_first
from accord.capabilities.claims.services.foreign import (
    close_foreign_claim,
    go_onward,
    open_foreign_claim,
    restart_foreign_claim,
)
from accord.capabilities.claims.services.forgetting import forget_answer, forget_foreign_claim
from accord.capabilities.claims.services.shares import reserve_share

__all__ = [
    "FirstHold",
    "acknowledged",
    "answered",
    "approve_items",
    "approve_within",
    "begin",
    "book",
    "book_first",
    "close_foreign_claim",
    "confirm_share",
    "confirm_shares",
    "decide_item",
    "end_share",
    "end_shares",
    "fail",
    "forget_answer",
    "forget_foreign_claim",
    "go_onward",
    "hold_line",
    "mark_done",
    "note_shortfall",
    "open_claim",
    "open_foreign_claim",
    "open_hold_lines",
    "pass_on_share",
    "reserve_share",
    "restart_foreign_claim",
    "retry_later",
    "rule_out",
    "start_at",
    "take_answers",
    "trace_again",
    "trace_under",
]
