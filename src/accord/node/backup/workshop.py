"""A folder beside a file or folder that is being made: unfinished work lies there, never under the final name."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from accord.core.errors import Conflict, Unavailable
from accord.node.errors import Msg


@contextmanager
def workshop(product: Path) -> Iterator[Path]:
    """An empty folder, open to its owner alone, on the same file system as `product`; gone at the end of the block.

    What a killed run left there is cleared away. Conflict where another run is making the same product.
    """
    folder = product.parent / f".{product.name}.unfinished"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        raise Unavailable(Msg.CANNOT_BE_WRITTEN_BESIDE, why=error.strerror, where=str(product)) from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        _clear(folder)
        yield folder
    except BlockingIOError:
        raise Conflict(Msg.ANOTHER_PROCESS_MAKING_AT_MOMENT, where=str(product)) from None
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    else:
        shutil.rmtree(folder, ignore_errors=True)
    finally:
        os.close(descriptor)


def _clear(folder: Path) -> None:
    for path in folder.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()


def sync(path: Path) -> None:
    """Make what was written to a file, or the names in a folder, survive a power cut."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
