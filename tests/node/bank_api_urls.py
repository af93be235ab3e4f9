"""What a bank's node offers to other systems, for tests in a process whose own node is a centre."""

from __future__ import annotations

from accord.node.api.mount import mounted

urlpatterns = mounted("bank")
