"""Trying lines without sending anything that has an effect, and the bench of the contract kit over HTTPS."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from accord.adapters.bank_files import Drop
from accord.adapters.bank_files.drop import Way
from accord.adapters.bank_http import Endpoint, HttpLine, Transport
from accord.adapters.bank_wire.contract import Contract
from accord.adapters.contract_kit import CASES, Bench, Case, TestData
from accord.adapters.contract_kit.raw_http import RawHttp
from accord.core import clock
from accord.core.errors import AccordError, BadInput, NotFound
from accord.node.errors import Msg
from accord.node.home import Home
from accord.node.lines import FilesLine, HttpsLine, Line, read_lines, read_private

_CLOCKS_MAY_DIFFER: Final = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Finding:
    """What trying one line gave; `trouble` is empty where it works."""

    code: str
    found: str
    trouble: str = ""


def described(home: Home) -> list[dict[str, str]]:
    """Every line in words, without secrets."""
    table = read_lines(home)
    rows = [("ledger holder", line) for line in table.holders.values()]
    rows += [("centre", line) for line in table.centres.values()]
    return [_described(what, line) for what, line in rows]


def _described(what: str, line: Line) -> dict[str, str]:
    if isinstance(line, FilesLine):
        return {"code": line.code, "what": what, "kind": "files", "where": str(line.folder), "pushes": "in the folder"}
    pushes = "signed" if line.secret_file is not None else "none"
    return {"code": line.code, "what": what, "kind": "https", "where": line.endpoint.url, "pushes": pushes}


def check_lines(home: Home, code: str | None) -> Iterator[Finding]:
    """Try every line, or one. NotFound where there is no line of that code."""
    table = read_lines(home)
    lines = [*table.holders.items(), *table.centres.items()]
    if code is not None:
        lines = [(name, line) for name, line in lines if name == code]
        if not lines:
            raise NotFound(Msg.LINES_TOML_NO_LINE, code=code, where=str(home.lines))
    for name, line in lines:
        try:
            yield Finding(name, _try(line))
        except AccordError as error:
            yield Finding(name, "", str(error))


def _try(line: Line) -> str:
    """What is found; an error of ours where the line does not work."""
    if isinstance(line, FilesLine):
        drop = Drop(line.folder)
        drop.create()
        waiting = len(drop.waiting(Way.OUT)) + len(drop.waiting(Way.IN))
        return f"the folder can be used; {waiting} files wait in it"
    if line.secret_file is not None:
        line.keys()
    _refuse_open_files(line)
    if line.token_file is None:
        return _try_centre(line)
    bank = HttpLine(line.endpoint, line.token)
    try:
        return _judge(bank.contract(), line.code)
    finally:
        bank.close()


def _try_centre(line: HttpsLine) -> str:
    """A centre answers a letter without a signature with 401; anything else is no centre."""
    transport = Transport(line.endpoint)
    try:
        reply = transport.call("POST", "answers", {"Content-Type": "application/json"}, b"{}")
    finally:
        transport.close()
    if reply.status not in (400, 401, 422):
        raise BadInput(Msg.NO_CENTRE_API_AT_ADDRESS, status=reply.status, where=line.code)
    return "reachable; whether the secret is the same shows at the first letter"


def _judge(stated: Contract, code: str) -> str:
    if not stated.fits:
        raise BadInput(Msg.BANK_SPEAKS_VERSION_CONTRACT, version=stated.version, where=code)
    if stated.institution != code:
        raise BadInput(Msg.SYSTEM_OF_ANOTHER, institution=stated.institution, code=code, where=code)
    apart = abs(stated.now - clock.now())
    if apart > _CLOCKS_MAY_DIFFER:
        raise BadInput(Msg.BANK_CLOCK_DIFFERS_BY_S, seconds=apart.total_seconds(), where=code)
    return f"reachable, authenticated, contract {stated.version}, {len(stated.kinds)} kinds of orders"


def _refuse_open_files(line: HttpsLine) -> None:
    """Secrets are for this node's user alone."""
    for path in (line.token_file, line.secret_file, line.endpoint.key):
        if path is not None and path.stat().st_mode & 0o077:
            raise BadInput(Msg.OTHERS_MAY_READ_FILE, path=path, where=line.code)


@contextmanager
def bench_over_https(endpoint: Endpoint, token_file: Path, other_token_file: Path | None, data: TestData) -> Iterator[Bench]:
    """A bench for a bank's test system, on that bank's own clock."""
    line = HttpLine(endpoint, _token_in(token_file))
    other = HttpLine(endpoint, _token_in(other_token_file)) if other_token_file else None
    raw = RawHttp(endpoint, _token_in(token_file))
    try:
        ahead = line.contract().now - clock.machine_now()

        def now() -> datetime:
            return clock.machine_now() + ahead

        yield Bench(line, data, other, raw, now)
    finally:
        for opened in (line, other, raw):
            if opened is not None:
                opened.close()


def _token_in(path: Path) -> Callable[[], str]:
    """Reads the token at every call."""
    return lambda: read_private(path).strip()


def chosen_cases(names: Iterable[str]) -> list[Case]:
    """The named cases, or all. NotFound where there is none of a name."""
    wanted = set(names)
    if unknown := wanted - {case.name for case in CASES}:
        raise NotFound(Msg.NO_CASE, name=min(unknown), known=tuple(case.name for case in CASES))
    return [case for case in CASES if not wanted or case.name in wanted]
