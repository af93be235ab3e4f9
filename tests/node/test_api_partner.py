"""Two centres' nodes over their real HTTP stack: a test call goes, its answer comes back, and both know it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from federation_kit.two_centres import CALL, two_centres

WAIT_SECONDS = 60


def until(true: Callable[[], object]) -> None:
    deadline = time.monotonic() + WAIT_SECONDS
    while not true():
        assert time.monotonic() < deadline, "did not happen in time"
        time.sleep(0.1)


@pytest.mark.slow
def test_a_test_call_between_two_nodes(tmp_path: Path) -> None:
    with two_centres(tmp_path) as (cn, sg):
        cn.run(CALL, sg.code, 1)
        until(lambda: cn.rows("SELECT 1 FROM exchange_incoming WHERE kind = 'test_call' AND state = 'applied'"))
        until(lambda: not sg.rows("SELECT 1 FROM exchange_outgoing WHERE state = 'queued'"))
        for here, there in ((cn, sg), (sg, cn)):
            sent = here.rows("SELECT id, content_hash, kind, state FROM exchange_outgoing ORDER BY sequence")
            taken = there.rows("SELECT id, content_hash, kind, state FROM exchange_incoming ORDER BY sequence")
            assert [row["kind"] for row in sent] == ["hello", "test_call"]
            assert {row["state"] for row in sent} == {"delivered"}
            assert {row["state"] for row in taken} == {"applied"}
            same = ("id", "content_hash")
            assert [[row[name] for name in same] for row in sent] == [[row[name] for name in same] for row in taken]
        card = httpx.get(f"http://127.0.0.1:{cn.port}/api/partner/v1/card", trust_env=False)
        assert card.status_code == 200
        assert set(card.json()) == {"payload", "signatures"}
        refused = httpx.post(
            f"http://127.0.0.1:{cn.port}/api/partner/v1/envelopes", json={"envelopes": ["nonsense"]}, trust_env=False
        )
        assert refused.status_code == 200
        assert list(json.loads(refused.content)) == ["reply"]
