"""A ledger holder over this node's own records: a central switch, or statements that were already collected.

One walk through the index answers for all the institutions it covers, so a chase inside them needs no further question.
"""

from __future__ import annotations

import threading
from pathlib import Path

from accord.adapters.ledger_answer import HolderView, answer_from_trace, starts_of
from accord.adapters.own_ledger.errors import Msg
from accord.capabilities.claims.ports import AccountKind, EnquiryAnswer, EnquiryRequest
from accord.core import clock
from accord.core.errors import BadInput
from accord.engine.tracing import Ledger
from accord.engine.tracing.model import AccountRef, TraceOptions


class OwnLedger:
    """Answers at once, from the newest published index. Nothing is kept: records only grow, so asking again is safe."""

    def __init__(self, folder: Path, institution: str, covered: frozenset[str] | None = None) -> None:
        """`folder` is the tracing index; `covered` are the institutions it answers for, None where that is every one in it.

        `institution` is this holder's own name, under which it may be asked too. Raises NotFound or Corrupt like the index.
        """
        self._ledger = Ledger.open(folder)
        self._lock = threading.Lock()
        self.institution = institution
        self.covered = covered

    def enquire(self, request: EnquiryRequest) -> EnquiryAnswer:
        """What happened to the credits, as far as these records go. BadInput or NotFound where the question does not fit."""
        asked_of = request.institution
        if self.covered is not None and asked_of != self.institution and asked_of not in self.covered:
            raise BadInput(Msg.THESE_RECORDS_DO_NOT_COVER, institution=asked_of, covered=sorted(self.covered))
        now = clock.now()
        until = now if request.until is None else min(request.until, now)
        view = self._view(asked_of)
        options = TraceOptions(until=until, covered=self.covered)
        trace = view.ledger.trace(starts_of(view.ledger, request.credits, request.rule), request.rule, options)
        return answer_from_trace(trace, request.credits, view, now)

    def _view(self, institution: str) -> HolderView:
        with self._lock:
            self._ledger = self._ledger.refreshed()
            ledger = self._ledger
        return HolderView(institution, ledger, _unknown, ledger.outgoing_speed)


def _unknown(_account: AccountRef) -> AccountKind:
    """Records of transfers do not say what an account is."""
    return AccountKind.UNKNOWN
