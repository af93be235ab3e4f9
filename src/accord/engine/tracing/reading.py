"""Opening an index folder while its writer goes on publishing."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pyarrow.compute as pc

from accord.core.errors import Unavailable
from accord.engine.tracing import manifest as manifests
from accord.engine.tracing.encoding import EMPTY_TABLE
from accord.engine.tracing.errors import Msg
from accord.engine.tracing.manifest import Manifest, damaged
from accord.engine.tracing.overlay import no_tail
from accord.engine.tracing.state import State, grown
from accord.engine.tracing.storage import open_base, read_segment

_TRIES: Final = 20


@dataclass(frozen=True, slots=True)
class Place:
    """Where a state was read and at which publication."""

    folder: Path
    base: str
    generation: int


def open_state(folder: Path) -> tuple[State, Place]:
    """The newest state of a folder. NotFound where there is none, Corrupt where a file fails its check."""
    for _ in range(_TRIES):
        manifest = manifests.read(folder)
        try:
            base, dictionary = open_base(folder, manifest)
            state = State(base, no_tail(len(dictionary.pockets)), dictionary)
            return with_segments(state, folder, manifest, manifest.base_generation), _place(folder, manifest)
        except FileNotFoundError as error:  # its writer has published since and removed what was replaced: look again
            if manifests.read(folder).generation == manifest.generation:
                raise damaged(folder / manifest.base, Msg.FILE_MISSING.with_(name=error.filename)) from error
    raise Unavailable(Msg.INDEX_IN_CHANGED_TIMES_WHILE_OPENED, folder=folder, count=_TRIES)


def newer_state(state: State, place: Place) -> tuple[State, Place]:
    """The newest state of the folder that `state` was read from; the same objects where nothing was published since."""
    manifest = manifests.read(place.folder)
    if manifest.generation == place.generation:
        return state, place
    if manifest.base != place.base:
        return open_state(place.folder)
    try:
        return with_segments(state, place.folder, manifest, place.generation), _place(place.folder, manifest)
    except FileNotFoundError:
        return open_state(place.folder)


def with_segments(state: State, folder: Path, manifest: Manifest, since: int) -> State:
    """The state with what the manifest's segments hold from publications after `since`."""
    for segment in manifest.segments:
        if segment.last <= since:
            continue
        table = read_segment(folder, segment)
        if segment.kind == "balances":
            state = grown(state, EMPTY_TABLE, table)
        else:  # a joined segment may begin with rows that are held already
            state = grown(state, table.filter(pc.greater(table["seq"], state.last_seq)), None)
    return state


def _place(folder: Path, manifest: Manifest) -> Place:
    return Place(folder, manifest.base, manifest.generation)
