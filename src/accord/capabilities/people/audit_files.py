"""The record as a file that proves itself: JSON lines or CSV, checked later without this node.

Every row carries the link before it and its own, over all its columns; a last row says where the chain ended. JSON lines hold
{"seq", "previous", "link", …entry} and at the end {"head": {"chain", "seq", "link"}}. CSV has the same columns, details as
canonical JSON, and a last row whose seq is "head". Whoever has noted a later link elsewhere can tell that a file was rewritten
as a whole; the file by itself shows what was changed, removed, inserted or cut off within it.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TextIO

from accord.capabilities import unit_of_work
from accord.capabilities.people.audit import RecordAudit
from accord.capabilities.people.errors import Msg
from accord.capabilities.people.permissions import AuditPermission
from accord.capabilities.people.policy import Actor, require
from accord.capabilities.people.queries.audit import CHANGES, Chain, head_of, start_of
from accord.core import hash_chain
from accord.core.canonical import canonical_json
from accord.core.errors import AccordError, BadInput, Conflict, Unavailable
from accord.core.errors import Msg as CoreMsg

COLUMNS: Final = (
    "seq", "previous", "link", "at", "actor", "action", "purpose", "session", "subject", "object_type", "object_id", "details",
)  # fmt: skip
_OF_CHANGES: Final = ("seq", "at", "actor", "action", "subject", "object_type", "object_id", "details")
_OF_READS: Final = ("seq", "at", "actor", "session", "purpose", "subject", "object_type", "object_id", "details")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What checking a file told: its chain, how many entries, where it ends, and the first broken one if any."""

    chain: str
    entries: int
    head_seq: int
    head_link: str
    broken: int | None


def export(actor: Actor, chain: Chain, path: Path) -> int:
    """Write a whole chain to `path`, CSV where it ends in .csv, else JSON lines; how many entries.

    That it was taken is on record first, and so in the file itself. Conflict where the file exists: nothing is overwritten.
    """
    require(actor, AuditPermission.READ)
    if path.exists():
        raise Conflict(Msg.FILE_EXISTS_ALREADY, where=str(path))
    noted = unit_of_work.record(actor, RecordAudit.AUDIT_EXPORTED, subject=None, obj=chain.head(pk=1), chain=chain.name)
    try:
        with path.open("x", encoding="utf-8", newline="") as file:
            return _write(chain, file, as_csv=path.suffix == ".csv", upto=noted.seq if chain is CHANGES else None)
    except FileExistsError:
        raise Conflict(Msg.FILE_EXISTS_ALREADY, where=str(path)) from None
    except OSError as error:
        raise Unavailable(Msg.FILE_CANNOT_BE_WRITTEN, why=error.strerror, where=str(path)) from error


def _write(chain: Chain, file: TextIO, *, as_csv: bool, upto: int | None) -> int:
    last = head_of(chain)[0] if upto is None else upto
    write = _csv_writer(file) if as_csv else _json_writer(file)
    _, previous = start_of(chain)
    count, link = 0, previous
    for entry in chain.entries.objects.filter(seq__lte=last).order_by("seq").iterator():
        write({**chain.content(entry), "previous": previous, "link": entry.link})
        previous = link = entry.link
        count += 1
    write({"head": {"chain": chain.name, "seq": last, "link": link}})
    return count


def _json_writer(file: TextIO) -> Any:
    return lambda row: file.write(canonical_json(row).decode() + "\n")


def _csv_writer(file: TextIO) -> Any:
    writer = csv.writer(file)
    writer.writerow(COLUMNS)

    def write(row: dict[str, Any]) -> None:
        if head := row.get("head"):
            writer.writerow(
                ["head", "", head["link"], *[""] * 7, str(head["seq"]), canonical_json({"chain": head["chain"]}).decode()]
            )
        else:
            writer.writerow([_cell(row.get(column)) for column in COLUMNS])

    return write


def _cell(value: Any) -> str:
    return "" if value is None else canonical_json(value).decode() if isinstance(value, dict) else str(value)


def verify_file(path: Path) -> Verdict:
    """Check an exported file by itself. BadInput where it is none; a broken row is told, not raised."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return _verify(_csv_rows(file) if path.suffix == ".csv" else _json_rows(file), str(path))
    except FileNotFoundError:
        raise BadInput(CoreMsg.NO_SUCH_FILE, where=str(path)) from None
    except UnicodeDecodeError as error:
        raise BadInput(Msg.NOT_UTF_8_TEXT, why=error.reason, position=error.start, where=str(path)) from None
    except OSError as error:
        raise Unavailable(CoreMsg.FILE_CANNOT_BE_READ, why=error.strerror, where=str(path)) from error


def _verify(rows: Iterable[dict[str, Any]], where: str) -> Verdict:
    """Follow the rows to the first that does not fit; what comes after it is only counted."""
    head: dict[str, Any] | None = None
    last: dict[str, Any] | None = None
    broken: int | None = None
    first_is_whole, count = True, 0
    for row in rows:
        if "head" in row:
            head = row["head"]
            continue
        if count == 0:
            first_is_whole = row.get("seq") == 1 and row.get("previous") == hash_chain.GENESIS
        if broken is None and (head is not None or not _row_holds(row, last)):
            broken = _due(last, row)
        count, last = count + 1, row
    if head is None and count == 0:
        raise BadInput(Msg.NO_EXPORTED_RECORD, where=where)
    chain = str(head["chain"]) if head else ""
    if broken is None and chain == CHANGES.name and not first_is_whole:
        broken = 1  # nothing is ever removed from that chain
    if broken is None and (head is None or (last and (head["seq"], head["link"]) != (last["seq"], last["link"]))):
        broken = _due(last, {})
    return Verdict(chain, count, int(head["seq"]) if head else 0, str(head["link"]) if head else "", broken)


def _due(last: dict[str, Any] | None, row: dict[str, Any]) -> int:
    """The sequence number that should come after `last`."""
    seq = last["seq"] + 1 if last and isinstance(last.get("seq"), int) else row.get("seq")
    return seq if isinstance(seq, int) else 1


def _row_holds(row: dict[str, Any], last: dict[str, Any] | None) -> bool:
    """Whether a row follows from the one before, and its link from what it says."""
    if not isinstance(row.get("seq"), int):
        return False
    if last is not None and (row["seq"], row.get("previous")) != (last["seq"] + 1, last["link"]):
        return False
    content = {name: value for name, value in row.items() if name not in ("previous", "link")}
    try:
        return hash_chain.link(str(row["previous"]), content) == row.get("link")
    except (AccordError, KeyError, ValueError):
        return False


def _json_rows(file: TextIO) -> Iterator[dict[str, Any]]:
    for number, line in enumerate(file, 1):
        try:
            row = json.loads(line)
        except ValueError:
            raise BadInput(Msg.LINE_NOT_JSON, number=number, where=file.name) from None
        if not isinstance(row, dict):
            raise BadInput(Msg.LINE_NO_ENTRY, number=number, where=file.name)
        yield row


def _csv_rows(file: TextIO) -> Iterator[dict[str, Any]]:
    reader = csv.DictReader(file)
    if tuple(reader.fieldnames or ()) != COLUMNS:
        raise BadInput(Msg.COLUMNS_NOT_THOSE_EXPORTED_RECORD, where=file.name)
    for row in reader:
        try:
            yield _entry_of(row)
        except (ValueError, TypeError):
            raise BadInput(Msg.LINE_NO_ENTRY, number=reader.line_num, where=file.name) from None


def _entry_of(row: dict[str, str]) -> dict[str, Any]:
    details = json.loads(row["details"])
    if row["seq"] == "head":
        return {"head": {"chain": details["chain"], "seq": int(row["object_id"]), "link": row["link"]}}
    names = _OF_CHANGES if row["action"] else _OF_READS
    content: dict[str, Any] = {name: row[name] for name in names}
    content |= {"seq": int(row["seq"]), "subject": row["subject"] or None, "details": details}
    if row["action"] and row["purpose"]:
        content["purpose"] = row["purpose"]
    return content | {"previous": row["previous"], "link": row["link"]}
