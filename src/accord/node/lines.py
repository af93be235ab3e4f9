"""lines.toml: which lines this node has, checked in full before any of them is used.

    [lines.ICBKCNBJ]                       a ledger holder that this centre asks and orders
    kind = "https"
    url = "https://api.bank.example/api/bank/v1"
    token_file = "secrets/icbk-token"      shown to the bank; read at every call
    webhook_secret_file = "secrets/icbk"   shared with the bank, for what it pushes; optional
    ca = "secrets/icbk-ca.pem"             optional: trusted instead of the system's authorities
    cert = "secrets/own.pem"               optional: shown where the bank asks who calls (mutual TLS)
    key = "secrets/own-key.pem"

    [lines.SWITCHXX]
    kind = "files"
    folder = "drops/switch"

    [centres.CNCENTRE]                     on a bank's node: an agency whose orders come in
    kind = "https"                         answers are pushed to it
    url = "https://centre.example/api/centre/v1"
    webhook_secret_file = "secrets/centre"

Files and folders are relative to the home. Secrets stay in files of their own: this one may be shown to anybody.
"""

from __future__ import annotations

import re
import threading
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from accord.adapters.bank_http import Endpoint
from accord.adapters.bank_wire.signatures import read_secrets
from accord.core.errors import BadInput, NotAllowed, Unavailable
from accord.core.errors import Msg as CoreMsg
from accord.node.errors import Msg
from accord.node.home import Home

_CODE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{1,63}", re.ASCII)
_MOST_SECRET_BYTES: Final = 8_192


@dataclass(frozen=True, slots=True)
class HttpsLine:
    """A counterpart that is reached over HTTPS. A line to a ledger holder has a token; one to a centre has a secret."""

    code: str
    endpoint: Endpoint
    token_file: Path | None = None
    secret_file: Path | None = None

    def token(self) -> str:
        """The token as it is now, so that a new one counts at once."""
        assert self.token_file is not None
        token = read_private(self.token_file).strip()
        if not token or any(not "!" <= character <= "~" for character in token):
            raise BadInput(Msg.FILE_MUST_HOLD_ONE_TOKEN_NOTHING, where=str(self.token_file))
        return token

    def keys(self) -> tuple[bytes, ...]:
        """The shared secrets in use, newest first; none where nothing is pushed over this line."""
        if self.secret_file is None:
            return ()
        return read_secrets(read_private(self.secret_file), str(self.secret_file))


@dataclass(frozen=True, slots=True)
class FilesLine:
    """A counterpart with whom files are exchanged in a folder that both can reach."""

    code: str
    folder: Path


Line = HttpsLine | FilesLine

_KEYS: Final[dict[tuple[str, str], tuple[frozenset[str], frozenset[str]]]] = {
    ("lines", "https"): (frozenset({"url", "token_file"}), frozenset({"webhook_secret_file", "ca", "cert", "key"})),
    ("lines", "files"): (frozenset({"folder"}), frozenset()),
    ("centres", "https"): (frozenset({"url", "webhook_secret_file"}), frozenset({"ca", "cert", "key"})),
    ("centres", "files"): (frozenset({"folder"}), frozenset()),
}
"""What a section must and may say, by where it stands and its kind."""


@dataclass(frozen=True, slots=True)
class LineTable:
    """lines.toml, read. `holders` are asked and ordered by this node; `centres` ask and order this node."""

    holders: Mapping[str, Line] = field(default_factory=dict)
    centres: Mapping[str, Line] = field(default_factory=dict)


def read_lines(home: Home) -> LineTable:
    """The lines of a node; none where there is no file. BadInput that names the line and the key that is wrong."""
    try:
        stated = tomllib.loads(home.lines.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return LineTable()
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadInput(CoreMsg.CANNOT_BE_READ_TOML, error=error, where=str(home.lines)) from error
    if unknown := stated.keys() - {"lines", "centres"}:
        raise BadInput(Msg.UNKNOWN_SECTION, name=min(unknown), where=str(home.lines))
    return LineTable(
        *(
            {code: _line(home, section, code, table) for code, table in _tables(home, section, stated).items()}
            for section in ("lines", "centres")
        )
    )


def _tables(home: Home, section: str, stated: dict[str, Any]) -> dict[str, Any]:
    tables = stated.get(section, {})
    if not isinstance(tables, dict):
        raise BadInput(Msg.MUST_BE_SECTIONS_SUCH_CODE, section=section, name=section, where=str(home.lines))
    return tables


def _line(home: Home, section: str, code: str, table: Any) -> Line:
    where = f"{home.lines} [{section}.{code}]"
    if not _CODE.fullmatch(code):
        raise BadInput(Msg.CANNOT_BE_CODE_INSTITUTION_AGENCY, where=where)
    kind = str(table.get("kind")) if isinstance(table, dict) else ""
    if (section, kind) not in _KEYS:
        raise BadInput(Msg.KIND_MUST_BE_HTTPS_FILES, where=where)
    needed, optional = _KEYS[section, kind]
    stated = table.keys() - {"kind"}
    if missing := needed - stated:
        raise BadInput(Msg.KEY_IS_MISSING, name=min(missing), where=where)
    if unknown := stated - needed - optional:
        raise BadInput(Msg.UNKNOWN_KEY_LINE, key=min(unknown), known=_listed(needed | optional), where=where)
    if wrong := [name for name in stated if not isinstance(table[name], str) or not table[name]]:
        raise BadInput(Msg.MUST_BE_TEXT, name=wrong[0], where=where)
    if kind == "files":
        return FilesLine(code, home.root / table["folder"])
    return _https_line(home, code, table, where)


def _https_line(home: Home, code: str, table: dict[str, str], where: str) -> HttpsLine:
    if ("cert" in table) != ("key" in table):
        raise BadInput(Msg.CERT_KEY_BELONG_TOGETHER, where=where)
    paths = {name: home.root / table[name] for name in table.keys() - {"kind", "url"}}
    for path in paths.values():
        if not path.is_file():
            raise BadInput(Msg.NO_FILE, path=path, where=where)
    try:
        endpoint = Endpoint(code, table["url"], paths.get("ca"), paths.get("cert"), paths.get("key"))
    except BadInput as error:
        raise BadInput(Msg.URL_IS_WRONG, error=error.said, where=where) from error
    return HttpsLine(code, endpoint, paths.get("token_file"), paths.get("webhook_secret_file"))


def _listed(names: frozenset[str]) -> str:
    return ", ".join(sorted(names))


def read_private(path: Path) -> str:
    """A short text file that holds a secret; its content stands in no error."""
    try:
        with path.open("rb") as file:
            content = file.read(_MOST_SECRET_BYTES + 1)
        text = content.decode("ascii")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no plain text"
        raise Unavailable(Msg.SECRET_CANNOT_BE_READ, why=why, where=str(path)) from None
    if len(content) > _MOST_SECRET_BYTES:
        raise Unavailable(Msg.FILE_TOO_LONG_TO_HOLD_SECRET, where=str(path))
    return text


class LineBook:
    """The lines of a node as lines.toml has them now: it is read again when it has changed."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._lock = threading.Lock()
        self._seen: int | None = None
        self._table = LineTable()

    def table(self) -> LineTable:
        with self._lock:
            try:
                changed = self._home.lines.stat().st_mtime_ns
            except FileNotFoundError:
                changed = 0
            if changed != self._seen:
                self._table, self._seen = read_lines(self._home), changed
            return self._table

    def keys_of(self, institution: str) -> tuple[bytes, ...]:
        """The secrets shared with a ledger holder. NotAllowed where there is no line, or none over which it may push."""
        line = self.table().holders.get(institution)
        keys = line.keys() if isinstance(line, HttpsLine) else ()
        if not keys:
            raise NotAllowed(Msg.NO_LINE_OVER_WHICH_INSTITUTION_MAY)
        return keys
