"""The earlier name of `federation_kit.commands`."""

from federation_kit.commands import environment_of, separately

__all__ = ["environment_of", "separately"]
