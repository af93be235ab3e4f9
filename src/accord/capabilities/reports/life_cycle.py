"""The life of a report, as an explicit table. Whatever is not in the table is refused."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from accord.capabilities.reports.errors import Msg
from accord.capabilities.reports.models import ReportState
from accord.capabilities.transitions import Machine, Move, moves_of


class ReportEvent(StrEnum):
    JOIN = "join"
    CLOSE = "close"
    REOPEN = "reopen"


class ReportGuard(StrEnum):
    """What must hold besides the state."""

    SAME_PAYMENT = "an earlier report states the same payment"
    REASON = "somebody says why; it stays on record"


LIFE: Final = Machine(
    Msg.NO_SUCH_STEP,
    moves_of(
        [
            Move(ReportState.OPEN, ReportEvent.JOIN, ReportState.DUPLICATE, ReportGuard.SAME_PAYMENT),
            Move(ReportState.OPEN, ReportEvent.CLOSE, ReportState.CLOSED, ReportGuard.REASON),
            Move(ReportState.DUPLICATE, ReportEvent.CLOSE, ReportState.CLOSED, ReportGuard.REASON),
            Move(ReportState.DUPLICATE, ReportEvent.REOPEN, ReportState.OPEN, ReportGuard.REASON),
            Move(ReportState.CLOSED, ReportEvent.REOPEN, ReportState.OPEN, ReportGuard.REASON),
        ]
    ),
)
