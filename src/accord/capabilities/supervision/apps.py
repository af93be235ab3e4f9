from __future__ import annotations

from accord.capabilities.plugin import Capability, Declaration, Vocabulary


class SupervisionConfig(Capability):
    name = "accord.capabilities.supervision"
    label = "supervision"

    def declare(self) -> Declaration:
        from accord.capabilities.supervision.audit import FigureAudit

        return Declaration(vocabulary=Vocabulary(actions=(FigureAudit,)))
