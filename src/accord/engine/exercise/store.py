"""A world on disk.

    world.json            plan, banks, and the SHA-256 of every other file
    accounts.parquet      transfers.parquet      reports.json
    truth/                gangs.json, paths.parquet, rests.parquet, mentions.parquet

Written beside its place and renamed into it, so that a folder holds a whole world or none.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from accord.core.clock import to_iso
from accord.core.errors import Conflict, Corrupt, NotFound
from accord.engine.exercise.errors import Msg
from accord.engine.exercise.model import (
    ACCOUNTS,
    MENTIONS,
    PATHS,
    RESTS,
    WORLD_TRANSFERS,
    Bank,
    Gang,
    Truth,
    VictimReport,
)
from accord.engine.exercise.plan import WorldPlan

Parts = tuple[WorldPlan, tuple[Bank, ...], pa.Table, pa.Table, tuple[VictimReport, ...], Truth]
"""Plan, banks, accounts, transfers, reports, truth."""

_FORMAT: Final = 1
_TABLES: Final = {
    "accounts.parquet": ACCOUNTS,
    "transfers.parquet": WORLD_TRANSFERS,
    "truth/paths.parquet": PATHS,
    "truth/rests.parquet": RESTS,
    "truth/mentions.parquet": MENTIONS,
}
_DOCUMENTS: Final = ("reports.json", "truth/gangs.json")


def save_parts(parts: Parts, folder: Path) -> None:
    """Write a world to `folder`, which must be absent or empty (Conflict otherwise)."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise Conflict(Msg.SOMETHING_STANDS_ALREADY, where=str(folder))
    fresh = folder.with_name(f".{folder.name}.{os.getpid()}.part")
    shutil.rmtree(fresh, ignore_errors=True)
    (fresh / "truth").mkdir(parents=True)
    try:
        _write_parts(parts, fresh)
        os.replace(fresh, folder)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def _write_parts(parts: Parts, folder: Path) -> None:
    plan, banks, accounts, transfers, reports, truth = parts
    tables = (accounts, transfers, truth.paths, truth.rests, truth.mentions)
    for name, table in zip(_TABLES, tables, strict=True):
        pq.write_table(table, folder / name, compression="zstd")
    documents = ([asdict(report) for report in reports], [asdict(gang) for gang in truth.gangs])
    for name, document in zip(_DOCUMENTS, documents, strict=True):
        _write_json(folder / name, document)
    hashes = {name: _sha256(folder / name) for name in (*_TABLES, *_DOCUMENTS)}
    stated = {**asdict(plan), "central_switch": sorted(plan.central_switch)}
    head = {"format": _FORMAT, "plan": stated, "banks": [asdict(bank) for bank in banks], "files": hashes}
    _write_json(folder / "world.json", head)


def load_parts(folder: Path) -> Parts:
    """Read the world in `folder` and check every file against its hash."""
    index = folder / "world.json"
    if not index.is_file():
        raise NotFound(Msg.NO_SAVED_WORLD_HERE, where=str(folder))
    try:
        head = json.loads(index.read_bytes())
        stated, plan, banks = head["files"], head["plan"], head["banks"]
        if head["format"] != _FORMAT:
            raise Corrupt(Msg.FORMAT_NOT_ONE_VERSION_READS, found=head["format"], expected=_FORMAT, where=str(index))
    except (ValueError, KeyError, TypeError) as error:
        raise Corrupt(Msg.NOT_INDEX_SAVED_WORLD, error=error, where=str(index)) from error
    for name in (*_TABLES, *_DOCUMENTS):
        if not (folder / name).is_file() or _sha256(folder / name) != stated.get(name):
            raise Corrupt(Msg.MISSING_NOT_WHAT_SAVED, where=str(folder / name))
    tables = [_read_table(folder / name, schema) for name, schema in _TABLES.items()]
    reports, gangs = (json.loads((folder / name).read_bytes()) for name in _DOCUMENTS)
    return (
        _plan(plan),
        tuple(Bank(**{**bank, "channels": tuple(bank["channels"])}) for bank in banks),
        tables[0],
        tables[1],
        tuple(_report(report) for report in reports),
        Truth(tuple(_gang(gang) for gang in gangs), *tables[2:]),
    )


def _plan(row: dict[str, Any]) -> WorldPlan:
    fields = {"countries": tuple(row["countries"]), "start": datetime.fromisoformat(row["start"])}
    return WorldPlan(**{**row, **fields, "central_switch": frozenset(row["central_switch"])})


def _report(row: dict[str, Any]) -> VictimReport:
    moments = {name: datetime.fromisoformat(row[name]) for name in ("call_time", "about_when")}
    return VictimReport(**{**row, **moments, "transfers": tuple(row["transfers"])})


def _gang(row: dict[str, Any]) -> Gang:
    lists = {name: tuple(value) for name, value in row.items() if isinstance(value, list)}
    return Gang(**{**row, **lists, "mules": tuple((bank, account) for bank, account in row["mules"])})


def _read_table(path: Path, schema: pa.Schema) -> pa.Table:
    table = pq.read_table(path)
    if not table.schema.equals(schema):
        raise Corrupt(Msg.COLUMNS_NOT_THOSE_VERSION, where=str(path))
    return table


def _write_json(path: Path, document: Any) -> None:
    text = json.dumps(document, ensure_ascii=False, indent=1, default=_plain)
    path.write_text(text + "\n", encoding="utf-8")


def _plain(value: Any) -> str:
    if isinstance(value, datetime):
        return to_iso(value)
    raise TypeError(f"{type(value).__name__} has no place in a saved world")


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
