"""The files of an index: a base folder of .npy arrays, memory-mapped, and Arrow files for the tail."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa

from accord.engine.tracing.base import Base
from accord.engine.tracing.dictionary import Dictionary, Pockets
from accord.engine.tracing.errors import Msg
from accord.engine.tracing.layout import DEBIT, TRANSFER, Array, frozen
from accord.engine.tracing.manifest import Manifest, Segment, damaged, file_hash, sync_folder, write_file
from accord.engine.tracing.names import NO_NAMES, NO_TAGS, Names, Texts

NAMES_FILE: Final = "names.json"


def save_base(folder: Path, base: Base, dictionary: Dictionary) -> tuple[dict[str, int], str]:
    """Write a base whose dictionary is settled into a new folder; returns (file → bytes, hash of the names file)."""
    part = folder.with_name(folder.name + ".part")
    part.mkdir(exist_ok=True)
    for name, array in _arrays(base, dictionary).items():
        with (part / f"{name}.npy").open("wb") as file:
            np.save(file, array, allow_pickle=False)
            file.flush()
            os.fsync(file.fileno())
    names = {"banks": dictionary.banks, "currencies": dictionary.currencies, "pockets": base.pockets, "last_seq": base.last_seq}
    write_file(part / NAMES_FILE, lambda file: file.write(json.dumps(names, ensure_ascii=False).encode()))
    part.replace(folder)
    sync_folder(folder.parent)
    sizes = {path.name: path.stat().st_size for path in sorted(folder.iterdir())}
    return sizes, file_hash(folder / NAMES_FILE)


def open_base(folder: Path, manifest: Manifest) -> tuple[Base, Dictionary]:
    """Map a base; Corrupt where a file is missing or is not of the size, hash or form that the manifest states."""
    place = folder / manifest.base
    for name, size in manifest.sizes.items():
        found = (place / name).stat().st_size
        if found != size:
            raise damaged(place / name, Msg.FILE_OF_OTHER_SIZE.with_(found=found, size=size))
    if file_hash(place / NAMES_FILE) != manifest.names_sha256:
        raise damaged(place / NAMES_FILE, Msg.CONTENT_DOES_NOT_MATCH.with_())
    names: dict[str, Any] = json.loads((place / NAMES_FILE).read_bytes())
    arrays = {path: _mapped(place / f"{path}.npy") for path in _ARRAY_NAMES}
    ids = Names(Texts(arrays["id_offsets"], arrays["id_bytes"], NO_TAGS), arrays["id_entries"])
    texts = Texts(arrays["account_offsets"], arrays["account_bytes"], arrays["account_bank"])
    pockets = Pockets(
        arrays["account_bank"],
        arrays["first_pocket"],
        arrays["next_pocket"],
        arrays["pocket_account"],
        arrays["pocket_currency"],
        arrays["opening"],
    )
    base = Base(
        arrays["transfers"],
        arrays["first_debit"],
        arrays["debits"],
        arrays["first_credit"],
        arrays["credits"],
        ids,
        names["pockets"],
        names["last_seq"],
    )
    accounts = Names(texts, arrays["account_entries"])
    return base, Dictionary(tuple(names["banks"]), tuple(names["currencies"]), accounts, NO_NAMES, pockets)


def save_segment(folder: Path, kind: str, table: pa.Table, first: int, last: int) -> Segment:
    """Write rows of the tail."""
    path = folder / f"{kind}-{first:08d}-{last:08d}.arrow"

    def fill(file: Any) -> None:
        with pa.ipc.new_file(file, table.schema) as writer:
            writer.write_table(table)

    write_file(path, fill)
    return Segment(path.name, kind, first, last, table.num_rows, path.stat().st_size, file_hash(path))


def read_segment(folder: Path, segment: Segment) -> pa.Table:
    """Read rows of the tail; Corrupt where the file is not what was written."""
    path = folder / segment.file
    if path.stat().st_size != segment.size or file_hash(path) != segment.sha256:
        raise damaged(path, Msg.CONTENT_DOES_NOT_MATCH.with_())
    with pa.OSFile(str(path)) as file, pa.ipc.open_file(file) as reader:
        return reader.read_all()


_RECORDS: Final = {"transfers": TRANSFER, "debits": DEBIT}
_BASE_ARRAYS: Final = ("transfers", "first_debit", "debits", "first_credit", "credits")
_POCKET_ARRAYS: Final = ("first_pocket", "next_pocket", "pocket_account", "pocket_currency", "opening")
_NAME_ARRAYS: Final = (
    "id_offsets",
    "id_bytes",
    "id_entries",
    "account_offsets",
    "account_bytes",
    "account_entries",
    "account_bank",
)
_ARRAY_NAMES: Final = (*_BASE_ARRAYS, *_POCKET_ARRAYS, *_NAME_ARRAYS)


def _arrays(base: Base, dictionary: Dictionary) -> dict[str, Array]:
    """Every array of a base by the name of its file."""
    pockets, ids, accounts = dictionary.pockets, base.ids, dictionary.base_accounts
    made = {name: getattr(base, name) for name in _BASE_ARRAYS}
    columns = (pockets.first_pocket, pockets.next_pocket, pockets.account, pockets.currency, pockets.opening)
    made.update(zip(_POCKET_ARRAYS, columns, strict=True))
    names = (ids.texts.offsets, ids.texts.data, ids.entries, accounts.texts.offsets, accounts.texts.data, accounts.entries)
    made.update(zip(_NAME_ARRAYS, (*names, pockets.account_bank), strict=True))
    return made


def _mapped(path: Path) -> Array:
    """A saved array, mapped read-only; an empty one is read. Saving drops a record's alignment, so it is put back."""
    try:
        with path.open("rb") as file:
            np.lib.format.read_magic(file)
            shape, _, _ = np.lib.format.read_array_header_1_0(file)
        array = np.load(path, mmap_mode="r" if shape[0] else None, allow_pickle=False)
        return frozen(array.view(_RECORDS.get(path.stem, array.dtype)))
    except ValueError as error:
        raise damaged(path, Msg.UNREADABLE.with_(error=error)) from error
