"""Answers as a broken bank would send them, to see that nobody believes them."""

from __future__ import annotations

from dataclasses import replace

from accord.capabilities.claims.ports import AccountStanding, EnquiryAnswer
from accord.capabilities.orders.ports import HoldAnswer, OrderMessage, RecallAnswer, ReleaseAnswer


def garbled_enquiry(answer: EnquiryAnswer, currency: str) -> EnquiryAnswer:
    """More stands than was asked about."""
    return replace(answer, standing=(*answer.standing, AccountStanding("?", 10**12, currency)))


def garbled_hold(answer: HoldAnswer, order: OrderMessage) -> HoldAnswer:
    """More is held than was ordered."""
    return replace(answer, held=order.amount + 1)


def garbled_recall(answer: RecallAnswer) -> RecallAnswer:
    """Less than nothing was stopped."""
    return replace(answer, stopped=-1)


def garbled_release(answer: ReleaseAnswer) -> ReleaseAnswer:
    """Less than nothing was given back."""
    return replace(answer, released=-1)
