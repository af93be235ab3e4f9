"""The earlier name of `federation_kit.commands`."""

from federation_kit.commands import Accord, Answer

__all__ = ["Accord", "Answer"]
