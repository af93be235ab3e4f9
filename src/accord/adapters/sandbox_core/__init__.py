"""The simulated part of a bank's node: a core system played by the sandbox, behind the port that a real core stands behind."""

from accord.adapters.sandbox_core.core import SandboxCore

__all__ = ["SandboxCore"]
