"""lines.toml: read in full or refused with the place and the reason; secrets only in files of their own."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from federation_kit.running import secret_file

from accord.adapters.bank_files import FileLine
from accord.adapters.bank_http import HttpLine
from accord.adapters.bank_wire.signatures import new_secret
from accord.core.errors import BadInput, NotAllowed, Unavailable
from accord.core.errors import Msg as CoreMsg
from accord.node.home import Home
from accord.node.line_wiring import OpenLines, with_lines
from accord.node.lines import FilesLine, HttpsLine, LineBook, read_lines
from accord.node.wired import Lines, Wired

HTTPS = '[lines.BANKA]\nkind = "https"\nurl = "https://a.example/api/bank/v1"\ntoken_file = "token"\n'


@pytest.fixture
def home(tmp_path: Path) -> Home:
    secret_file(tmp_path / "token", "t-1")
    secret_file(tmp_path / "secret", new_secret())
    return Home(tmp_path)


def test_no_file_is_no_lines(tmp_path: Path) -> None:
    assert read_lines(Home(tmp_path)).holders == {}


def test_every_kind_of_line(home: Home) -> None:
    home.lines.write_text(
        HTTPS
        + 'webhook_secret_file = "secret"\nca = "token"\ncert = "token"\nkey = "token"\n'
        + '[lines.SWITCHXX]\nkind = "files"\nfolder = "drops/switch"\n'
        + '[centres.CN-CENTRE]\nkind = "https"\nurl = "https://c.example/api/centre/v1"\nwebhook_secret_file = "secret"\n'
        + '[centres.SG-CENTRE]\nkind = "files"\nfolder = "/drops/sg"\n'
    )
    table = read_lines(home)
    line = table.holders["BANKA"]
    assert isinstance(line, HttpsLine)
    assert line.token() == "t-1"
    assert len(line.keys()) == 1
    assert line.endpoint.ca == home.root / "token"
    assert table.holders["SWITCHXX"] == FilesLine("SWITCHXX", home.root / "drops" / "switch")
    assert set(table.centres) == {"CN-CENTRE", "SG-CENTRE"}
    assert table.centres["SG-CENTRE"] == FilesLine("SG-CENTRE", Path("/drops/sg"))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[lines", "cannot be read as TOML"),
        ("[banks.A]\n", "unknown section 'banks'"),
        ("lines = 1\n", "must be sections"),
        ('[lines."a b"]\nkind = "files"\nfolder = "x"\n', "cannot be the code"),
        ("[lines.BANKA]\n", 'kind must be "https" or "files"'),
        ('[lines.BANKA]\nkind = "fax"\n', 'kind must be "https" or "files"'),
        ('[lines.BANKA]\nkind = "https"\nurl = "https://a.example"\n', "token_file is missing"),
        ('[lines.BANKA]\nkind = "files"\nfolder = "x"\nurl = "y"\n', "unknown key 'url'"),
        (HTTPS + "timeout = 3\n", "unknown key 'timeout'"),
        (HTTPS.replace('"token"', "3"), "token_file must be a text"),
        (HTTPS.replace('"token"', '"none"'), "there is no file"),
        (HTTPS.replace("https://", "http://"), "url: the address must begin with https://"),
        (HTTPS + 'cert = "token"\n', "cert and key belong together"),
        ('[centres.C]\nkind = "https"\nurl = "https://c.example"\n', "cannot be the code"),
        ('[centres.CN]\nkind = "https"\nurl = "https://c.example"\n', "webhook_secret_file is missing"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(text: str, says: str, home: Home) -> None:
    home.lines.write_text(text)
    with pytest.raises(BadInput) as caught:
        read_lines(home)
    assert says in str(caught.value)
    assert str(home.lines) in str(caught.value)


def test_a_token_file_holds_one_token(home: Home) -> None:
    home.lines.write_text(HTTPS)
    line = read_lines(home).holders["BANKA"]
    assert isinstance(line, HttpsLine)
    secret_file(home.root / "token", "t-2")
    assert line.token() == "t-2"  # a new token counts at once
    for content in ("", "two tokens", "a\nb"):
        secret_file(home.root / "token", content)
        with pytest.raises(BadInput, match="must hold one token") as caught:
            line.token()
        assert not content or content not in str(caught.value)
    (home.root / "token").write_bytes(b"\xff\xfe")
    with pytest.raises(Unavailable, match="no plain text"):
        line.token()
    (home.root / "token").write_text("x" * 10_000)
    with pytest.raises(Unavailable, match="too long"):
        line.token()
    (home.root / "token").unlink()
    with pytest.raises(Unavailable, match="cannot be read"):
        line.token()


def test_a_changed_file_counts_at_once(home: Home) -> None:
    book = LineBook(home)
    assert book.table().holders == {}
    home.lines.write_text(HTTPS)
    assert set(book.table().holders) == {"BANKA"}
    home.lines.write_text("[lines")
    os.utime(home.lines, ns=(1, 1))
    with pytest.raises(BadInput):
        book.table()


def test_who_may_push(home: Home) -> None:
    home.lines.write_text(HTTPS + '[lines.BANKF]\nkind = "files"\nfolder = "x"\n[lines.BANKS]\n' + HTTPS.split("\n", 1)[1])
    with home.lines.open("a") as file:
        file.write('webhook_secret_file = "secret"\n')
    book = LineBook(home)
    assert len(book.keys_of("BANKS")) == 1
    for code in ("BANKA", "BANKF", "BANKX"):
        with pytest.raises(NotAllowed):
            book.keys_of(code)


# --- in front of what else a node can ask ---


def _wired() -> Wired:
    def nobody(institution: str) -> object:
        raise Unavailable(CoreMsg.VERBATIM, text=f"there is no line to {institution}")

    return Wired(Lines(nobody, nobody, "authority"), lambda: None)  # type: ignore[arg-type]


def test_a_line_stands_before_what_else_there_is(home: Home) -> None:
    home.lines.write_text(HTTPS + '[lines.BANKF]\nkind = "files"\nfolder = "drop"\n')
    lines = with_lines(_wired(), LineBook(home), "CN-CENTRE").lines
    assert isinstance(lines.taker_of("BANKA"), HttpLine)
    assert lines.holder_of("BANKA") is lines.taker_of("BANKA")
    assert isinstance(lines.holder_of("BANKF"), FileLine)
    with pytest.raises(Unavailable, match="there is no line to BANKX"):
        lines.taker_of("BANKX")


def test_a_line_is_opened_anew_when_it_has_changed(home: Home) -> None:
    home.lines.write_text(HTTPS)
    lines = OpenLines(LineBook(home), "CN-CENTRE")
    first = lines.to("BANKA")
    assert lines.to("BANKA") is first
    home.lines.write_text(HTTPS.replace("a.example", "b.example"))
    os.utime(home.lines, ns=(1, 1))
    assert lines.to("BANKA") is not first
    home.lines.write_text("[lines")
    os.utime(home.lines, ns=(2, 2))
    with pytest.raises(Unavailable, match="cannot be read"):
        lines.to("BANKA")


def test_a_table_that_is_wrong_stops_nothing_else(home: Home, caplog: pytest.LogCaptureFixture) -> None:
    home.lines.write_text("[lines")
    with_lines(_wired(), LineBook(home), "CN-CENTRE").refresh()
    assert "cannot be looked into" in caplog.text
