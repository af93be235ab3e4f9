from __future__ import annotations

from accord.capabilities.plugin import Capability, Declaration, Mount


class PublicConfig(Capability):
    name = "accord.sites.public"
    label = "public"

    def declare(self) -> Declaration:
        return Declaration(mounts=(Mount("public/", "accord.sites.public.urls"),))
