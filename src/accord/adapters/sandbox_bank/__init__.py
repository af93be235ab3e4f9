"""Banks to practise on: a made-up world's core systems behind the ports that real banks are asked through."""

from accord.adapters.sandbox_bank.bank import SandboxBank, SandboxLedger
from accord.adapters.sandbox_bank.banks import SandboxBanks, WorldBooks
from accord.adapters.sandbox_bank.holds import Hold
from accord.adapters.sandbox_bank.play import StopReason
from accord.adapters.sandbox_bank.profile import Faults

__all__ = ["Faults", "Hold", "SandboxBank", "SandboxBanks", "SandboxLedger", "StopReason", "WorldBooks"]
