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


def test_three_centres_become_partners_under_agreements_of_their_own(tmp_path: Path) -> None:
    with three_centres(tmp_path) as centres:
        signed = "SELECT partner_id, hash FROM exchange_agreement WHERE state = 'signed' ORDER BY partner_id"
        found = {
            centre.code: {row["partner_id"]: row["hash"] for row in centre.rows(signed)} for centre in centres.all.values()
        }
        assert all(len(partners) == 2 for partners in found.values())
        pairs = {frozenset((one, other)): hash_ for one, partners in found.items() for other, hash_ in partners.items()}
        assert len(set(pairs.values())) == 3
        assert all(found[one][other] == found[other][one] for one, other in pairs)
        keys = {centre.code: centre.rows("SELECT kid FROM exchange_ownkey") for centre in centres.all.values()}
        assert len({row["kid"] for rows in keys.values() for row in rows}) == 6
