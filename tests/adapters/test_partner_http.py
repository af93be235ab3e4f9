"""The line to a partner's node: what answers must be a node; whatever else happens, the same batch may go again."""

from __future__ import annotations

import ssl
from pathlib import Path

import msgspec
import pytest
from scripted_server import scripted
from test_bank_http import Authority

from accord.adapters.partner_http import PartnerLines, Trust
from accord.capabilities.exchange.channel.receipts import Batch, SignedReply
from accord.core.errors import AccordError, Unavailable

JSON = {"Content-Type": "application/json"}
BATCH = Batch(envelopes=("one", "two"))
REPLY = SignedReply(reply="a.b.c")


def test_a_batch_is_posted_below_the_address_of_the_card() -> None:
    with scripted((200, JSON, msgspec.json.encode(REPLY))) as node:
        assert PartnerLines(Trust()).deliver("SG-ASC", node.url, BATCH) == REPLY
    (call,) = node.calls
    assert call.method == "POST"
    assert node.url.endswith(call.path.removesuffix("/api/partner/v1/envelopes"))
    assert call.path.endswith("/api/partner/v1/envelopes")
    assert msgspec.json.decode(call.body) == {"envelopes": ["one", "two"]}
    assert call.headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    "reply",
    [
        (200, JSON, b"<html>"),
        (200, JSON, b'{"receipts": []}'),
        (200, JSON, b"\xff"),
        (302, {"Location": "https://elsewhere.example"}, b""),
        (404, JSON, b"{}"),
        (500, {"Content-Type": "application/problem+json"}, b'{"status": 500, "title": "t", "detail": "d"}'),
    ],
)
def test_whatever_is_no_reply_of_a_node_makes_the_line_fail(reply: tuple[int, dict[str, str], bytes]) -> None:
    with scripted(reply) as node, pytest.raises(AccordError):
        PartnerLines(Trust()).deliver("SG-ASC", node.url, BATCH)


def test_nobody_there_is_a_line_that_is_down() -> None:
    with pytest.raises(Unavailable, match="SG-ASC"):
        PartnerLines(Trust()).deliver("SG-ASC", "http://127.0.0.1:9", BATCH)


def test_plain_http_leaves_this_machine_for_nobody() -> None:
    with pytest.raises(Unavailable, match="https"):
        PartnerLines(Trust()).deliver("SG-ASC", "http://sg.example", BATCH)


def test_both_sides_show_certificates(tmp_path: Path) -> None:
    theirs, ours = Authority(tmp_path, "theirs"), Authority(tmp_path, "ours")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*theirs.issue("localhost"))
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(ours.pem)
    certificate, key = ours.issue("centre")
    with scripted((200, JSON, msgspec.json.encode(REPLY)), tls=context) as node:
        known = PartnerLines(Trust(theirs.pem, certificate, key))
        assert known.deliver("SG-ASC", node.url, BATCH) == REPLY
        for stranger in (Trust(theirs.pem), Trust()):
            with pytest.raises(Unavailable):
                PartnerLines(stranger).deliver("SG-ASC", node.url, BATCH)
    assert len(node.calls) == 1
