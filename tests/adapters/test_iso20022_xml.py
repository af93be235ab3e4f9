"""The one way XML comes in: what it refuses, where it says so, and that nothing else ever comes out of it."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from iso20022_samples import pacs008, transfer
from levels import examples

from accord.adapters.iso20022.xml import FILE, MESSAGE, Limits, XmlStream, parse
from accord.core.errors import BadInput

SAMPLE = pacs008(transfer(1))


def refusal(content: bytes, limits: Limits = MESSAGE) -> str:
    with pytest.raises(BadInput) as raised:
        parse(content, "m.xml", limits)
    return str(raised.value)


@pytest.mark.parametrize(
    "doctype",
    [
        '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
        '<!DOCTYPE a SYSTEM "http://127.0.0.1:1/x.dtd"><a/>',
        '<!DOCTYPE a [<!ENTITY % x SYSTEM "file:///etc/passwd"> %x;]><a/>',
        '<!DOCTYPE a [<!ENTITY l "ha"><!ENTITY m "&l;&l;&l;&l;&l;&l;&l;&l;&l;&l;"><!ENTITY n "&m;&m;&m;&m;&m;">]><a>&n;</a>',
        '<!DOCTYPE a [<!ATTLIST a b CDATA "made up">]><a/>',
        "<!DOCTYPE a><a/>",
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_a_document_type_is_refused_with_its_place(doctype: str, encoding: str) -> None:
    content = f'<?xml version="1.0" encoding="{encoding}"?>\n  {doctype}'.encode(encoding)
    assert refusal(content).startswith("m.xml, line 2, column 3: the file has a document type")


def test_a_document_type_cut_in_two_by_the_pieces_is_found() -> None:
    for cut in range(64 << 10, (64 << 10) + 12):
        content = b"<!--" + b"x" * (cut - 12) + b"--><!DOCTYPE a><a/>"
        assert "document type" in refusal(content)


def test_an_entity_that_nobody_defined_is_no_entity() -> None:
    assert refusal(b"<a>\n&x;</a>") == "m.xml, line 2, column 4: this is not well-formed XML: Entity 'x' not defined"
    assert parse(b"<a>&lt;&#30002;</a>", "m.xml").text == "<甲"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-be"])
def test_wide_encodings_are_refused(encoding: str) -> None:
    assert "UTF-16 or UTF-32" in refusal("<a/>".encode(encoding))


@pytest.mark.parametrize("name", ["utf-7", "cp037", "shift_jis", "no-such-code"])
def test_an_encoding_that_is_not_read_is_named(name: str) -> None:
    assert f"the encoding {name!r} is not read here" in refusal(f'<?xml version="1.0" encoding="{name}"?><a/>'.encode())


def test_bytes_that_the_encoding_does_not_allow_are_told_with_their_place() -> None:
    assert refusal(b"<a>\n \xff</a>") == "m.xml, line 2, column 2: the byte 0xff is not utf-8, in which the file says it is"
    assert "is not ascii" in refusal(b'<?xml version="1.0" encoding="US-ASCII"?><a>\xe7</a>')
    assert "begins as UTF-8 does" in refusal(b'\xef\xbb\xbf<?xml version="1.0" encoding="gbk"?><a/>')
    assert "is not utf-8" in refusal(b"<a>\xe7\x94")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "GBK", "GB2312"])
def test_encodings_that_are_read(encoding: str) -> None:
    declared = encoding.removesuffix("-sig")
    content = f'<?xml version="1.0" encoding="{declared}" standalone="yes"?>\n<a>中文</a>'.encode(encoding)
    assert parse(content, "m.xml").text == "中文"


def test_latin_text_is_read_where_it_is_declared() -> None:
    assert parse('<?xml version="1.0" encoding="ISO-8859-1"?><a>Müller</a>'.encode("latin-1"), "m.xml").text == "Müller"


@pytest.mark.parametrize("depth", [65, 255, 5_000])
def test_deep_nesting_is_refused(depth: int) -> None:
    assert re.search("more than 64 deep|Excessive depth", refusal(b"<a>" * depth + b"</a>" * depth))
    assert parse(b"<a>" * 64 + b"</a>" * 64, "m.xml") is not None


def test_too_many_elements_and_too_many_bytes_are_refused() -> None:
    limits = Limits(bytes=10_000, depth=64, elements=100)
    assert "more than 100 elements" in refusal(b"<a>" + b"<b/>" * 100 + b"</a>", limits)
    assert parse(b"<a>" + b"<b/>" * 99 + b"</a>", "m.xml", limits) is not None
    assert "larger than" in refusal(b"<a>" + b" " * 10_000 + b"</a>", limits)


def test_a_huge_attribute_or_text_is_refused() -> None:
    assert "larger than 10 MiB" in refusal(b'<a b="' + b"x" * (11 << 20) + b'"/>')
    with pytest.raises(BadInput, match="not well-formed"):
        parse(b'<a b="' + b"x" * (11 << 20) + b'"/>', "m.xml", FILE)
    with pytest.raises(BadInput, match="not well-formed"):
        parse(b"<a " + b"".join(b"x%d='' " % number for number in range(200)) + b"x1=''/>", "m.xml")


@pytest.mark.parametrize(
    "content", [b"", b" ", b"<", b"text", b"<a>", b"<a></b>", b"<a/><b/>", b"<x:a/>", b"<a>\x00</a>", b"<?xml"]
)
def test_what_is_no_document_is_refused(content: bytes) -> None:
    assert refusal(content).startswith("m.xml")


def test_a_message_cut_off_anywhere_is_refused() -> None:
    for length in range(0, len(SAMPLE.rstrip()) - 1, 37):
        refusal(SAMPLE[:length])


def test_comments_and_instructions_are_left_out() -> None:
    root = parse(b"<?style x?><a><!-- <b> --><?x y?>t</a><!-- -->", "m.xml")
    assert (root.text, len(root)) == ("t", 0)


def test_what_is_released_is_neither_held_nor_counted() -> None:
    limits = Limits(bytes=100 << 20, depth=8, elements=1_000)
    pieces = (b"<a>", *([b"<b><c>text</c><d/></b>" * 1_000] * 300), b"</a>")
    stream = XmlStream(iter(pieces), "m.xml", limits)
    seen = 0
    for event, element in stream:
        if event == "end" and element.tag == "b":
            assert element[0].text == "text"
            seen += 1
            stream.release(element)
    assert seen == 300_000


_LARGE = """
from pathlib import Path
from accord.adapters.iso20022.xml import XmlStream

def peak():
    return int(Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0])

def pieces():
    yield b"<a>"
    for _ in range(800):
        yield b"<b><c>" + b"x" * (100 << 10) + b"</c></b>"
    yield b"</a>"

before = peak()
stream = XmlStream(pieces(), "m.xml")
for event, element in stream:
    if event == "end" and element.tag == "b":
        stream.release(element)
print(peak() - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads the peak of memory from /proc")
def test_a_large_file_is_read_in_bounded_memory() -> None:
    grown = subprocess.run([sys.executable, "-c", _LARGE], check=True, capture_output=True, text=True).stdout
    assert int(grown) < 20 << 10, f"80 MiB of XML took {int(grown) >> 10} MiB"


@examples(300)
@given(st.binary(max_size=200))
@example(b"<a>" * 300)
@example(b'<?xml version="1.0" encoding="gb18030"?><a>\x81</a>')
@example(b"<a xmlns:x='' x:y='1'/>")
@example(b"<a>]]></a>")
def test_bytes_are_read_or_refused(content: bytes) -> None:
    read_or_refused(content)


@examples(400)
@given(
    st.lists(
        st.tuples(
            st.integers(0, len(SAMPLE)),
            st.integers(0, 60),
            st.one_of(
                st.binary(max_size=20),
                st.sampled_from(
                    [b"<", b">", b"&", b"&#0;", b"<!DOCTYPE", b"<![CDATA[", b"<!--", b"]]>", b"<?x", b"\0", b"xmlns="]
                ),
            ),
        ),
        min_size=1,
        max_size=4,
    )
)
def test_a_message_with_pieces_changed_is_read_or_refused(edits: list[tuple[int, int, bytes]]) -> None:
    content = SAMPLE
    for start, length, piece in edits:
        content = content[:start] + piece + content[start + length :]
    read_or_refused(content)


def read_or_refused(content: bytes) -> None:
    """Any other error than BadInput fails the test."""
    where = ""
    try:
        parse(content, "m.xml")
    except BadInput as error:
        where = error.where
    assert where == "" or where.startswith("m.xml")
