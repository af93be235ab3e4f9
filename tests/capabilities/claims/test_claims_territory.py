"""Whose ledger an institution's is, and what a bank is never told."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from small_world import at

from accord.adapters.bank_wire import encode
from accord.capabilities.claims import territory
from accord.capabilities.claims.messages import credit_of, key_of, merged_credits
from accord.capabilities.claims.ports import Credit, EnquiryRequest, TransferLeg
from accord.core.object_ids import new_id
from accord.engine.tracing.model import Rule

LEG = TransferLeg("T1", "a-1", "BANKA", "b-1", "BANKB", at(1), 400, "CNY", ((0, 400),))


@pytest.fixture(autouse=True)
def partner() -> Iterator[None]:
    before = territory._partner_of
    territory.connect(lambda institution: {"BANKB": "TH-AOC", "TH-AOC": "TH-AOC"}.get(institution, ""))
    yield
    territory.connect(before)


def test_a_partner_is_one_holder_and_everybody_else_their_own() -> None:
    assert [territory.holder_of(one) for one in ("BANKA", "BANKB", "TH-AOC")] == ["BANKA", "TH-AOC", "TH-AOC"]
    assert [territory.is_abroad(one) for one in ("BANKA", "BANKB", "TH-AOC")] == [False, True, True]


def test_a_partner_is_told_where_to_look_and_a_bank_only_what_it_needs() -> None:
    abroad = credit_of(LEG, "word")
    assert (abroad.institution, abroad.account, abroad.debtor_bank, abroad.referral) == ("BANKB", "b-1", "BANKA", "word")
    territory.connect(None)
    request = EnquiryRequest(new_id(), "authority", "BANKB", (credit_of(LEG, "word"),), Rule.FIFO)
    (told,) = json.loads(encode(request))["credits"]
    assert told == {"transfer": "T1", "amount": 400, "currency": "CNY", "intervals": [[0, 400]]}
    bare = EnquiryRequest(new_id(), "authority", "BANKB", (Credit("T1", 400, "CNY"),), Rule.HAIRCUT)
    assert json.loads(encode(bare))["credits"][0]["intervals"] == []


def test_units_are_the_same_whatever_is_said_about_them() -> None:
    abroad = credit_of(LEG, "word")
    assert key_of([abroad]) == key_of([abroad.bare()]) == key_of([credit_of(LEG, "another word")])
    (merged,) = merged_credits([[abroad], [credit_of(LEG, "another word")]])
    assert merged.amount == 400
