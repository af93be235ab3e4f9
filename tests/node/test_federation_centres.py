"""Several centres on one machine: each reaches its own country's banks alone, in the one world that all play in."""

from __future__ import annotations

from pathlib import Path

import pytest
from federation_kit.three_centres import three_centres

pytestmark = pytest.mark.slow


def test_each_centre_reaches_the_banks_of_its_own_country(tmp_path: Path) -> None:
    with three_centres(tmp_path, partners=False) as centres:
        centres.th.call("V3")
        held = "SELECT held, currency FROM orders_order WHERE state = 'held'"
        centres.wait_for(lambda: centres.th.rows(held))
        assert centres.th.rows(held) == [{"held": 800_000, "currency": "THB"}]
        centres.cn.call("V2")
        refused = centres.wait_for(lambda: centres.cn.rows("SELECT last_error FROM orders_order WHERE last_error <> ''"))
        assert "there is no line to" in refused[0]["last_error"]
        assert not centres.sg.rows("SELECT 1 FROM orders_order")
