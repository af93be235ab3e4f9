"""A client that was written from docs/protocol.md alone, and shares no code with ours, does its work with a real node."""

from __future__ import annotations

import ast
import base64
import sys
import time
import uuid
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import agreed
import jose
import pytest
from centre import SecondCentre
from centres import Clerk
from second_node_at_work import running_node
from three_countries import BANKS, NOON

from accord.capabilities.exchange.agreements import documents

pytestmark = [pytest.mark.slow]

SECOND_NODE = Path(__file__).parent / "second_node"
ALLOWED = {*sys.stdlib_module_names, "cryptography", "mnemonic", *(path.stem for path in SECOND_NODE.glob("*.py"))}


def test_it_imports_nothing_of_ours() -> None:
    imported: set[str] = set()
    for path in SECOND_NODE.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                imported |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                imported.add(node.module or "")
    assert {name.partition(".")[0] for name in imported} <= ALLOWED


def test_cards_an_agreement_an_enquiry_and_a_hold(tmp_path: Path) -> None:
    with running_node(tmp_path) as (node, clerk):
        began = time.monotonic()
        second = SecondCentre("CN-CENTRE", "CN", lambda: _noon_and(time.monotonic() - began))
        with second.serving():
            second.meet(base64.b64decode(clerk("card")))
            clerk("meet", card=base64.b64encode(second.card()).decode(), words=second.words())
            second.greet("SG-CENTRE")
            agreement = _agree(second, clerk)
            answer = _enquire(second, agreement)
            standing = {place["place"]: place["amount"] for place in answer["standing"]}
            assert standing == {"s-3001": 300_06, "t-4001": 180_02}
            rest = [(one["amount"], one["bank"]) for one in answer["open"]]
            assert rest == [(120_03, BANKS["h"])], "that went to a country to which this centre has no line"
            order = _hold(second, agreement, "s-3001", 300_06)
            _until(lambda: clerk("accept") > 0)
            held = second.wait_for("order_answer", lambda message: message.body.get("answered_at") is not None).body
            assert (held["order_id"], held["amount"], held.get("refusal", "")) == (order, 300_06, "")
            assert {hold.account: hold.amount for hold in node.holds().values()} == {"s-3001": 300_06}
            _release(second, agreement, order)
            _until(lambda: node.holds() == {})


def _noon_and(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def _agree(second: SecondCentre, clerk: Clerk) -> str:
    clerk("offer", document=documents.document(agreed.terms("SG", "CN")))
    offered = second.wait_for("agreement").body
    assert offered["what"] == "offer"
    return second.sign_agreement(offered)


def _credit() -> dict[str, Any]:
    """The transfer by which the money came to the other centre's bank."""
    return {
        "transfer": "pay32-one",
        "amount": 600_11,
        "currency": "CNY",
        "institution": BANKS["s"],
        "intervals": [[0, 600_11]],
    }


def _enquire(second: SecondCentre, agreement: str) -> dict[str, Any]:
    enquiry = str(uuid.uuid4())
    body = {
        "enquiry_id": enquiry,
        "case": "K-7Q2M",
        "offence": agreed.OFFENCE,
        "rule": "fifo",
        "credits": [_credit()],
        "budget": {"depth": 3, "answer_by": _iso(second.now() + timedelta(seconds=6))},  # one bank has no line
    }
    second.send("SG-CENTRE", "enquiry", body, id=enquiry, about=enquiry, agreement=agreement)
    answered = second.wait_for("enquiry_answer", lambda message: len(message.body.get("standing", ())) == 2).body
    assert (answered["enquiry_id"], answered["outcome"]) == (enquiry, "partly")
    found: dict[str, Any] = answered
    return found


def _order(second: SecondCentre, agreement: str, **stated: Any) -> str:
    order = str(uuid.uuid4())
    body = {
        "order_id": order,
        "reference": "O-1",
        "case": "K-7Q2M",
        "offence": agreed.OFFENCE,
        "rule": "fifo",
        "until": _iso(NOON + timedelta(days=2)),
        **stated,
    }
    second.send("SG-CENTRE", "order", body, id=order, about=order, agreement=agreement)
    return order


def _hold(second: SecondCentre, agreement: str, place: str, amount: int) -> str:
    where = {"institution": BANKS["s"], "account": place, "currency": "CNY"}
    return _order(second, agreement, kind="hold", amount=amount, credits=[_credit()], **where)


def _release(second: SecondCentre, agreement: str, order: str) -> str:
    return _order(second, agreement, kind="release", target=order)


def _iso(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


def _until(true: Any, within: float = 30) -> None:
    deadline = time.monotonic() + within
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_its_suite_is_that_of_other_libraries() -> None:
    from joserfc import jwe, jwk

    key = jose.EncryptionKey.make()
    private = jwk.OKPKey.import_key({**key.public, "d": jose.encode(key.private.private_bytes_raw())})
    names = ["ECDH-ES+A256KW", "A256GCM"]
    sealed = jose.encrypt(key.public, {"typ": "accord+jwe", "cty": "accord+jws"}, b"said")
    assert jwe.decrypt_compact(sealed, private, algorithms=names).plaintext == b"said"
    other = jwe.encrypt_compact({"alg": names[0], "enc": names[1]}, b"heard", private, algorithms=names)
    assert jose.decrypt(key, other) == b"heard"
