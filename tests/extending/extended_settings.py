"""The settings of a node with one capability more: its name in the list of installed apps is all that is added."""

from __future__ import annotations

from accord.node.settings import *  # noqa: F403 - an overlay
from accord.node.settings import INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "watch"]
