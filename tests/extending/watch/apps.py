from __future__ import annotations

from accord.capabilities.plugin import Capability, Check, Declaration, Mount, Vocabulary


class WatchConfig(Capability):
    name = "watch"
    label = "watch"

    def declare(self) -> Declaration:
        from watch import doctor, life, tasks
        from watch.audit import WatchAudit
        from watch.navigation import LINKS
        from watch.permissions import GRANTS

        return Declaration(
            grants=GRANTS,
            vocabulary=Vocabulary(actions=(WatchAudit,), values={"watch_state": (life.State,)}),
            tasks=tasks.TASKS,
            mounts=(Mount("watch/", "watch.urls"),),
            navigation=LINKS,
            checks=(Check("watches", doctor.examine),),
        )
