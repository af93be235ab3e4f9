"""The folder of this user's that holds what every node of this version can use: compiled kernels, a store with empty tables.

It may be deleted at any time. What lies in it is run and copied into stores, so it is used only where nobody else can write
to it; else each home keeps its own.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path


def user_cache() -> Path | None:
    """The folder, made where it is missing and open to its owner alone; None where there is no safe place for one."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    folder = (Path(base) if base.startswith("/") else Path(os.path.expanduser("~/.cache"))) / "accord"
    if not folder.is_absolute():  # the user has no home folder
        return None
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError:
        return None
    return folder if _is_safe(folder) and _is_safe(folder.parent) and os.access(folder, os.W_OK | os.X_OK) else None


def _is_safe(folder: Path) -> bool:
    """Whether it is this user's (or, above it, the system's), and neither the group nor others may write to it."""
    try:
        told = folder.stat()
    except OSError:
        return False
    return told.st_uid in (os.geteuid(), 0) and not told.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
