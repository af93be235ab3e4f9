"""A stranger and a partner gone bad against a running node: they learn nothing, break nothing and hold nothing up."""

from __future__ import annotations

import base64
import json
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import agreed
import jose
import pytest
from centre import JWE, JWS, PLACE, SecondCentre, iso, new_epoch
from centres import Centre, Clerk
from second_node_at_work import running_node
from three_countries import BANKS, NOON

from accord.capabilities.exchange.agreements import documents

pytestmark = [pytest.mark.slow]

NODE = "SG-CENTRE"


@dataclass
class Scene:
    """A node, its clerk, a partner of it that means harm, and a stranger who has the node's card and nothing else."""

    node: Centre
    clerk: Clerk
    partner: SecondCentre
    stranger: SecondCentre
    agreement: str

    def raw(self, body: bytes, path: str = PLACE, **headers: str) -> tuple[int, bytes]:
        """POST these bytes; the status and what was answered."""
        request = urllib.request.Request(
            self.node.address + path, body, {"Content-Type": "application/json", **headers}, method="POST"
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()
        except urllib.error.URLError as error:
            if not isinstance(error.reason, BrokenPipeError | ConnectionResetError):
                raise
            return 413, b'"status": the connection was closed before all of it had been sent'

    def receipt(self, centre: SecondCentre, envelope: str) -> dict[str, Any]:
        (receipt,) = centre.post(NODE, [envelope])["receipts"]
        found: dict[str, Any] = receipt
        return found

    def still_works(self) -> None:
        """The node takes the next good message of the same partner and applies it."""
        asked = {"asked_at": iso(self.partner.now())}
        content = self.partner.send(NODE, "test_call", asked)
        self.partner.wait_for("test_call", lambda message: message.content.get("in_reply_to") == content["id"])


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    with at_work(tmp_path_factory.mktemp("node")) as made:
        yield made


@contextmanager
def at_work(root: Path) -> Iterator[Scene]:
    with running_node(root) as (node, clerk):
        began = time.monotonic()

        def now() -> Any:
            return NOON + timedelta(seconds=time.monotonic() - began)

        partner, stranger = SecondCentre("GB-CENTRE", "GB", now), SecondCentre("XX-CENTRE", "XX", now)
        with partner.serving():
            card = base64.b64decode(clerk("card"))
            partner.meet(card)
            stranger.meet(card)
            clerk("meet", card=base64.b64encode(partner.card()).decode(), words=partner.words())
            partner.greet(NODE)
            clerk("offer", document=documents.document(agreed.terms("SG", "GB")))
            agreement = partner.sign_agreement(partner.wait_for("agreement").body)
            yield Scene(node, clerk, partner, stranger, agreement)


# A stranger.


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b'{"envelopes": []}',
        b'{"envelopes": "x"}',
        b'{"envelopes": [1]}',
        b'{"envelopes": [NaN]}',
        b'{"envelopes": [""]}',
        b'{"envelopes": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"envelopes": [' + b",".join([b'"a.b.c.d.e"'] * 501) + b"]}",
        b'{"envelopes": ["\xff\xfe"]}',
        b"\x00" * 1_000,
        b'{"envelopes": ["' + b"a" * (6 << 20) + b'"]}',
    ],
    ids=range(14),
)
def test_nonsense_is_refused_in_order(scene: Scene, body: bytes) -> None:
    status, answer = scene.raw(body)
    assert 400 <= status < 500, answer[:300]
    assert b"Traceback" not in answer
    assert b'"status"' in answer, "as a problem document"


def test_envelopes_that_are_none_get_a_receipt_and_one_alarm(scene: Scene) -> None:
    made_up = ["", ".", "....", "a.b.c.d.e", "é.é.é.é.é", "a" * 2_000_000, jose.encode(b'{"alg":"none"}') + "....", "\ud800"]
    for text in made_up[1:]:
        status, answer = scene.raw(json.dumps({"envelopes": [text]}).encode())
        assert status in (200, 400, 413, 422), (text[:20], answer[:300])
    for number in range(60):
        envelope = ".".join([jose.encode(json.dumps({"kid": f"k{number}"}).encode()), "a", "b", "c", "d"])
        assert scene.raw(json.dumps({"envelopes": [envelope]}).encode())[0] == 200
    assert len(scene.node.end.alarms()) < 8, "whoever causes many must not fill the table"


def from_stranger(scene: Scene, sender: str) -> dict[str, Any]:
    """What is said of a message that a stranger signed in somebody's name, sealed with the key of the node's public card."""
    centre = scene.stranger
    content = {**centre.content(NODE, "test_call", {"asked_at": iso(centre.now())}), "sender": sender}
    return scene.receipt(centre, sealed(centre, content))


def sealed(centre: SecondCentre, content: dict[str, Any], **outer: Any) -> str:
    now = centre.now()
    times = {"sent": iso(now), "expires": iso(now + timedelta(minutes=15))}
    payload = {"content": content, "epoch": new_epoch(now), "sequence": 1, **times, **outer}
    return centre.seal_payload(NODE, jose.canonical(payload))


def test_a_stranger_cannot_learn_who_the_partners_are(scene: Scene) -> None:
    """A message in the name of a partner and one in the name of nobody get the very same answer, but for what they said."""
    partner, nobody = from_stranger(scene, "GB-CENTRE"), from_stranger(scene, "ZZ-CENTRE")
    assert partner == nobody
    assert "GB-CENTRE" not in json.dumps(partner)


@pytest.mark.parametrize(
    "header",
    [
        {"alg": "none", "typ": JWS},
        {"alg": "HS256", "typ": JWS},
        {"alg": "EdDSA", "typ": JWS},
        {"alg": "Ed25519", "typ": "JWT"},
        {"alg": "Ed25519", "typ": JWS, "crit": ["b64"]},
        {"alg": "Ed25519", "typ": JWS, "jwk": {}},
    ],
)
def test_another_suite_inside_is_refused(scene: Scene, header: dict[str, Any]) -> None:
    partner = scene.partner
    content = partner.content(NODE, "test_call", {"asked_at": iso(partner.now())})
    now = partner.now()
    payload = {"content": content, "epoch": new_epoch(now), "sequence": 1, "sent": iso(now), "expires": iso(now)}
    signed = jose.sign(partner.signing, header, jose.canonical(payload))
    envelope = jose.encrypt(partner.known[NODE].encryption_key, {"typ": JWE, "cty": JWS}, signed.encode())
    assert (scene.receipt(partner, envelope)["outcome"], scene.receipt(partner, envelope)["clause"]) == ("refused", "suite")


@pytest.mark.parametrize("header", [{"zip": "DEF"}, {"apu": "QQ"}, {"crit": ["exp"], "exp": 1}])
def test_another_suite_outside_is_refused(scene: Scene, header: dict[str, Any]) -> None:
    key = scene.partner.known[NODE].encryption_key
    envelope = jose.encrypt(key, {"typ": JWE, "cty": JWS, **header}, b"a.b.c")
    assert scene.receipt(scene.partner, envelope)["clause"] == "suite"


# A partner gone bad.


def payload_of(partner: SecondCentre, body: bytes, kind: str = "test_call", sequence: str = "1") -> bytes:
    """A signed part put together by hand, so that anything may stand in it."""
    now = partner.now()
    content = b'{"body":%s,"id":"%s","kind":"%s","recipient":"%s","schema":"1.0","sender":"GB-CENTRE"}'
    filled = content % (body, str(uuid.uuid4()).encode(), kind.encode(), NODE.encode())
    times = (iso(now + timedelta(minutes=15)).encode(), iso(now).encode(), sequence.encode())
    return b'{"content":%s,"epoch":"%s","expires":"%s","sent":"%s","sequence":%s}' % (
        filled,
        partner.known[NODE].out_epoch.encode(),
        *times,
    )


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 400 + b"]" * 400,
        b"[" * 900 + b"]" * 900,
        b"[" * 5_000 + b"]" * 5_000,
        b'{"\xf0\x9f\x98\x80":1,"\xef\xbf\xbd":' + b"[" * 600 + b"]" * 600 + b"}",
        b"NaN",
        b"Infinity",
        b"1e400",
        b"1.0",
        b"-0",
        b'"\\ud800"',
        b'"\\u0000"',
        b'"\xff"',
        b'{"a":1,"a":2}',
        b"1" * 5_000,
    ],
    ids=range(14),
)
def test_what_is_no_canonical_json_is_refused_or_kept_as_it_is(scene: Scene, body: bytes) -> None:
    """Never an error of the server; and the stream goes on, whether the place counts as taken or not."""
    known = scene.partner.known[NODE]
    envelope = scene.partner.seal_payload(NODE, payload_of(scene.partner, body, sequence=str(known.out_next)))
    receipt = scene.receipt(scene.partner, envelope)
    if receipt["outcome"] == "taken":
        known.out_next += 1
    else:
        assert (receipt["outcome"], receipt["clause"]) == ("refused", "shape")
    scene.still_works()


@pytest.mark.parametrize("sequence", ["0", "-1", "9007199254740992", "18446744073709551616", "1.5", '"1"', "null"])
def test_a_place_that_is_none_is_refused(scene: Scene, sequence: str) -> None:
    envelope = scene.partner.seal_payload(NODE, payload_of(scene.partner, b"null", sequence=sequence))
    assert scene.receipt(scene.partner, envelope)["outcome"] == "refused"
    scene.still_works()


def test_a_message_cannot_be_said_for_somebody_else_nor_sent_on(scene: Scene) -> None:
    partner = scene.partner
    other = {**partner.content(NODE, "test_call", {}), "sender": "TH-CENTRE"}
    assert scene.receipt(partner, sealed(partner, other))["outcome"] == "refused"
    elsewhere = {**partner.content(NODE, "test_call", {}), "recipient": "TH-CENTRE"}
    assert scene.receipt(partner, sealed(partner, elsewhere))["clause"] == "recipient"


def credit(**stated: Any) -> dict[str, Any]:
    transfer = {"transfer": "pay32-one", "amount": 600_11, "currency": "CNY", "institution": BANKS["s"]}
    return {**transfer, "intervals": [[0, 600_11]], **stated}


def enquiry(scene: Scene, **stated: Any) -> dict[str, Any]:
    return {
        "enquiry_id": str(uuid.uuid4()),
        "case": "K-1",
        "offence": agreed.OFFENCE,
        "rule": "fifo",
        "credits": [credit()],
        "budget": {"depth": 3, "answer_by": iso(scene.partner.now() + timedelta(minutes=5))},
        **stated,
    }


BAD_ENQUIRIES: list[dict[str, Any]] = [
    {"credits": []},
    {"credits": [credit(amount=-1, intervals=[])]},
    {"credits": [credit(amount=0, intervals=[])]},
    {"credits": [credit(amount=2**63, intervals=[[0, 2**63]])]},
    {"credits": [credit(amount=10**40, intervals=[[0, 10**40]])]},
    {"credits": [credit(intervals=[[0, 600_11], [0, 600_11]])]},
    {"credits": [credit(intervals=[[-5, 600_06]])]},
    {"credits": [credit(intervals=[[10, 5]])]},
    {"credits": [credit(transfer="x" * 100_000)]},
    {"credits": [credit(currency="???")]},
    {"credits": [credit(institution="")]},
    {"credits": [credit(transfer=f"t-{number}") for number in range(2_000)]},
    {"rule": "poison"},
    {"rule": "nonsense"},
    {"offence": "none"},
    {"budget": {"depth": -1, "answer_by": "2026-03-20T12:30:00Z"}},
    {"budget": {"depth": 10**30, "answer_by": "9999-12-31T23:59:59Z"}},
    {"budget": {"depth": 3, "answer_by": "0001-01-01T00:00:00Z"}},
    {"budget": {"depth": 3, "answer_by": "2026-13-45T99:00:00Z"}},
    {"budget": {"depth": 3, "answer_by": "2026-03-20T12:30:00Z", "floor": -(10**30)}},
    {"case": "x" * 10_000},
    {"case": ""},
    {"enquiry_id": "not a uuid"},
]


@pytest.mark.parametrize("stated", BAD_ENQUIRIES, ids=range(len(BAD_ENQUIRIES)))
def test_a_bad_enquiry_ends_in_a_refusal_and_holds_nothing_up(scene: Scene, stated: dict[str, Any]) -> None:
    body = enquiry(scene, **stated)
    named = body["enquiry_id"] if body["enquiry_id"] != "not a uuid" else str(uuid.uuid4())
    scene.partner.send(NODE, "enquiry", body, id=named, about=named, agreement=scene.agreement)
    scene.still_works()
    assert scene.node.end.count("exchange_incoming", "id = ? AND state = 'ready'", named.replace("-", "")) == 0
    told = [message.body for message in scene.partner.came if message.kind == "enquiry_answer"]
    assert not [body for body in told if body.get("standing") or body.get("onward")], "nothing is disclosed"


def test_probing_looks_the_same_whether_the_transfer_exists_or_not(scene: Scene) -> None:
    """The transfer came from another country's bank than the requester's; the other was never made."""
    answers = []
    for transfer in ("pay32-one", "pay99-one"):
        body = enquiry(scene, credits=[credit(transfer=transfer)], case=f"K-{transfer}")
        named = body["enquiry_id"]
        scene.partner.send(NODE, "enquiry", body, id=named, about=named, agreement=scene.agreement)
        answers.append(scene.partner.wait_for("enquiry_answer", lambda message, named=named: message.content["about"] == named))
    exists, does_not = (
        {name: value for name, value in answer.body.items() if name not in ("enquiry_id", "answered_at")} for answer in answers
    )
    assert exists == does_not


def bad_order(scene: Scene, **stated: Any) -> dict[str, Any]:
    where = {"institution": BANKS["s"], "account": "s-3001", "currency": "CNY", "amount": 100}
    until = iso(NOON + timedelta(days=1))
    fixed = {"reference": "O", "case": "K-9", "offence": agreed.OFFENCE, "kind": "hold", "rule": "fifo", "until": until}
    return {"order_id": str(uuid.uuid4()), **fixed, **where, "credits": [credit()], **stated}


BAD_ORDERS: list[dict[str, Any]] = [
    {},  # money that did not come from its banks
    {"amount": 10**30},
    {"amount": -5},
    {"kind": "nonsense"},
    {"kind": "freeze"},
    {"kind": "release", "target": "00000000-0000-0000-0000-000000000001"},
    {"kind": "release"},
    {"until": "0001-01-01T00:00:00Z"},
    {"until": "9999-12-31T23:59:59Z"},
    {"account": "x" * 50_000},
    {"account": "total:CNY"},
    {"institution": BANKS["h"]},
    {"credits": [], "account": "s-3001"},
    {"rule": "poison"},
    {"currency": "XXX"},
    {"replaces": "00000000-0000-0000-0000-000000000001"},
]


@pytest.mark.parametrize("stated", BAD_ORDERS, ids=range(len(BAD_ORDERS)))
def test_a_bad_order_binds_nobody_and_holds_nothing_up(scene: Scene, stated: dict[str, Any]) -> None:
    body = bad_order(scene, **stated)
    named = body["order_id"]
    scene.partner.send(NODE, "order", body, id=named, about=named, agreement=scene.agreement)
    scene.still_works()
    assert scene.node.end.count("exchange_incoming", "id = ? AND state = 'ready'", named.replace("-", "")) == 0
    assert scene.node.holds() == {}


@pytest.mark.parametrize(
    "kind", ["card", "agreement", "ask_first", "hello", "recovered", "chunk", "relabel", "receipt", "note"]
)
@pytest.mark.parametrize("body", [None, [], "x", {}, {"a": 1}, 7])
def test_bodies_that_are_none_hold_nothing_up(scene: Scene, kind: str, body: Any) -> None:
    agreement = scene.agreement if kind in ("relabel", "receipt", "note") else ""
    content = scene.partner.send(NODE, kind, body, agreement=agreement)
    scene.still_works()
    named = content["id"].replace("-", "")
    assert scene.node.end.count("exchange_incoming", "id = ? AND state IN ('ready', 'parked')", named) == 0


@pytest.mark.parametrize(
    "address", ["file:///etc/passwd", "http://10.0.0.1/", "http://169.254.169.254/latest", "https://user@host/", "gopher://x"]
)
def test_a_card_cannot_send_the_node_anywhere_but_to_a_server_of_its_own(scene: Scene, address: str) -> None:
    partner = scene.partner
    kept, partner.address = partner.address, address
    card = json.loads(partner.card())
    partner.address = kept
    partner.send(NODE, "card", card)
    scene.still_works()
    (row,) = scene.node.end.rows("SELECT address FROM exchange_partner WHERE code = 'GB-CENTRE'")
    assert row["address"] == kept


def test_in_the_end_the_node_has_logged_no_error(scene: Scene) -> None:
    assert "Traceback" not in scene.node.said(), scene.node.said()[-4_000:]
